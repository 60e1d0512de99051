import type { Instant } from '../domain/instant.ts';
import type { KeyRing } from '../domain/key-ring.ts';
import type { AllowedTag } from '../domain/tags.ts';
import type { ReceivedWrite } from '../ports/plant.ts';
import type { FaultKind, Measurement } from './thermal-model.ts';

export interface SimulatorOptions {
  /** The plant's file; simulators on one file, in any process, are one plant. */
  readonly path: string;
  readonly latencySeconds: number;
  /** After which a call gives up on the answer; the effect of a write may have happened. */
  readonly timeoutSeconds: number;
  readonly now: () => Instant;
  /** What may be written, and within which limits; the two tags of the model when left out. */
  readonly tags?: readonly AllowedTag[];
  /** What requests must be signed with; without keys none is asked for a signature. */
  readonly keys?: KeyRing;
}

/**
 * Ways in which the plant's side fails. `no_answer`: nothing gets through. `lying`: a write is confirmed and changes
 * nothing. `write_pending`: a write is taken and, as the plant itself says, has not reached the device; it never does. `write_lost_answer`: a
 * write happens and its answer is lost.
 */
export const PLANT_FAILURES = ['no_answer', 'lying', 'write_pending', 'write_lost_answer'] as const;
export type PlantFailure = (typeof PLANT_FAILURES)[number];

/** °C, PSI and GPM, as a row of sensor_data has them. */
export interface SimulatedReading extends Measurement {
  readonly equipmentId: string;
  readonly status: 'good' | 'warning';
}

/**
 * What only a simulated plant can do. All of it is in the file, so every process sees it.
 * Each method throws AgentError plant_unavailable when the file fails, usage for an id or a number that cannot be.
 */
export interface SimulatedPlant {
  /** Every write request that the plant received, oldest first, refused ones too; never shortened. */
  writes(): readonly ReceivedWrite[];
  /** Runs the model of all equipment up to `to`. Again, or an earlier moment: nothing. */
  advance(to: Instant): void;
  /** What the sensors of all equipment show at `at`, or at what was simulated last where that is later. Changes nothing. */
  measure(at: Instant): readonly SimulatedReading[];
  /** Equipment at its normal temperature, or at `temperatureC`. Known equipment stays as it is. */
  addEquipment(equipmentId: string, start?: { readonly temperatureC?: number }): void;
  /** Begins a fault at `at`, which may be in the future; what was simulated already stays. Again: the first start stays. */
  inject(kind: FaultKind, equipmentId: string, at: Instant): void;
  /** Ends all faults of one equipment at `at`, also those still to come, and cleans it. */
  repair(equipmentId: string, at: Instant): void;
  setFailure(failure: PlantFailure | null): void;
  /** `speed`: model seconds per second of the clock, from now on. `seed`: of the sensors' noise, an integer. */
  configure(settings: { readonly speed?: number; readonly seed?: number }): void;
}
