import { SIMULATOR_TAGS } from '../domain/default-rules.ts';
import type { Instant } from '../domain/instant.ts';
import { writeText } from '../domain/command.ts';
import { judgeSignature, type KeyRing } from '../domain/key-ring.ts';
import { EQUIPMENT_ID, judgeTag, judgeValue } from '../domain/tags.ts';
import type { AllowedTag } from '../domain/tags.ts';
import type { WriteOutcome, WriteRequest } from '../ports/plant.ts';
import { FULL_THROUGHPUT } from './thermal-model.ts';
import type { Measurement } from './thermal-model.ts';

export const THROUGHPUT_TAG = 'ThroughputSetpoint';
export const COOLING_TAG = 'CoolingSystemStatus';

const MEASURED: Readonly<Record<string, keyof Measurement>> = { Temperature: 'temperature', Pressure: 'pressure', FlowRate: 'flowRate' };

/** A tag of the simulated plant: what it measures, or what it can be told. */
export type SimulatorTag =
  | { readonly kind: 'measured'; readonly equipmentId: string; readonly name: string; readonly signal: keyof Measurement }
  | {
      readonly kind: 'setpoint';
      readonly equipmentId: string;
      readonly name: string;
      readonly initial: number;
      readonly limits: AllowedTag | null;
    };

/**
 * The tag at `[default]{id}/Name`, or undefined when the plant has none there. Setpoints are the model's two and
 * whatever `writable` lists in that form; one that the model does not know only keeps its value. `limits` is null
 * where it may be read but not written.
 */
export function findTag(path: string, writable: readonly AllowedTag[] = SIMULATOR_TAGS): SimulatorTag | undefined {
  const [, equipmentId, name] = /^\[default\]([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (equipmentId === undefined || name === undefined || !EQUIPMENT_ID.test(equipmentId)) return undefined;
  const signal = Object.hasOwn(MEASURED, name) ? MEASURED[name] : undefined;
  if (signal !== undefined) return { kind: 'measured', equipmentId, name, signal };
  const verdict = judgeTag(path, { allow: writable, deny: [] });
  if (verdict.allowed) return { kind: 'setpoint', equipmentId, name, initial: initialValue(name, verdict.tag), limits: verdict.tag };
  const modelled = name === THROUGHPUT_TAG || name === COOLING_TAG;
  return modelled ? { kind: 'setpoint', equipmentId, name, initial: initialValue(name, undefined), limits: null } : undefined;
}

type Setpoint = Extract<SimulatorTag, { kind: 'setpoint' }>;
type Judgement =
  | { readonly accepted: true; readonly tag: Setpoint }
  | { readonly accepted: false; readonly outcome: Extract<WriteOutcome, { kind: 'refused' }> };

/** Whether the plant obeys: its own check of signature, tag, range and time, so that a mistake of the agent's cannot get through. */
export function judgeWrite(request: WriteRequest, at: Instant, writable: readonly AllowedTag[], keys: KeyRing): Judgement {
  const signature = keys.length === 0 ? 'valid' : judgeSignature(keys, writeText(request), request.signature);
  if (signature !== 'valid') return refused('Bad_Unauthorized', `its signature is not valid (${signature.replace('_', ' ')})`);
  const tag = findTag(request.tag, writable);
  if (tag === undefined) return refused('Bad_NotFound', `there is no tag '${request.tag}'`);
  if (tag.kind === 'measured' || tag.limits === null) return refused('Bad_ReadOnly', `'${request.tag}' is read-only`);
  if (!(at <= request.notAfter)) return refused('Error_TimeoutExpired', 'expired: the request came after its not-after time');
  // Direction is the agent's rule: an operator may raise a setpoint again.
  const verdict = judgeValue({ ...tag.limits, path: request.tag, direction: 'any' }, request.value, 'any');
  return verdict.allowed ? { accepted: true, tag } : refused('Bad_OutOfRange', verdict.reason);
}

function refused(quality: string, reason: string): Judgement {
  return { accepted: false, outcome: { kind: 'refused', quality, reason } };
}

/** Equipment starts as an operator leaves it: running fully; any other tag starts where its allowed direction leaves room. */
function initialValue(name: string, limits: AllowedTag | undefined): number {
  if (name === THROUGHPUT_TAG) return FULL_THROUGHPUT;
  if (name === COOLING_TAG || limits === undefined) return 0;
  return limits.direction === 'decrease' ? limits.max : limits.min;
}
