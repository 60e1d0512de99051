import { SECOND_MS } from '../domain/instant.ts';
import type { ArrivalKind, ArrivalOption } from './arrival-options.ts';
import { uniform } from './noise.ts';

/** A reading as the store gets it. Moments are milliseconds on the caller's own clock, whatever that counts from. */
export interface Arrival<R> {
  readonly reading: R;
  readonly measuredAt: number;
  /** How far ahead of its measuring it is stamped. */
  readonly aheadSeconds: number;
  readonly notANumber: boolean;
  readonly badQuality: boolean;
}

interface Waiting<R> extends Arrival<R> {
  readonly arrivesAt: number;
  /** Among what arrives at one moment: 0 in the order of measuring, above it shuffled. */
  readonly shuffle: number;
  readonly sequence: number;
}

type Options = ReadonlyMap<ArrivalKind, ArrivalOption>;

/**
 * When and how each measured reading arrives. What happens to a reading depends on the seed, its equipment and its number
 * among that equipment's readings only: the same run gives the same, and one option does not change what another one does.
 * Every reading arrives once, or twice at one moment where it is a duplicate.
 */
export class Arrivals<R extends { readonly equipmentId: string }> {
  readonly #options: readonly ArrivalOption[];
  readonly #seed: number;
  readonly #byEquipment = new Map<string, { readonly options: Options; measured: number }>();
  readonly #counts = new Map<ArrivalKind, number>();
  #waiting: readonly Waiting<R>[] = [];
  #sequence = 0;

  constructor(options: readonly ArrivalOption[], seed: number) {
    this.#options = options;
    this.#seed = seed;
  }

  /** How many measured readings each kind has met so far. */
  get counts(): ReadonlyMap<ArrivalKind, number> {
    return this.#counts;
  }

  /** When the next of those that wait arrives; null when none waits. */
  get nextAt(): number | null {
    return this.#waiting[0]?.arrivesAt ?? null;
  }

  /** Takes in what was measured at `at`, which must not go back. */
  measured(readings: readonly R[], at: number): void {
    const coming = readings.flatMap((reading) => this.#comingOf(reading, at));
    if (coming.length > 0) this.#waiting = [...this.#waiting, ...coming].toSorted(inOrderOfArrival);
  }

  /** Gives out what has arrived by `at`, in the order of arrival. */
  arrivedBy(at: number): readonly Arrival<R>[] {
    const next = this.#waiting.findIndex(({ arrivesAt }) => arrivesAt > at);
    return this.#take(next < 0 ? this.#waiting.length : next);
  }

  /** Gives out all that still waits, in the order in which it would have arrived. */
  rest(): readonly Arrival<R>[] {
    return this.#take(this.#waiting.length);
  }

  #take(count: number): readonly Arrival<R>[] {
    const taken = this.#waiting.slice(0, count);
    if (count > 0) this.#waiting = this.#waiting.slice(count);
    return taken;
  }

  #comingOf(reading: R, at: number): readonly Waiting<R>[] {
    const known = this.#known(reading.equipmentId);
    const key = `${this.#seed}|${reading.equipmentId}|${known.measured}`;
    known.measured += 1;
    const met = [...known.options.values()].filter((option) => uniform(`${key}|${option.kind}`) < option.share);
    for (const { kind } of met) this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    const coming = { reading, measuredAt: at, ...journey(new Map(met.map((option) => [option.kind, option])), key, at) };
    return Array.from({ length: met.some(({ kind }) => kind === 'duplicate') ? 2 : 1 }, () => {
      this.#sequence += 1;
      return { ...coming, sequence: this.#sequence };
    });
  }

  #known(equipmentId: string): { readonly options: Options; measured: number } {
    const known = this.#byEquipment.get(equipmentId) ?? { options: optionsFor(this.#options, equipmentId), measured: 0 };
    this.#byEquipment.set(equipmentId, known);
    return known;
  }
}

/** An option that names the equipment stands instead of one of its kind that names none. */
function optionsFor(options: readonly ArrivalOption[], equipmentId: string): Options {
  const general = options.filter((option) => option.equipmentId === null);
  const own = options.filter((option) => option.equipmentId === equipmentId);
  return new Map([...general, ...own].map((option) => [option.kind, option]));
}

/** One after the other: held back, then waiting for its window to be shuffled, then for the next batch. */
function journey(met: Options, key: string, at: number): Omit<Waiting<unknown>, 'reading' | 'measuredAt' | 'sequence'> {
  const lengthMs = (kind: ArrivalKind): number => (met.get(kind)?.seconds ?? 0) * SECOND_MS;
  const lateAt = at + (met.has('late') ? lengthMs('late') * (1 - uniform(`${key}|late by`)) : 0);
  const shuffledAt = met.has('out-of-order') ? (Math.floor(lateAt / lengthMs('out-of-order')) + 1) * lengthMs('out-of-order') : lateAt;
  const arrivesAt = met.has('batch') ? Math.ceil(shuffledAt / lengthMs('batch')) * lengthMs('batch') : shuffledAt;
  return {
    arrivesAt: Math.max(arrivesAt, at),
    shuffle: met.has('out-of-order') ? 1 + uniform(`${key}|place`) : 0,
    aheadSeconds: lengthMs('future') / SECOND_MS,
    notANumber: met.has('nan'),
    badQuality: met.has('bad-quality'),
  };
}

function inOrderOfArrival(a: Waiting<unknown>, b: Waiting<unknown>): number {
  return a.arrivesAt - b.arrivesAt || a.shuffle - b.shuffle || a.sequence - b.sequence;
}
