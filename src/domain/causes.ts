import type { Behaviour } from './behaviour.ts';
import { type ActionTemplate, isBeyond, type Signal } from './rules.ts';

/** One probable cause: named when `signal` is strictly beyond `limit`. */
export interface CauseRule {
  readonly signal: Signal;
  readonly side: 'above' | 'below';
  readonly limit: number;
  readonly text: string;
}

/** One probable cause for a class of equipment. It applies when every signal does what `reads` says; one that is not known never does. */
export interface ClassCause {
  readonly id: string;
  readonly equipmentClass: string;
  readonly reads: readonly { readonly signal: Signal; readonly is: Behaviour }[];
  readonly text: string;
  /** What to do. With `actions` it stands instead of what the band recommends, without them it is added to that; null keeps the band's. */
  readonly recommendedAction: string | null;
  /** What to write instead of what the band writes; null keeps the band's, none makes it advice. */
  readonly actions: readonly ActionTemplate[] | null;
  /** Whether two people must agree, whatever the policy says. */
  readonly fourEyes: boolean;
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

/** The pattern that a class cause reads, in words: `temperature up and accelerating, pressure up`. */
export function patternOf({ reads }: Pick<ClassCause, 'reads'>): string {
  const signals = [...new Set(reads.map((read) => read.signal))];
  return signals.map((signal) => `${signal} ${reads.flatMap((read) => (read.signal === signal ? read.is : [])).join(' and ')}`).join(', ');
}
