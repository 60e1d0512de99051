/** A history: how a plant's readings came in, what operators did, and when cycles ran. Seconds throughout, relative to each other. */

export type Severity = 'low' | 'medium' | 'high' | 'critical';
export type SignalName = 'temperature' | 'flow_rate';

export interface FamilyRule {
  readonly id: string;
  readonly signal: SignalName;
  readonly side: 'above' | 'below';
  /** Mildest first; strictly beyond `limit`. */
  readonly bands: readonly { readonly limit: number; readonly severity: Severity }[];
  readonly deadband: number;
  readonly onDelay: number;
  readonly offDelay: number;
  readonly clearReadings: number;
}

export interface Rules {
  readonly families: readonly FamilyRule[];
  readonly lateness: number;
  readonly maxAge: number;
  readonly firstLookback: number;
  /** How long a family is quiet after a rejection. */
  readonly hold: number;
  readonly approvalTtl: number;
}

/** One row of the source. `ago` counts back from the step in which it comes in; a text stands for a time that cannot be read. */
export interface Arrival {
  readonly equipment: string | null;
  readonly ago: number | string;
  readonly temperature: number | string | null;
  readonly flow: number | null;
  readonly status: string | null;
}

/** What operators do to the first undecided recommendation, or to an equipment; nothing where there is none. */
export type Act =
  | { readonly kind: 'reject' }
  | { readonly kind: 'approve' }
  | { readonly kind: 'defer'; readonly seconds: number }
  | { readonly kind: 'control'; readonly control: ControlKind; readonly equipment: string; readonly seconds: number | null }
  | { readonly kind: 'lift' };
export type ControlKind = 'advisory' | 'out_of_service' | 'shelved';

/** The cycle dies before or after its nth statement, from 1. A cycle with fewer statements ends well. */
export interface Death {
  readonly statement: number;
  readonly when: 'before' | 'after';
}

/** Some time passes, readings come in, perhaps an operator acts, and a cycle runs. */
export interface Step {
  readonly wait: number;
  readonly arrivals: readonly Arrival[];
  readonly act: Act | null;
  readonly death: Death | null;
}

export interface History {
  readonly rules: Rules;
  readonly steps: readonly Step[];
}

/** When a history begins; an hour and a day change at moments that nobody chose. */
export const BEGINNING = Date.UTC(2026, 1, 19, 22, 41, 7);

/** A reading as it lies in the source. `number` tells it from every other one and stands in its pressure column. */
export interface Reading {
  readonly number: number;
  readonly equipment: string | null;
  /** Milliseconds; null where it cannot be read. */
  readonly at: number | null;
  readonly status: string | null;
  readonly temperature: number | string | null;
  readonly flow: number | null;
}

export interface StandingOrder {
  readonly kind: ControlKind;
  readonly equipment: string;
  readonly since: number;
  readonly until: number | null;
}

/** What is compared of a recommendation. */
export interface ComparedRow {
  readonly status: string;
  readonly severity: string;
  readonly firstDetected: number;
  readonly lastAccounted: number;
  readonly peakValue: number;
  /** The readings that may be the peak: more than one where they are alike at one moment. */
  readonly peakReadings: readonly number[];
  readonly quietUntil: number | null;
}

/** The rows of one equipment and family: in the chain each follows the one before. */
export interface FamilyRows {
  readonly chain: readonly ComparedRow[];
  readonly beside: readonly ComparedRow[];
}
