import { HOUR_MS, type Instant } from '../../src/domain/instant.ts';
import { type Family, type Fault, PERIOD_MS, phaseMs, type Plan } from './plan.ts';

/** One row of sensor_data: sensor, equipment, °C, PSI, GPM, status, time, author. */
export type Row = readonly [string, string, number | string | null, number, number | null, string, string, string];

/** What a fault's readings really showed. */
export interface Shown {
  first: Instant;
  last: Instant;
  peak: number;
}

export const LIMITS = { temperature: 85, flow_rate: 10 } as const;
const DAY_MS = 24 * HOUR_MS;
const LATE_SHARE = 0.01;
const DUPLICATE_SHARE = 0.005;
const LATEST_MS = 240_000;

/**
 * The plant's readings in the order in which they arrive. Normal ones come near the limits and never beyond: up to 84.7 °C
 * where 85 is the limit, down to 10.3 GPM where it is 10. One in a hundred arrives up to four minutes late, one in two hundred
 * twice. A reading depends on the plan's seed, the equipment and its time only.
 */
export class Feed {
  readonly #plan: Plan;
  readonly #byPlace = new Map<string, readonly Fault[]>();
  readonly #delayed = new Map<number, Row[]>();
  readonly shown = new Map<Fault, Shown>();
  #tick = 0;
  #readings = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    for (const fault of plan.faults) {
      const place = placeOf(fault.equipment, fault.family);
      this.#byPlace.set(place, [...(this.#byPlace.get(place) ?? []), fault]);
    }
  }

  /** Rows so far, the duplicates not counted. */
  get readings(): number {
    return this.#readings;
  }

  /** The moment up to which the feed has been taken. */
  get reached(): Instant {
    return this.#plan.begin + this.#tick * PERIOD_MS;
  }

  /** What arrives in the next ten seconds. */
  next(): readonly Row[] {
    const rows: Row[] = this.#delayed.get(this.#tick) ?? [];
    this.#delayed.delete(this.#tick);
    for (let equipment = 0; equipment < this.#plan.equipment; equipment += 1) this.#measure(equipment, rows);
    this.#tick += 1;
    return rows;
  }

  #measure(equipment: number, rows: Row[]): void {
    const at = this.reached + phaseMs(equipment);
    const hot = this.#active(equipment, 'temperature', at);
    const dry = this.#active(equipment, 'flow_rate', at);
    const temperature = hot === undefined ? this.#normalC(equipment, at) : this.#faultValue(hot, at);
    const flow = dry === undefined ? this.#normalGpm(equipment, at) : this.#faultValue(dry, at);
    if (hot === undefined || hot.spoilt === null) this.#note(hot, 'temperature', temperature, at);
    this.#note(dry, 'flow_rate', flow, at);
    const id = `EQ_${String(equipment).padStart(3, '0')}`;
    const shownC = spoiltValue(temperature, hot);
    const status = hot?.spoilt === 'bad' ? 'bad' : 'good';
    const row: Row = [`S_${id}`, id, shownC, round(80 + this.#chance(equipment, at, 5)), flow, status, timeText(at), 'week'];
    const lateMs = hot?.lateMs ?? (this.#chance(equipment, at, 6) < LATE_SHARE ? this.#chance(equipment, at, 7) * LATEST_MS : 0);
    const copies = hot?.copies ?? (this.#chance(equipment, at, 8) < DUPLICATE_SHARE ? 2 : 1);
    const arrival = this.#tick + Math.ceil(lateMs / PERIOD_MS);
    const into = arrival === this.#tick ? rows : (this.#delayed.get(arrival) ?? []);
    for (let copy = 0; copy < copies; copy += 1) into.push(row);
    if (into !== rows) this.#delayed.set(arrival, into);
    this.#readings += 1;
  }

  /** The fault whose time it is; those that are over are forgotten. */
  #active(equipment: number, family: Family, at: Instant): Fault | undefined {
    const place = placeOf(equipment, family);
    const [first] = this.#byPlace.get(place) ?? [];
    if (first === undefined || at < first.from) return undefined;
    if (at <= first.to) return first;
    this.#byPlace.set(place, (this.#byPlace.get(place) ?? []).slice(1));
    return this.#active(equipment, family, at);
  }

  #faultValue(fault: Fault, at: Instant): number {
    const noise = 0.3 * (2 * this.#chance(fault.equipment, at, 1) - 1);
    if (fault.shape === 'flat') return round(fault.worst + noise);
    // Up for the first third, down in the last, from and to where no limit is.
    const part = (at - fault.from) / (fault.to - fault.from);
    return round(82 + (fault.worst - 82) * Math.min(1, 3 * part, 3 * (1 - part)) + noise);
  }

  /** Its own level, higher in the afternoon, and triangular noise of two degrees. */
  #normalC(equipment: number, at: Instant): number {
    const level = 72 + (9.5 * equipment) / this.#plan.equipment;
    const daily = 1.2 * Math.sin((2 * Math.PI * (at % DAY_MS)) / DAY_MS - Math.PI / 2);
    return round(level + daily + 2 * (this.#chance(equipment, at, 1) + this.#chance(equipment, at, 2) - 1));
  }

  #normalGpm(equipment: number, at: Instant): number {
    return round(16 - (4 * equipment) / this.#plan.equipment + 1.7 * (this.#chance(equipment, at, 3) + this.#chance(equipment, at, 4) - 1));
  }

  #note(fault: Fault | undefined, family: Family, value: number, at: Instant): void {
    const violates = family === 'temperature' ? value > LIMITS.temperature : value < LIMITS.flow_rate;
    if (!violates) return;
    if (fault === undefined) throw new Error(`the normal ${family} ${value} at ${timeText(at)} is beyond its limit: the plan is wrong`);
    const known = this.shown.get(fault);
    if (known === undefined) {
      this.shown.set(fault, { first: at, last: at, peak: value });
      return;
    }
    known.last = at;
    known.peak = family === 'temperature' ? Math.max(known.peak, value) : Math.min(known.peak, value);
  }

  /** Uniform in [0, 1) by seed, equipment, time and what it is for; mulberry32's mixing without its state. */
  #chance(equipment: number, at: Instant, purpose: number): number {
    let mixed = Math.imul(this.#plan.seed + equipment * 31 + purpose, 0x9e3779b1) ^ Math.imul(Math.floor(at / 500), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 1 | mixed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
}

function placeOf(equipment: number, family: Family): string {
  return `${equipment}|${family}`;
}

function spoiltValue(temperature: number, fault: Fault | undefined): number | string | null {
  switch (fault?.spoilt) {
    case 'nan':
      return 'NaN';
    case 'missing':
      return null;
    case 'out-of-range':
      return 3276.7;
    default:
      return temperature;
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

export function timeText(at: Instant): string {
  return new Date(at).toISOString().replace('T', ' ').replace('Z', '');
}
