import { isBeyond, type Signal } from './rules.ts';

/** One probable cause: named when `signal` is strictly beyond `limit`. */
export interface CauseRule {
  readonly signal: Signal;
  readonly side: 'above' | 'below';
  readonly limit: number;
  readonly text: string;
}

/** Said when no cause rule applies. */
export const NO_KNOWN_CAUSE = 'elevated temperature, possible thermal load increase';

/**
 * The root-cause text for the readings at the peak: every cause that applies, joined with '; '.
 * A signal without a reading names no cause; a flow of 0 is a reading.
 */
export function rootCauseOf(causes: readonly CauseRule[], readings: ReadonlyMap<Signal, number>): string {
  const applying = causes.filter((cause) => {
    const value = readings.get(cause.signal);
    return value !== undefined && isBeyond(cause.side, value, cause.limit);
  });
  return applying.length === 0 ? NO_KNOWN_CAUSE : applying.map((cause) => cause.text).join('; ');
}
