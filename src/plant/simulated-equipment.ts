import type { Instant } from '../domain/instant.ts';
import { CLASS_MODELS, classOf } from './equipment-class.ts';
import type { KnownEquipment } from './simulator-state.ts';
import { COOLING_TAG, THROUGHPUT_TAG } from './simulator-tags.ts';
import type { SimulatorTag } from './simulator-tags.ts';
import { FULL_THROUGHPUT, advanceState, initialState, measure } from './thermal-model.ts';
import type { Conditions, Measurement, ThermalState } from './thermal-model.ts';

/** What holds for the whole simulated plant. */
export interface PlantPace {
  /** Model seconds per second of the clock. */
  readonly speed: number;
  /** Of the sensors' noise. */
  readonly seed: number;
}

/** Equipment as it stands before anybody wrote to it or broke it. */
export function unseenEquipment(id: string, at: Instant, temperatureC?: number): KnownEquipment {
  return { id, thermal: initialState(CLASS_MODELS[classOf(id)], at, temperatureC), tags: new Map(), faults: [] };
}

/** Its state at `to` with what was written last; the stored one when that is not earlier. */
export function advancedTo(known: KnownEquipment, pace: PlantPace, to: Instant): ThermalState {
  return advanceState(known.thermal, CLASS_MODELS[classOf(known.id)], conditionsOf(known, pace), to);
}

/** What its sensors show at `at`; null while they are silent. */
export function measuredAt(known: KnownEquipment, pace: PlantPace, at: Instant): Measurement | null {
  const noiseKey = `${pace.seed}|${known.id}`;
  return measure(advancedTo(known, pace, at), CLASS_MODELS[classOf(known.id)], conditionsOf(known, pace), noiseKey);
}

/** A setpoint's or a measurement's value at `at`; null while the sensors are silent. */
export function tagValue(tag: SimulatorTag, known: KnownEquipment, pace: PlantPace, at: Instant): number | null {
  if (tag.kind === 'setpoint') return known.tags.get(tag.name) ?? tag.initial;
  return measuredAt(known, pace, at)?.[tag.signal] ?? null;
}

function conditionsOf(known: KnownEquipment, pace: PlantPace): Conditions {
  return {
    throughputPercent: known.tags.get(THROUGHPUT_TAG) ?? FULL_THROUGHPUT,
    coolingStatus: known.tags.get(COOLING_TAG) ?? 0,
    faults: known.faults,
    speed: pace.speed,
  };
}
