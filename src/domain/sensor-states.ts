import type { Instant } from './instant.ts';

/** What one reading alone can be wrong about. */
export const READING_FAULTS = ['bad_quality', 'not_a_number', 'out_of_range'] as const;

/** What is wrong with a sensor. The last three need the readings around one, and are rules that a site turns on. */
export const SENSOR_FAULTS = [...READING_FAULTS, 'stepping', 'stuck', 'drop_out'] as const;
export type SensorFault = (typeof SENSOR_FAULTS)[number];

/** Which faults count, and for how long; seconds, and the signal's unit. */
export interface SensorFaultRules {
  readonly badQuality: boolean;
  readonly notANumber: boolean;
  readonly outOfRange: boolean;
  /** How long bad readings must follow each other before an order is opened. */
  readonly onDelaySeconds: number;
  /** How long readings must be good, and how many, before it is closed. */
  readonly offDelaySeconds: number;
  readonly clearReadings: number;
  /** The good values of the last `seconds` differ by at most `tolerance`. Null: not looked for, as below. */
  readonly stuck: { readonly seconds: number; readonly tolerance: number; readonly minReadings: number } | null;
  /** signal → the largest difference of two good readings in succession; only signals named here are judged. */
  readonly stepping: Readonly<Record<string, number>>;
  /** How long a signal may be without a good reading while others have some. */
  readonly dropOutSeconds: number | null;
}

/** One sensor: a signal of one equipment, or all signals of its rows. */
export interface SensorKey {
  readonly equipmentId: string;
  readonly signal: string;
}

/** A sensor as a key of a map; JSON.parse gives the pair back. */
export function sensorKeyOf({ equipmentId, signal }: SensorKey): string {
  return JSON.stringify([equipmentId, signal]);
}

/** What the live range of readings says about one sensor, aggregated in the engine. Missing values say nothing. */
export interface SensorState extends SensorKey {
  /** The newest reading, good or bad. */
  readonly newestAt: Instant;
  readonly newestGoodAt: Instant | null;
  /** The newest bad reading and since when there was none but bad ones before it; null without one. At equal times the bad one counts. */
  readonly bad: { readonly since: Instant; readonly at: Instant; readonly fault: SensorFault; readonly value: string } | null;
  /** Good readings since the newest bad one, at distinct times; null when the newest is bad. */
  readonly good: { readonly since: Instant; readonly readings: number } | null;
  /** Whether the good values move; null where it is not looked for, or where there are too few to say. */
  readonly motion: { readonly isStuck: boolean; readonly since: Instant; readonly value: number } | null;
  readonly isDroppedOut: boolean;
}

/** How far back the live range must reach for the rules to see what they are about. */
export function reachSeconds(rules: SensorFaultRules): number {
  return Math.max(rules.onDelaySeconds, rules.offDelaySeconds, rules.stuck?.seconds ?? 0, rules.dropOutSeconds ?? 0);
}

/** The faults of single readings that count. */
export function readingFaults(rules: SensorFaultRules): readonly SensorFault[] {
  const isOn = { bad_quality: rules.badQuality, not_a_number: rules.notANumber, out_of_range: rules.outOfRange };
  return READING_FAULTS.filter((fault) => isOn[fault]);
}
