import { matchesPattern } from './tags.ts';

/** What equipment patterns may consist of: what ids do (see EQUIPMENT_ID), and `*`. */
export const EQUIPMENT_PATTERN = /^[A-Za-z0-9_*-]{1,100}$/;

/**
 * Whether `wide` matches every text that `narrow` matches. Exact: a sign that no pattern contains stands for each `*` of `narrow`, and
 * only a `*` of `wide` can match that.
 */
export function covers(wide: string, narrow: string): boolean {
  return matchesPattern(wide, narrow.replaceAll('*', '\u0000'));
}

/** Whether some text is matched by both patterns. Exact; takes the product of their lengths. */
export function overlap(one: string, other: string): boolean {
  const [left, right] = [one.toLowerCase(), other.toLowerCase()];
  // both[j]: some text is matched by the part of `left` looked at so far and by the first j characters of `right`.
  let both = Array.from({ length: right.length + 1 }, (_each, j) => /^\**$/.test(right.slice(0, j)));
  for (const sign of left) {
    const next: boolean[] = [];
    for (let j = 0; j <= right.length; j += 1) {
      const before = right[j - 1];
      const longerText = sign === '*' && (both[j] === true || (j > 0 && next[j - 1] === true));
      const longerStar = before === '*' && (next[j - 1] === true || both[j] === true);
      next[j] = longerText || longerStar || (j > 0 && both[j - 1] === true && sign === before);
    }
    both = next;
  }
  return both[right.length] === true;
}
