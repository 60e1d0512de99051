import type { Instant } from './instant.ts';
import { SECOND_MS } from './instant.ts';
import type { IssueFamily, Signal } from './rules.ts';
import type { SensorState } from './sensor-states.ts';
import type { Trend } from './trend.ts';

/** Why a reading was not accepted. A rejected reading changes no state; it is counted and reported. */
export const REJECTION_REASONS = [
  'bad_id',
  'bad_time',
  'future',
  'too_late',
  'bad_quality',
  'missing',
  'not_a_number',
  'out_of_range',
] as const;
export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** The worst counted violation of a range, with the equipment's other signals at that moment. */
export interface Peak {
  readonly value: number;
  readonly at: Instant;
  readonly signals: ReadonlyMap<Signal, number>;
  /** What the signals did over the last minutes of the live range; empty where no rule asks for it. */
  readonly trends: ReadonlyMap<Signal, Trend>;
}

/** Violations that count: none that a row accounts for. */
export interface Raised {
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  readonly peak: Peak;
  /** Between the first of these moments and `firstAt`, and between `lastAt` and the second, the condition was never clear for long enough to be over. */
  readonly unclearSince: Instant;
  readonly unclearUntil: Instant;
  /** Of late rows an hour at a time: there are later ones, which are told when these are accounted for. */
  readonly isCut: boolean;
}

/** What one range of readings says about one (equipment, family), aggregated in the engine. */
export interface DetectedState {
  /** `late`: rows older than both ranges that came after the last detection. */
  readonly part: 'live' | 'backlog' | 'late';
  /** Of the part's readings those that are older than the family's newest row (KnownFamily.began); else the others. */
  readonly isEarlier: boolean;
  readonly equipmentId: string;
  readonly familyId: string;
  /** Newest good reading in the range; null when there is none. */
  readonly last: { readonly at: Instant; readonly value: number } | null;
  readonly raised: Raised | null;
  /** How many separate runs of violations began in the last minute of the live range: three or more are chattering. */
  readonly recentRuns: number;
  /** Good readings inside the deadband's far side since the last that was not, at `after`; null when the newest is not clear. */
  readonly clear: {
    readonly since: Instant;
    readonly readings: number;
    /** Null: all of them are clear. */ readonly after: Instant | null;
  } | null;
}

export interface DetectionTotals {
  /** Good readings later than the watermark. */
  readonly accepted: number;
  /** Bad readings of the ranges; of a request about the past those later than the watermark. */
  readonly rejected: Readonly<Record<RejectionReason, number>>;
  /** Newest good reading of all; null when the ranges hold none. */
  readonly newestGoodAt: Instant | null;
  /** Whether the backlog slice held a good reading later than the watermark. */
  readonly backlogHasReadings: boolean;
  /** The first reading after the backlog slice. */
  readonly nextReadingAt: Instant | null;
}

export interface Detection {
  readonly states: readonly DetectedState[];
  /** The sensors that are faulty or asked for; empty where nobody asks about sensors. */
  readonly sensors: readonly SensorState[];
  readonly totals: DetectionTotals;
  /** What the readings of each effect window say, by its recommendation. */
  readonly effects: ReadonlyMap<string, DetectedState>;
}

/** The readings that prove whether an execution worked: later than it, up to the end of the verify window. */
export interface EffectWindow {
  readonly recommendationId: string;
  readonly equipmentId: string;
  readonly familyId: string;
  readonly after: Instant;
  readonly upTo: Instant;
}

/** What the engine has to know about an (equipment, family) that has rows. */
export interface KnownFamily {
  readonly equipmentId: string;
  readonly familyId: string;
  /** The first violation of its newest row: what is older than that is aggregated apart. Null: nothing in the ranges is. */
  readonly began: Instant | null;
  /** Report its state even when nothing violates. */
  readonly report: boolean;
}

/** A stretch of time whose violations are dealt with. Those of one family do not overlap. */
export interface AccountedSpan {
  readonly equipmentId: string;
  readonly familyId: string;
  readonly from: Instant;
  /** Exclusive: what a finer clock stamped within the last millisecond lies inside. */
  readonly until: Instant;
  /** A violation beyond this one counts all the same; null: none does. */
  readonly exceptBeyond: number | null;
}

export type ConditionState = 'holds' | 'cleared' | 'unknown';

/**
 * Whether the condition still holds. Unknown (no reading, or the newest is too old) is neither: it withdraws nothing and dispatches nothing.
 * Cleared needs the off-delay and enough readings; in between, the condition holds.
 */
export function conditionOf(state: DetectedState | undefined, family: IssueFamily, now: Instant, maxAgeSeconds: number): ConditionState {
  if (!state || state.last === null) return 'unknown';
  // Of the past it is known how it ended.
  if (state.part === 'live' && !state.isEarlier && now - state.last.at > maxAgeSeconds * SECOND_MS) return 'unknown';
  const { clear } = state;
  const isClear =
    clear !== null && clear.readings >= family.clearReadings && state.last.at - clear.since >= family.offDelaySeconds * SECOND_MS;
  return isClear ? 'cleared' : 'holds';
}
