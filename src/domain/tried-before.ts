import type { FamilyHistory } from './recommendation.ts';

/** Between what was tried first and what was tried after it. */
const THEN = '; then ';
/** Of a longer history an operator reads the latest part; the rest is in the rows that this one follows. */
const MOST_TRIED = 3;
/** As ids are shown to people. */
const ID_LENGTH = 8;

function outcomeText({ recommendationId, status, outcome }: FamilyHistory, ineffective: ReadonlySet<string> | undefined): string {
  if (ineffective?.has(recommendationId)) return 'executed without effect';
  if (outcome === 'ineffective') return 'executed without effect';
  return status;
}

/**
 * What was written for the recommendation that this one follows, how it went, and what was tried before that: an operator who is asked
 * again must know that it is not the first time. `ineffective` are rows of which this very cycle says so.
 */
export function triedBefore(followed: FamilyHistory, ineffective: ReadonlySet<string> | undefined): string {
  const result = followed.executionResult ?? 'no result is on record';
  const last = `${followed.recommendationId.slice(0, ID_LENGTH)} ${outcomeText(followed, ineffective)}: ${result}`;
  const earlier = followed.triedBefore === null ? [] : followed.triedBefore.split(THEN);
  return [...earlier, last].slice(-MOST_TRIED).join(THEN);
}

/** The cause as the operator reads it: with what was tried, and how to undo it. `recommendationId` is the one that is asked about. */
export function causeWithHistory(rootCause: string, tried: string | null, recommendationId: string): string {
  if (tried === null) return rootCause;
  return `${rootCause}. Tried before: ${tried}. To put the earlier values back: ops-agent revert ${recommendationId.slice(0, ID_LENGTH)}`;
}
