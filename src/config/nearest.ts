import { distance } from 'fastest-levenshtein';

/**
 * The candidate that `word` most probably meant, or undefined when none is near. Case is ignored. "Near" is two
 * edits, or a third of a long word: further away a suggestion misleads more often than it helps.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = word.toLowerCase();
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: distance(wanted, candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  if (best === undefined) return undefined;
  return best.edits <= Math.max(Math.min(2, word.length - 1), Math.floor(word.length / 3)) ? best.candidate : undefined;
}

/** `, did you mean 'x'?` or nothing, to put behind a problem's text. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const candidate = nearest(word, candidates);
  return candidate === undefined ? '' : `, did you mean '${candidate}'?`;
}
