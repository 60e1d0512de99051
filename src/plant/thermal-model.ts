import { SECOND_MS } from '../domain/instant.ts';
import type { Instant } from '../domain/instant.ts';
import type { ClassModel } from './equipment-class.ts';
import { noise } from './noise.ts';

export const FAULT_KINDS = [
  'cooling-loss',
  'fouling',
  'blocked-discharge',
  'stuck-sensor',
  'drop-out',
  'stepping-sensor',
  'out-of-range-sensor',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  readonly kind: FaultKind;
  readonly startedAt: Instant;
}

/** What is true inside the equipment at `at`, whatever its sensor says. */
export interface ThermalState {
  readonly at: Instant;
  readonly temperatureC: number;
  /** Rise that fouling has caused so far, at 100 % throughput, K. It stays until the equipment is cleaned. */
  readonly driftC: number;
  /** What a stuck sensor shows; null while it follows the temperature. */
  readonly frozenC: number | null;
}

/** What drives the model between two moments. */
export interface Conditions {
  /** 0–100 %. */
  readonly throughputPercent: number;
  /** 0 (normal cooling) to 1 (the standby cooling runs too). */
  readonly coolingStatus: number;
  readonly faults: readonly Fault[];
  /** Model seconds per second of the clock. */
  readonly speed: number;
}

/** °C, PSI and GPM, as the specification's sensors report. */
export interface Measurement {
  readonly temperature: number;
  readonly pressure: number;
  readonly flowRate: number;
}

export const FULL_THROUGHPUT = 100;

const AMBIENT_C = 25;
/** Share of the rise that the standby cooling takes away. */
const STANDBY_COOLING = 0.25;
const FOULING_C_PER_SECOND = 12 / 3600;
const FOULING_LIMIT_C = 30;
const BLOCKED_C = 32;
const BLOCKED_FLOW = 0.15;
const BLOCKED_PRESSURE = 1.5;
/** Part of the pressure that is there without any throughput. */
const STATIC_PRESSURE = 0.4;
const TEMPERATURE_NOISE_C = 0.3;
const RELATIVE_NOISE = 0.005;
/** A loose contact: no equipment of the plant heats up by so much at once. */
const STEP_C = 40;
/** How long the loose contact holds on, and how long it lets go. */
const STEP_MS = 10_000;
/** An open thermocouple: the transmitter's 16 bits at their end, in tenths of °C. */
const OPEN_CIRCUIT_C = 3276.7;

/** Equipment that has run at full throughput without a fault for long. `temperatureC` overrides where it is now. */
export function initialState(model: ClassModel, at: Instant, temperatureC = AMBIENT_C + model.loadC): ThermalState {
  return { at, temperatureC, driftC: 0, frozenC: null };
}

/**
 * The state at `to`. The result is the same in one step or in thousand; a moment not later than the state's own
 * returns it unchanged, so repeating does nothing. A fault with a later start begins at that moment, one with an
 * earlier start at the state's: the past is not rewritten.
 */
export function advanceState(state: ThermalState, model: ClassModel, conditions: Conditions, to: Instant): ThermalState {
  if (to <= state.at) return state;
  const starts = conditions.faults.map((fault) => fault.startedAt).filter((start) => start > state.at && start < to);
  return [...starts, to].toSorted((a, b) => a - b).reduce((reached, edge) => advanceUnchanged(reached, model, conditions, edge), state);
}

/** Between two moments without a fault's start in between, where the target is one straight line or two. */
function advanceUnchanged(state: ThermalState, model: ClassModel, conditions: Conditions, to: Instant): ThermalState {
  const active = activeKinds(conditions.faults, state.at);
  const seconds = ((to - state.at) / SECOND_MS) * conditions.speed;
  const rate = active.has('fouling') ? FOULING_C_PER_SECOND : 0;
  const driftSeconds = rate === 0 ? 0 : Math.min(seconds, (FOULING_LIMIT_C - state.driftC) / rate);
  const driftC = state.driftC + rate * driftSeconds;
  const before = targetC(model, conditions, active, state.driftC);
  const after = targetC(model, conditions, active, driftC);
  const drifted = followTarget(state.temperatureC, before, after, driftSeconds, model.tauSeconds);
  const temperatureC = followTarget(drifted, after, after, seconds - driftSeconds, model.tauSeconds);
  const frozenC = active.has('stuck-sensor') ? (state.frozenC ?? state.temperatureC) : null;
  return { at: to, temperatureC, driftC, frozenC };
}

/**
 * Lumped capacitance with Newton's law of cooling, dT/dt = (u − T)/τ, for a target u that runs in a straight line
 * from `fromC` to `toC`; exact: T(t) = u(t) − rτ + (T₀ − u₀ + rτ)·e^(−t/τ), r the slope of u.
 * Incropera et al., Fundamentals of Heat and Mass Transfer, ch. 5 (constant target); Seborg et al., Process Dynamics
 * and Control, ch. 5 (first-order response to a ramp).
 */
function followTarget(temperatureC: number, fromC: number, toC: number, seconds: number, tauSeconds: number): number {
  if (seconds <= 0) return temperatureC;
  const lagC = ((toC - fromC) / seconds) * tauSeconds;
  return toC - lagC + (temperatureC - fromC + lagC) * Math.exp(-seconds / tauSeconds);
}

/** Where the temperature is heading: ambient and, less what the standby cooling takes, the load and each fault's part. */
function targetC(model: ClassModel, conditions: Conditions, active: ReadonlySet<FaultKind>, driftC: number): number {
  const load = conditions.throughputPercent / FULL_THROUGHPUT;
  const coolingLossC = active.has('cooling-loss') ? model.coolingLossC * load : 0;
  // Work on a liquid that cannot leave becomes heat: less throughput makes this one worse, not better.
  const blockedC = active.has('blocked-discharge') ? BLOCKED_C * (2 - load) : 0;
  const riseC = (model.loadC + driftC) * load + coolingLossC + blockedC;
  return AMBIENT_C + riseC * (1 - STANDBY_COOLING * conditions.coolingStatus);
}

/**
 * What the sensors show at the state's moment, with noise that depends on (seed, equipment, moment) only, so that
 * two processes measure the same. Null while the sensors are silent.
 */
export function measure(state: ThermalState, model: ClassModel, conditions: Conditions, noiseKey: string): Measurement | null {
  const active = activeKinds(conditions.faults, state.at);
  if (active.has('drop-out')) return null;
  const noisy = (signal: string, value: number, amplitude: number): number =>
    Math.round((value + amplitude * noise(`${noiseKey}|${signal}|${state.at}`)) * 100) / 100;
  const pressure = pressurePsi(state, model, conditions, active);
  const flow = flowGpm(model, conditions, active);
  return {
    temperature: shownC(state, conditions.faults, active, noisy('temperature', state.temperatureC, TEMPERATURE_NOISE_C)),
    pressure: noisy('pressure', pressure, pressure * RELATIVE_NOISE),
    flowRate: noisy('flow_rate', flow, flow * RELATIVE_NOISE),
  };
}

/** What the temperature's sensor makes of what a sound one would show. Of several faults the one that shows least of it wins. */
function shownC(state: ThermalState, faults: readonly Fault[], active: ReadonlySet<FaultKind>, soundC: number): number {
  if (active.has('out-of-range-sensor')) return OPEN_CIRCUIT_C;
  if (active.has('stuck-sensor')) return Math.round((state.frozenC ?? state.temperatureC) * 100) / 100;
  const stepping = faults.find((fault) => fault.kind === 'stepping-sensor' && fault.startedAt <= state.at);
  // By the clock, not by the model's pace: a contact knows nothing of it.
  const holds = stepping !== undefined && Math.floor((state.at - stepping.startedAt) / STEP_MS) % 2 === 0;
  return holds ? Math.round((soundC + STEP_C) * 100) / 100 : soundC;
}

/** Pressure settles within seconds, heat within minutes: it follows the throughput at once. */
function pressurePsi(state: ThermalState, model: ClassModel, conditions: Conditions, active: ReadonlySet<FaultKind>): number {
  const load = conditions.throughputPercent / FULL_THROUGHPUT;
  const blocked = active.has('blocked-discharge') ? BLOCKED_PRESSURE : 1;
  const fouled = 1 + 0.1 * (state.driftC / FOULING_LIMIT_C);
  return model.pressurePsi * (STATIC_PRESSURE + (1 - STATIC_PRESSURE) * load) * blocked * fouled;
}

function flowGpm(model: ClassModel, conditions: Conditions, active: ReadonlySet<FaultKind>): number {
  return model.flowGpm * (conditions.throughputPercent / FULL_THROUGHPUT) * (active.has('blocked-discharge') ? BLOCKED_FLOW : 1);
}

function activeKinds(faults: readonly Fault[], at: Instant): ReadonlySet<FaultKind> {
  return new Set(faults.filter((fault) => fault.startedAt <= at).map((fault) => fault.kind));
}
