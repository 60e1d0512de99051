import { FUTURE_TOLERANCE_SECONDS } from '../../domain/window.ts';
import type { Dialect } from '../dialect.ts';

/** The latest that a time of ours can be. */
export function latestTime(d: Dialect): string {
  return d.plusSeconds(d.now, String(FUTURE_TOLERANCE_SECONDS));
}
