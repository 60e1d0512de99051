import { addSeconds, type Instant } from './instant.ts';
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
