import { addSeconds, HOUR_MS, type Instant } from './instant.ts';
import { FUTURE_TOLERANCE_SECONDS } from './window.ts';

/**
 * Whether a time that was stored as the present of then cannot have been: the store's clock was ahead, or somebody wrote it. Believed, it
 * would make a silent feed or a dead agent look alive until that time comes.
 */
export function isAhead(stored: Instant, now: Instant): boolean {
  return stored > addSeconds(now, FUTURE_TOLERANCE_SECONDS);
}

/** A time that was stored as the present of then; unknown where it lies ahead. */
export function knownTime(stored: Instant | null, now: Instant): Instant | null {
  return stored === null || isAhead(stored, now) ? null : stored;
}

/** A clock that is further ahead than that is a person who dated an event. */
const MOST_AHEAD_MS = 24 * HOUR_MS;

/**
 * The time of this cycle's events. The newest event about a row says what is decided and which ticket is in force, so that they come after
 * all that are on record, also after those of a clock that was ahead: these would overrule every later decision until that time comes.
 */
export function eventTime(now: Instant, newestAt: Instant | null): Instant {
  return newestAt !== null && newestAt > now && newestAt <= now + MOST_AHEAD_MS ? newestAt + 1 : now;
}
