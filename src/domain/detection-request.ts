import type { AccountedSpan, EffectWindow, KnownFamily } from './detection.ts';
import { type RuleBook, trendReachSeconds } from './rule-book.ts';
import { reachSeconds, type SensorFaultRules, type SensorKey } from './sensor-states.ts';
import type { DetectionWindow } from './window.ts';

/** What a cycle, or a replay of the past, asks about the readings. */
export interface DetectionRequest {
  readonly window: DetectionWindow;
  readonly rules: RuleBook;
  readonly known: readonly KnownFamily[];
  /** What the rows account for, as far as it reaches into the window. */
  readonly accounted: readonly AccountedSpan[];
  /** Executions whose effect is looked for; absent: none. */
  readonly effects?: readonly EffectWindow[];
  /** What to look for in sensors, and which to report although nothing is wrong with them; absent: sensors are not looked at. */
  readonly sensors?: SensorRequest;
  /** True where the window ends in the past: what is later is not read at all, instead of rejected as coming from the future. */
  readonly isPast?: boolean;
}

export interface SensorRequest {
  readonly rules: SensorFaultRules;
  readonly known: readonly SensorKey[];
}

/** How far back readings are looked at for what belongs to no family: sensors and trends. */
export function lookBackSeconds(rules: RuleBook, sensorFaults: SensorFaultRules): number {
  return Math.max(reachSeconds(sensorFaults), trendReachSeconds(rules));
}
