import { BLANKS } from '../../domain/word.ts';

export const TIME_FORMAT = "'%Y-%m-%d %H:%M:%f'";
const TIME_PATTERN = "'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'";
const CANONICAL_TIME = /^\d{4}-\d\d-\d\d (?!24)\d\d:\d\d:\d\d\.\d{3}$/;

/** JSON holds no bytes: a column that somebody filled with some reads as missing, and the other rows go on. */
export function unlessBlob(expression: string): string {
  return `CASE typeof(${expression}) WHEN 'blob' THEN NULL ELSE ${expression} END`;
}

/** Where bytes must not read as missing: whoever bound a hash as bytes named one, and it is none that the agent makes. */
export function bytesNamed(expression: string): string {
  return `CASE typeof(${expression}) WHEN 'blob' THEN 'bytes ' || hex(${expression}) ELSE ${expression} END`;
}

/** SQLite's TRIM takes off U+0020 alone unless it is told which characters. */
export function wordAsRead(column: string): string {
  return `LOWER(TRIM(COALESCE(${unlessBlob(column)}, ''), char(${BLANKS.join(', ')})))`;
}

export function isReadableWord(column: string): string {
  return `(typeof(${column}) = 'text' AND instr(${column}, char(0)) = 0 AND ${wordAsRead(column)} <> '')`;
}

/**
 * Digits in their places and an hour that exists: what else could be wrong (a 31st of November) cannot lie between two real times of one
 * hour or so but as the first of the next month. strftime() would cost more than all other checks.
 */
export function isReadableTime(column: string): string {
  return `(typeof(${column}) = 'text' AND ${column} GLOB ${TIME_PATTERN} AND substr(${column}, 12, 2) < '24')`;
}

/** As `decodeTime` reads a column, of any time: a 13th month is none. */
export function timeAsRead(column: string): string {
  return `CASE WHEN ${isReadableTime(column)} THEN strftime(${TIME_FORMAT}, ${column}) END`;
}

/** A hand-written text that no trigger could read as a time counts as no time at all; the judges refuse it. */
export function decodeTime(found: unknown): number | null {
  const instant = typeof found === 'string' && CANONICAL_TIME.test(found) ? Date.parse(`${found.replace(' ', 'T')}Z`) : Number.NaN;
  return Number.isNaN(instant) ? null : instant;
}
