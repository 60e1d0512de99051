import type { FamilyRule, Reading, SignalName } from './history.ts';

/** Stamps up to this far ahead of the clock are readings; later ones are none. */
export const FUTURE_TOLERANCE_MS = 5000;

const USABLE = ['good', 'warning', 'ok', 'null'];
const PHYSICAL: Readonly<Record<SignalName, { readonly min: number; readonly max: number }>> = {
  temperature: { min: -273.15, max: 2000 },
  flow_rate: { min: -1_000_000, max: 1_000_000 },
};

/** One signal's value of an accepted reading. */
export interface Good {
  readonly number: number;
  readonly equipment: string;
  readonly at: number;
  readonly value: number;
}

/** The reading as a value of one signal, or nothing where it is rejected. */
export function accept(reading: Reading, signal: SignalName, now: number): Good | null {
  const { number, equipment, at, status } = reading;
  const value = signal === 'temperature' ? reading.temperature : reading.flow;
  if (equipment === null || !/^[A-Za-z0-9_-]{1,100}$/.test(equipment)) return null;
  if (at === null || at > now + FUTURE_TOLERANCE_MS) return null;
  if (!USABLE.includes((status ?? 'null').toLowerCase())) return null;
  if (typeof value !== 'number' || !Number.isFinite(value)) return null;
  if (value < PHYSICAL[signal].min || value > PHYSICAL[signal].max) return null;
  return { number, equipment, at, value };
}

export function isBeyond(family: FamilyRule, value: number, limit: number): boolean {
  return family.side === 'above' ? value > limit : value < limit;
}

function mildest(family: FamilyRule): number {
  const limits = family.bands.map(({ limit }) => limit);
  return family.side === 'above' ? Math.min(...limits) : Math.max(...limits);
}

function isClear(family: FamilyRule, value: number): boolean {
  return family.side === 'above' ? value < mildest(family) - family.deadband : value > mildest(family) + family.deadband;
}

/** What a range of readings of one equipment says about a family. */
export interface Sight {
  /** The newest of them. */
  readonly newest: number | null;
  /** Violations that last long enough and count, oldest first. */
  readonly raising: readonly Good[];
  /** Around the first and the last of them: from when and until when it was never clear for long enough to be over. */
  readonly stretch: readonly [number, number] | null;
  /** At the newest reading, by the off-delay and the number of readings at distinct times. */
  readonly cleared: boolean;
  readonly clearSince: number | null;
  /** The newest of them that is not clear. */
  readonly lastUnclear: number | null;
}

/** The same readings, those before a moment apart from the others. */
export interface Sights {
  readonly earlier: Sight;
  readonly since: Sight;
}

/**
 * Walks from moment to moment. At one moment a violation counts, and a normal reading beside it ends nothing. A run goes on past `began`;
 * what is clear at the end is asked of either side by itself.
 */
export function look(goods: readonly Good[], family: FamilyRule, counts: (good: Good) => boolean, began: number): Sights {
  const moments = new Map<number, Good[]>();
  for (const good of goods) moments.set(good.at, [...(moments.get(good.at) ?? []), good]);
  const inOrder = [...moments].toSorted(([a], [b]) => a - b);
  const raising: Good[] = [];
  let runSince: number | null = null;
  for (const [at, readings] of inOrder) {
    const violating = readings.filter(({ value }) => isBeyond(family, value, mildest(family)));
    if (violating.length === 0) runSince = null;
    else {
      runSince ??= at;
      if (at - runSince >= family.onDelay * 1000) raising.push(...violating.filter(counts));
    }
  }
  const stretches = stretchesOf(inOrder, family);
  const around = (at: number) => stretches.find((stretch) => stretch.includes(at)) ?? [at];
  const side = (isOnIt: (at: number) => boolean): Sight => {
    const own = raising.filter(({ at }) => isOnIt(at));
    const [first, last] = [own[0]?.at, own.at(-1)?.at];
    const stretch = first === undefined || last === undefined ? null : ([Math.min(...around(first)), Math.max(...around(last))] as const);
    const end = endOf(
      inOrder.filter(([at]) => isOnIt(at)),
      family,
    );
    return { ...end, raising: own, stretch };
  };
  return { earlier: side((at) => at < began), since: side((at) => at >= began) };
}

type Moments = readonly (readonly [number, readonly Good[]])[];

function isOver(clearTimes: readonly number[], family: FamilyRule): boolean {
  const [first, last] = [clearTimes[0], clearTimes.at(-1)];
  return first !== undefined && last !== undefined && clearTimes.length >= family.clearReadings && last - first >= family.offDelay * 1000;
}

/** The times that are not clear, a list for each time that it was not over. */
function stretchesOf(moments: Moments, family: FamilyRule): readonly (readonly number[])[] {
  const stretches: number[][] = [];
  let current: number[] = [];
  let clearTimes: number[] = [];
  for (const [at, readings] of moments) {
    if (readings.every(({ value }) => isClear(family, value))) {
      clearTimes.push(at);
      continue;
    }
    if (isOver(clearTimes, family)) {
      stretches.push(current);
      current = [];
    }
    current.push(at);
    clearTimes = [];
  }
  return [...stretches, current];
}

function endOf(moments: Moments, family: FamilyRule): Omit<Sight, 'raising' | 'stretch'> {
  let clearTimes: number[] = [];
  for (const [at, readings] of moments) clearTimes = readings.every(({ value }) => isClear(family, value)) ? [...clearTimes, at] : [];
  const newest = moments.at(-1)?.[0] ?? null;
  const clearSince = clearTimes[0] ?? null;
  const cleared = isOver(clearTimes, family);
  const lastUnclear = moments.findLast(([, readings]) => !readings.every(({ value }) => isClear(family, value)))?.[0] ?? null;
  return { newest, cleared, clearSince, lastUnclear };
}

/** The worst, and of equally bad ones the earliest; several where they share a moment. */
export function peakOf(family: FamilyRule, raising: readonly Good[]): readonly Good[] {
  const worst = raising.reduce<number | null>((so, { value }) => (so === null || isBeyond(family, value, so) ? value : so), null);
  const alike = raising.filter(({ value }) => value === worst);
  const earliest = Math.min(...alike.map(({ at }) => at));
  return alike.filter(({ at }) => at === earliest);
}
