import type { SourceSettings } from '../../src/config/settings.ts';
import { type DetectedState, REJECTION_REASONS, type RejectionReason } from '../../src/domain/detection.ts';
import type { Instant } from '../../src/domain/instant.ts';
import type { IssueFamily } from '../../src/domain/rules.ts';
import { EQUIPMENT_ID } from '../../src/domain/tags.ts';
import type { DetectionRequest } from '../../src/domain/detection-request.ts';
import { activeFamilies, familyFor } from '../../src/domain/rule-book.ts';

export type RawValue = number | string | null;

/** One row of a source, wide or long, before anybody has judged it. */
export interface RawReading {
  readonly equipmentId: string | null;
  /** A text is a time that cannot be read. */
  readonly at: Instant | string;
  readonly status: string | null;
  /** By signal; a long row has one. */
  readonly values: Readonly<Record<string, RawValue>>;
}

type Part = DetectedState['part'];

interface Sample {
  readonly reading: RawReading;
  readonly at: Instant;
  readonly equipmentId: string;
  readonly value: number;
  readonly part: Part;
}

interface Moment {
  readonly at: Instant;
  readonly samples: readonly Sample[];
}

type Judged = { readonly reason: RejectionReason } | { readonly reason: null; readonly sample: Sample };

/** What detection means, in memory and one reading after the other: nothing of it is shared with the SQL. */
export class DetectModel {
  readonly #readings: readonly RawReading[];
  readonly #settings: SourceSettings;
  readonly #request: DetectionRequest;

  constructor(readings: readonly RawReading[], settings: SourceSettings, request: DetectionRequest) {
    this.#readings = readings;
    this.#settings = settings;
    this.#request = request;
  }

  #partOf(at: Instant | string): Part | null {
    const { live, backlog } = this.#request.window;
    if (typeof at === 'string' || at > live.after) return 'live';
    return backlog && at > backlog.after && at <= backlog.upTo ? 'backlog' : null;
  }

  #isUsable(status: string | null): boolean {
    return this.#settings.usableStatus.includes(status === null ? 'null' : status.toLowerCase());
  }

  #judge(reading: RawReading, signal: string): Judged | null {
    const part = this.#partOf(reading.at);
    const value = reading.values[signal];
    if (part === null || value === undefined) return null;
    const { equipmentId, at } = reading;
    const limits = this.#settings.physicalLimits[signal];
    if (equipmentId === null || !EQUIPMENT_ID.test(equipmentId)) return { reason: 'bad_id' };
    if (typeof at === 'string') return { reason: 'bad_time' };
    if (at > this.#request.window.live.upTo) return { reason: 'future' };
    if (!this.#isUsable(reading.status)) return { reason: 'bad_quality' };
    if (value === null) return { reason: 'missing' };
    if (typeof value !== 'number' || !Number.isFinite(value)) return { reason: 'not_a_number' };
    if (limits && (value < limits.min || value > limits.max)) return { reason: 'out_of_range' };
    return { reason: null, sample: { reading, at, equipmentId, value, part } };
  }

  #judgedOf(signal: string): readonly Judged[] {
    return this.#readings.map((reading) => this.#judge(reading, signal)).filter((judged) => judged !== null);
  }

  get #families(): readonly IssueFamily[] {
    return activeFamilies(this.#request.rules);
  }

  get totals() {
    const { window } = this.#request;
    const families = this.#families;
    const ruled = new Set(families.map(({ signal }) => signal));
    const judged = [...ruled].flatMap((signal) => this.#judgedOf(signal));
    const good = judged.flatMap((each) => (each.reason === null ? [each.sample] : []));
    const later = good.filter((sample) => sample.at > window.watermark);
    const { backlog, live } = window;
    const next = this.#readings
      .map(({ at }) => at)
      .filter((at): at is Instant => typeof at === 'number' && backlog !== null && at > backlog.upTo && at <= live.upTo);
    const rejected = Object.fromEntries(
      REJECTION_REASONS.map((reason) => [reason, judged.filter((each) => each.reason === reason).length]),
    );
    return {
      accepted: later.length,
      rejected,
      newestGoodAt: good.length === 0 ? null : Math.max(...good.map((sample) => sample.at)),
      backlogHasReadings: later.some((sample) => sample.part === 'backlog'),
      nextReadingAt: next.length === 0 ? null : Math.min(...next),
    };
  }

  /** Every state, by part, equipment and family. A peak's other signals are checked by `mayBeOthers`. */
  get states(): ReadonlyMap<string, Omit<DetectedState, 'raised'> & { readonly raised: unknown }> {
    const states = new Map<string, Omit<DetectedState, 'raised'> & { readonly raised: unknown }>();
    for (const familyId of new Set(this.#families.map(({ id }) => id)))
      for (const part of ['live', 'backlog'] as const)
        for (const equipmentId of this.#equipment()) {
          const family = familyFor(this.#request.rules, equipmentId, familyId);
          for (const state of family ? this.#states(family, part, equipmentId) : []) states.set(keyOf(state), state);
        }
    return states;
  }

  #equipment(): ReadonlySet<string> {
    const named = this.#readings.flatMap(({ equipmentId }) => (equipmentId === null ? [] : [equipmentId]));
    return new Set([...named, ...this.#request.known.map((known) => known.equipmentId)]);
  }

  #counts(family: IssueFamily, sample: Sample): boolean {
    return !this.#request.accounted.some(
      ({ equipmentId, familyId, from, until, exceptBeyond }) =>
        equipmentId === sample.equipmentId &&
        familyId === family.id &&
        sample.at >= from &&
        sample.at < until &&
        (exceptBeyond === null || !isBeyond(family, sample.value, exceptBeyond)),
    );
  }

  #began(family: IssueFamily, of: string): Instant {
    return this.#request.known.find(({ equipmentId, familyId }) => equipmentId === of && familyId === family.id)?.began ?? 0;
  }

  /** The readings from the newest row's beginning on, and those before where something raises among them. */
  #states(family: IssueFamily, part: Part, equipmentId: string) {
    const samples = this.#judgedOf(family.signal)
      .flatMap((judged) => (judged.reason === null ? [judged.sample] : []))
      .filter((sample) => sample.part === part && sample.equipmentId === equipmentId)
      .toSorted((a, b) => a.at - b.at);
    const violates = (sample: Sample) => isBeyond(family, sample.value, family.bands[0].limit);
    const isReported = this.#request.known.some(
      (known) => known.report && known.equipmentId === equipmentId && known.familyId === family.id,
    );
    const isAsked = isReported && (part === 'live' || this.#request.window.backlog !== null);
    if (!isAsked && !samples.some((sample) => violates(sample) && this.#counts(family, sample))) return [];

    const times = [...new Set(samples.map((sample) => sample.at))];
    const moments = times.map((at) => ({ at, samples: samples.filter((sample) => sample.at === at) }));
    const raising: Sample[] = [];
    const recent = this.#request.window.live.upTo - 65_000;
    let recentRuns = 0;
    let runStart: Instant | null = null;
    for (const moment of moments) {
      if (!moment.samples.some(violates)) {
        runStart = null;
        continue;
      }
      if (runStart === null && moment.at > recent) recentRuns += 1;
      runStart ??= moment.at;
      if (moment.at - runStart >= family.onDelaySeconds * 1000)
        raising.push(...moment.samples.filter((sample) => violates(sample) && this.#counts(family, sample)));
    }
    const began = this.#began(family, equipmentId);
    const stretches = this.#stretches(family, moments);
    return [true, false].flatMap((isEarlier) => {
      const isOfIt = ({ at }: { readonly at: Instant }) => at < began === isEarlier;
      const raised = raising.filter(isOfIt);
      if (isEarlier && raised.length === 0) return [];
      const seen = this.#stateOf(family, moments.filter(isOfIt), raised, stretches);
      return [{ part, isEarlier, equipmentId, familyId: family.id, ...seen, recentRuns }];
    });
  }

  /** The times that are not clear, divided where it was clear for long enough. */
  #stretches(family: IssueFamily, moments: readonly Moment[]): readonly (readonly Instant[])[] {
    const stretches: Instant[][] = [[]];
    let lull: Instant[] = [];
    for (const moment of moments) {
      if (isAllClear(family, moment)) {
        lull.push(moment.at);
        continue;
      }
      const [first = 0, last = 0] = [lull[0], lull.at(-1)];
      if (lull.length >= family.clearReadings && last - first >= family.offDelaySeconds * 1000) stretches.push([]);
      stretches.at(-1)?.push(moment.at);
      lull = [];
    }
    return stretches;
  }

  #stateOf(family: IssueFamily, moments: readonly Moment[], raising: readonly Sample[], stretches: readonly (readonly Instant[])[]) {
    const worst = (of: readonly Sample[]) =>
      of.toSorted((a, b) => (family.side === 'above' ? b.value - a.value : a.value - b.value) || a.at - b.at)[0];
    let clear: DetectedState['clear'] = null;
    let unclear: Instant | null = null;
    for (const moment of moments) {
      if (!isAllClear(family, moment)) {
        clear = null;
        unclear = moment.at;
      } else if (clear === null) clear = { since: moment.at, readings: 1, after: unclear };
      else {
        const { since, readings, after }: NonNullable<DetectedState['clear']> = clear;
        clear = { since, readings: readings + 1, after };
      }
    }
    const last = worst(moments.at(-1)?.samples ?? []);
    const peak = worst(raising);
    const [first, newest] = [raising[0], raising.at(-1)];
    return {
      last: last ? { at: last.at, value: last.value } : null,
      raised:
        first && newest && peak
          ? {
              firstAt: first.at,
              lastAt: newest.at,
              peak: { value: peak.value, at: peak.at },
              unclearSince: stretches.find((stretch) => stretch.includes(first.at))?.[0],
              unclearUntil: stretches.find((stretch) => stretch.includes(newest.at))?.at(-1),
              isCut: false,
            }
          : null,
      clear,
    };
  }

  /** Whether `signals` is what stood beside a peak: the same row of a wide source, the newest of each signal of a long one. */
  mayBeOthers(state: DetectedState): boolean {
    const { raised } = state;
    const family = this.#families.find((candidate) => candidate.id === state.familyId);
    if (!raised || !family) return false;
    const found = JSON.stringify([...raised.peak.signals].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const signals = Object.keys(this.#settings.shape.signals).toSorted();
    const spelled = (valueOf: (signal: string) => RawValue | undefined) =>
      JSON.stringify(
        signals
          .map((signal) => [signal, valueOf(signal)] as const)
          .filter(([signal, value]) => typeof value === 'number' && this.#isPossible(signal, value)),
      );
    const ofEquipment = this.#readings.filter(
      (reading) => reading.equipmentId === state.equipmentId && this.#partOf(reading.at) === state.part,
    );
    if (this.#settings.shape.kind === 'wide')
      return ofEquipment
        .filter(
          (reading) =>
            reading.at === raised.peak.at && reading.values[family.signal] === raised.peak.value && this.#isUsable(reading.status),
        )
        .some((reading) => spelled((signal) => reading.values[signal]) === found);
    return found === spelled((signal) => this.#newestUsable(ofEquipment, signal, raised.peak));
  }

  /** What no sensor can measure stands beside no peak. */
  #isPossible(signal: string, value: number): boolean {
    const limits = this.#settings.physicalLimits[signal];
    return Number.isFinite(value) && (!limits || (value >= limits.min && value <= limits.max));
  }

  #newestUsable(
    readings: readonly RawReading[],
    signal: string,
    peak: { readonly at: Instant; readonly value: number },
  ): number | undefined {
    const candidates = readings.flatMap(({ at, status, values: { [signal]: value } }) =>
      typeof at === 'number' && at <= peak.at && this.#isUsable(status) && typeof value === 'number' && Number.isFinite(value)
        ? [{ at, value }]
        : [],
    );
    const newest = Math.max(...candidates.map(({ at }) => at));
    const values = candidates.filter(({ at }) => at === newest).map(({ value }) => value);
    return values.length === 0 ? undefined : values.includes(peak.value) ? peak.value : Math.max(...values);
  }
}

function isAllClear(family: IssueFamily, { samples }: Moment): boolean {
  const limit = family.side === 'above' ? family.bands[0].limit - family.deadband : family.bands[0].limit + family.deadband;
  return samples.every(({ value }) => (family.side === 'above' ? value < limit : value > limit));
}

function isBeyond(family: IssueFamily, value: number, limit: number): boolean {
  return family.side === 'above' ? value > limit : value < limit;
}

export function keyOf({
  part,
  isEarlier,
  equipmentId,
  familyId,
}: Pick<DetectedState, 'part' | 'isEarlier' | 'equipmentId' | 'familyId'>): string {
  return `${isEarlier ? 'earlier ' : ''}${part} ${equipmentId} ${familyId}`;
}
