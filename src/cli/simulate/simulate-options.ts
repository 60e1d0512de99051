import { parseDuration } from '../../config/duration.ts';
import type { Settings } from '../../config/settings.ts';
import { AgentError } from '../../domain/errors.ts';
import { parseArrival, type ArrivalOption } from '../../plant/arrival-options.ts';
import { parseFault, type FaultOption } from '../../plant/feed.ts';

/** As the command line gave them. */
export interface SimulateOptions {
  readonly equipment?: string;
  readonly rate?: string;
  readonly fault?: readonly string[];
  readonly arrival?: readonly string[];
  readonly seed?: string;
  readonly for?: string;
  readonly speed?: string;
  readonly json?: boolean;
}

export interface SimulationPlan {
  readonly equipment: number;
  /** Readings per second and equipment. */
  readonly rateHz: number;
  readonly faults: readonly FaultOption[];
  readonly arrivals: readonly ArrivalOption[];
  readonly seed: number;
  /** Null: until a signal. */
  readonly forSeconds: number | null;
  /** Model seconds per second of the clock; null leaves the plant at its pace. */
  readonly speed: number | null;
}

const DEFAULT_EQUIPMENT = 5;
const DEFAULT_RATE_HZ = 1;
const DEFAULT_SEED = 1;
/** One statement each: more would only keep the store from the agent. */
const MOST_TICKS_PER_SECOND = 20;
/** A day of the plant in a second; beyond that two readings have nothing to do with each other. */
const MOST_SPEED = 86_400;

/** @throws AgentError usage for a value that is none */
export function simulationPlan(options: SimulateOptions): SimulationPlan {
  return {
    equipment: options.equipment === undefined ? DEFAULT_EQUIPMENT : wholeNumber('--equipment', options.equipment),
    rateHz: options.rate === undefined ? DEFAULT_RATE_HZ : positive('--rate', options.rate, MOST_TICKS_PER_SECOND),
    faults: (options.fault ?? []).map(parseFault),
    arrivals: (options.arrival ?? []).map(parseArrival),
    seed: options.seed === undefined ? DEFAULT_SEED : wholeNumber('--seed', options.seed),
    forSeconds: options.for === undefined ? null : positiveDuration(options.for),
    speed: options.speed === undefined ? null : positive('--speed', options.speed, MOST_SPEED),
  };
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d{1,9}$/.test(text.trim()))
    throw new AgentError('usage', `${flag} must be a whole number, is '${text}'`, `for instance ${flag} 10`);
  return Number(text);
}

function positive(flag: string, text: string, most: number): number {
  const number = /^(\d+(\.\d*)?|\.\d+)$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(number > 0 && number <= most))
    throw new AgentError('usage', `${flag} must be a number above 0 and up to ${most}, is '${text}'`, `for instance ${flag} 1`);
  return number;
}

function positiveDuration(text: string): number {
  const seconds = parseDuration(text);
  if (seconds <= 0) throw new AgentError('usage', '--for must be more than 0', 'for instance --for 10m');
  return seconds;
}

/**
 * A simulated feed goes where the specification's sensors write, and nowhere else: the agent never writes to a table
 * of the user's own, and neither does this.
 * @throws AgentError usage that names the key which is different
 */
export function requireOwnFeed({ store, source, sourceDatabase }: Settings): void {
  if (store.kind !== 'embedded')
    throw notHere(`store.kind is ${store.kind}`, 'choose a file with --store-path and set store.kind to embedded');
  if (sourceDatabase !== null) throw notHere('the readings are in another database', 'leave out source.connection');
  if (source.table !== 'sensor_data') throw notHere(`source.table is ${source.table}`, 'leave out source.table');
  if (source.shape.kind !== 'wide') throw notHere(`source.shape is ${source.shape.kind}`, 'leave out source.shape');
}

function notHere(why: string, remedy: string): AgentError {
  return new AgentError('usage', `simulate feeds the wide sensor_data of an embedded store, but ${why}`, remedy);
}
