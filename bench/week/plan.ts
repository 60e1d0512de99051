import { HOUR_MS, type Instant } from '../../src/domain/instant.ts';
import { mulberry32 } from '../../src/plant/noise.ts';

const IN_TURN = [
  'spike', // one hot reading
  'ramp', // up to high or critical within minutes, and down again
  'step', // critical from one reading to the next
  'low-flow', // a family that looks below
  'repeated', // three short ones, twenty minutes apart
  'straddle', // across the end of an hour, where a slice ends
  'at-boundary', // one reading exactly at the end of an hour
  'before-boundary', // over just before it, in the part that the next slice sees again
  'after-boundary', // the first reading after it
  'long', // through several slices
  'late', // all of its readings are stored minutes after they were measured
  'duplicated', // all of its readings are stored twice
  'both', // too hot and too little flow at once: two families
  'spoilt', // hot values that are none: must not be found
] as const;
/** `current`: begins before the planned time is over, and is still on when a catching-up agent first looks. */
export const KINDS = [...IN_TURN, 'current'] as const;
export type Kind = (typeof KINDS)[number];
export type Family = 'temperature' | 'flow_rate';

/** A known fault of one family: what the readings show from `from` to `to`, both included. */
export interface Fault {
  readonly kind: Kind;
  readonly equipment: number;
  readonly family: Family;
  readonly from: Instant;
  readonly to: Instant;
  /** °C at its worst, or GPM. */
  readonly worst: number;
  readonly shape: 'flat' | 'ramp';
  /** How long after its measuring a reading is stored. */
  readonly lateMs: number;
  readonly copies: 1 | 2;
  /** Null for real values; else in which way they are none. */
  readonly spoilt: 'bad' | 'nan' | 'missing' | 'out-of-range' | null;
}

export interface Plan {
  readonly seed: number;
  readonly equipment: number;
  readonly begin: Instant;
  /** The length of the planned time; the feed goes on after it, without faults. */
  readonly hours: number;
  readonly faults: readonly Fault[];
}

const MINUTE_MS = 60_000;
export const PERIOD_MS = 10_000;
/** Between two planned groups of one equipment, so that nobody can doubt what belongs to what. */
const APART_MS = 2 * HOUR_MS;
const SPOILT = ['bad', 'nan', 'missing', 'out-of-range'] as const;

/** When in its period an equipment is measured: not all at once, and some exactly at the full hour. */
export function phaseMs(equipment: number): number {
  return (equipment % 20) * 500;
}

interface Given {
  readonly seed: number;
  readonly equipment: number;
  readonly begin: Instant;
  readonly hours: number;
  readonly groups: number;
  readonly current: number;
}

/** `groups` faults, each kind in turn, at random places and times, and `current` more that outlast the planned time. By the seed alone. */
export function planFaults({ seed, equipment, begin, hours, groups, current }: Given): Plan {
  const random = mulberry32(seed);
  const taken: { equipment: number; from: Instant; to: Instant }[] = [];
  const faults: Fault[] = [];
  for (let group = 0; group < groups; group += 1) {
    const kind = IN_TURN[group % IN_TURN.length] ?? 'spike';
    for (let attempt = 1; ; attempt += 1) {
      if (attempt > 1000) throw new Error(`${groups} groups of faults do not fit into ${hours} hours of ${equipment} equipment`);
      const where = kind === 'at-boundary' ? 20 * Math.floor((random() * equipment) / 20) : Math.floor(random() * equipment);
      const made = faultsOf(kind, where, begin, hours, random);
      const from = Math.min(...made.map((fault) => fault.from));
      const to = Math.max(...made.map((fault) => fault.to));
      if (from < begin + 15 * MINUTE_MS || to > begin + hours * HOUR_MS - 15 * MINUTE_MS) continue;
      if (taken.some((other) => other.equipment === where && from < other.to + APART_MS && to > other.from - APART_MS)) continue;
      taken.push({ equipment: where, from, to });
      faults.push(...made);
      break;
    }
  }
  const free = Array.from({ length: equipment }, (_, index) => index).filter(
    (index) => !taken.some((other) => other.equipment === index && other.to > begin + hours * HOUR_MS - APART_MS),
  );
  for (const index of free.slice(0, current)) faults.push(...faultsOf('current', index, begin, hours, random));
  return { seed, equipment, begin, hours, faults: faults.toSorted((a, b) => a.from - b.from) };
}

function faultsOf(kind: Kind, equipment: number, begin: Instant, hours: number, random: () => number): readonly Fault[] {
  const between = (least: number, most: number): number => least + random() * (most - least);
  const minutes = (least: number, most: number): number => Math.round(between(least, most) * MINUTE_MS);
  const tick = (at: Instant): Instant => begin + Math.ceil((at - begin) / PERIOD_MS) * PERIOD_MS + phaseMs(equipment);
  const start = tick(begin + between(0, hours * HOUR_MS));
  const hour = begin + Math.floor(between(1, hours)) * HOUR_MS;
  const plain = { kind, equipment, family: 'temperature', shape: 'flat', lateMs: 0, copies: 1, spoilt: null } as const;
  const fault = (from: Instant, lastsMs: number, worst: number, other: Partial<Fault> = {}): Fault => ({
    ...plain,
    from,
    to: from + lastsMs,
    worst,
    ...other,
  });
  switch (kind) {
    case 'spike':
      return [fault(start, 0, between(86, 99))];
    case 'ramp':
      return [fault(start, minutes(20, 50), between(88, 99), { shape: 'ramp' })];
    case 'step':
      return [fault(start, minutes(5, 40), between(96, 99))];
    case 'low-flow':
      return [fault(start, minutes(5, 30), between(3, 9), { family: 'flow_rate' })];
    case 'repeated':
      return [0, 1, 2].map((time) => fault(tick(start + time * 20 * MINUTE_MS), minutes(1, 3), between(86, 99)));
    case 'straddle':
      return [fault(tick(hour - minutes(0.5, 10)), minutes(11, 20), between(86, 99))];
    case 'at-boundary':
      return [fault(hour, 0, between(86, 99))];
    case 'before-boundary':
      return [fault(tick(hour - 300_000), 300_000 - PERIOD_MS - Math.round(between(0, 40)) * 1000 - phaseMs(equipment), between(86, 99))];
    case 'after-boundary':
      return [fault(hour + (phaseMs(equipment) || PERIOD_MS), 0, between(86, 99))];
    case 'long':
      return [fault(start, minutes(150, 200), between(86, 89))];
    case 'late':
      return [fault(start, minutes(0.5, 5), between(86, 99), { lateMs: Math.round(between(20, 280)) * 1000 })];
    case 'duplicated':
      return [fault(start, minutes(0.5, 5), between(86, 99), { copies: 2 })];
    case 'both': {
      const lasts = minutes(5, 20);
      return [fault(start, lasts, between(96, 99)), fault(start, lasts, between(3, 9), { family: 'flow_rate' })];
    }
    case 'current':
      return [fault(tick(begin + hours * HOUR_MS - minutes(10, 40)), minutes(50, 70), between(86, 99))];
    case 'spoilt':
      return [fault(start, minutes(2, 10), between(96, 99), { spoilt: SPOILT[Math.floor(random() * SPOILT.length)] ?? 'bad' })];
  }
}
