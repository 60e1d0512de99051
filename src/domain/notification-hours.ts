import { type Instant, SECOND_MS } from './instant.ts';
import { offsetAt } from './time-zone.ts';

/** In the order of `Date.getUTCDay`. */
export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** A span of the day as clocks on the wall show it. */
export interface Hours {
  /** Minutes since midnight, inclusive. */
  readonly from: number;
  /** Exclusive. At or before `from`: the span ends on the next day. */
  readonly to: number;
  /** An IANA zone. */
  readonly timeZone: string;
  /** The days on which it begins. */
  readonly days: readonly Weekday[];
}

const MINUTE_MS = 60 * SECOND_MS;
const DAY_MINUTES = 24 * 60;

/**
 * Whether the zone's clocks show a time of the span. In the night in which they are put forward the span is shorter, and in that in which an
 * hour comes twice both of them count.
 */
export function isWithin({ from, to, timeZone, days }: Hours, at: Instant): boolean {
  const local = new Date(at + offsetAt(timeZone, at));
  const minute = Math.floor((local.getTime() / MINUTE_MS) % DAY_MINUTES);
  const today = local.getUTCDay();
  const beganOn = (day: number) => days.includes(WEEKDAYS[(day + 7) % 7] ?? 'sun');
  if (from < to) return minute >= from && minute < to && beganOn(today);
  return (minute >= from && beganOn(today)) || (minute < to && beganOn(today - 1));
}
