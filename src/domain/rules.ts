import type { Severity } from './severity.ts';

/** A signal's name as rules and detection use it; the source maps it to a column or to a row's type. */
export type Signal = string;

export type Direction = 'increase' | 'decrease' | 'any';
export type ValueType = 'number' | 'integer' | 'boolean';

/** Where a write leads: to a value, to a percentage of the live value, or from it by a difference in the tag's unit. */
export type Target =
  | { readonly kind: 'set'; readonly value: number }
  | { readonly kind: 'percentOfCurrent'; readonly percent: number }
  | { readonly kind: 'delta'; readonly by: number };

/** A target that needs the tag's live value to become one. */
export type RelativeTarget = Exclude<Target, { readonly kind: 'set' }>;

/** What another tag must say, by a good live value, for a write to be allowed. `tag` may contain `{equipment_id}`. */
export interface Permissive {
  readonly tag: string;
  readonly comparison: 'equals' | 'above' | 'below';
  readonly value: number;
}

/** What a rule asks of one tag. `tag` may contain `{equipment_id}`. */
export interface ActionTemplate {
  readonly tag: string;
  readonly target: Target;
  readonly type: ValueType;
  readonly unit: string;
  readonly direction: Direction;
  readonly permissives: readonly Permissive[];
}

/** One band of a family: strictly beyond `limit` (in the signal's unit) it applies. */
export interface Band {
  readonly ruleId: string;
  readonly limit: number;
  readonly severity: Severity;
  readonly issueType: string;
  /** 0–1, fixed by the rule. */
  readonly confidence: number;
  readonly recommendedAction: string;
  readonly actions: readonly ActionTemplate[];
  /** Whether two people must agree, whatever the policy says. */
  readonly fourEyes: boolean;
}

/**
 * The bands that share a signal and a side. One equipment has at most one open recommendation per family,
 * so that a rising temperature escalates one row instead of filling a screen.
 */
export interface IssueFamily {
  readonly id: string;
  readonly signal: Signal;
  readonly side: 'above' | 'below';
  /** Mildest first. */
  readonly bands: readonly [Band, ...Band[]];
  /** In the signal's unit: how far back inside the mildest band a reading must be to count as clear. */
  readonly deadband: number;
  readonly onDelaySeconds: number;
  readonly offDelaySeconds: number;
  /** Good readings, at distinct times, that must be clear. */
  readonly clearReadings: number;
}

/** The strictest band that `value` is strictly beyond, or undefined when it violates none. */
export function bandFor(family: IssueFamily, value: number): Band | undefined {
  return family.bands.findLast((band) => isBeyond(family.side, value, band.limit));
}

/** Strict on purpose: 85.0 is nothing, 90.0 is still medium, 95.0 is still high. */
export function isBeyond(side: IssueFamily['side'], value: number, limit: number): boolean {
  return side === 'above' ? value > limit : value < limit;
}

/** The limit beyond which a reading is worse than `severity`; undefined when nothing is worse. */
export function limitAbove(family: IssueFamily, severity: Severity, worse: (a: Severity, b: Severity) => boolean): number | undefined {
  return family.bands.find((band) => worse(band.severity, severity))?.limit;
}
