import ms from 'ms';

import { AgentError } from '../domain/errors.ts';

/** Checked before `ms` sees the text, because `ms` also takes '-5m', '1e3' and a bare number as milliseconds. */
const DURATION = /^(\d+(?:\.\d+)?|\.\d+)\s*([a-z]*)$/i;

/** Ours is narrower than `ms`: 'm' is minutes, and a 'y' is more likely a slip than a year. */
const UNITS: ReadonlySet<string> = new Set(['', 'ms', 's', 'sec', 'secs', 'm', 'min', 'mins', 'h', 'hr', 'hrs', 'd', 'day', 'days', 'w']);

/** Longer ones are slips, and beyond some of them no calendar goes. */
const LONGEST_DAYS = 365;
const DAY_MS = 86_400_000;

/**
 * Seconds of a duration as people write it: '55m', '1h', '130s', '30d', '0.5s', or a plain number of seconds.
 * Throws AgentError 'usage' for anything else, negative ones included.
 */
export function parseDuration(text: string): number {
  const seconds = durationSeconds(text);
  if (seconds !== undefined) return seconds;
  throw new AgentError(
    'usage',
    `'${text}' is not a duration`,
    'write a number of seconds or a number with ms, s, m, h, d or w, such as 130s or 55m',
  );
}

/**
 * The same for a text that may be something else: undefined where it is no duration. Throws AgentError 'usage' for one that is longer than
 * `longestDays`.
 */
export function durationSeconds(text: string, longestDays = LONGEST_DAYS): number | undefined {
  const match = DURATION.exec(text.trim());
  const amount = match?.[1];
  const unit = match?.[2]?.toLowerCase() ?? '';
  if (amount === undefined || !UNITS.has(unit)) return undefined;
  // The cast names what the expression above has checked: a number, then a unit that `ms` knows.
  const milliseconds = ms(`${amount}${unit === '' ? 's' : unit}` as ms.StringValue);
  if (!Number.isFinite(milliseconds)) return undefined;
  if (milliseconds > longestDays * DAY_MS) {
    const longest = longestDays === LONGEST_DAYS ? 'a year' : `${longestDays} days`;
    throw new AgentError('usage', `'${text}' is longer than ${longest}`, `give at most ${longestDays}d`);
  }
  return milliseconds / 1000;
}
