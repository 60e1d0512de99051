import type { SourceSettings } from '../config/settings.ts';
import { type Instant, SECOND_MS } from '../domain/instant.ts';
import { instantOf, localBounds, type LocalTime, type ZoneSpan, zoneSpans } from '../domain/time-zone.ts';
import { type DetectionWindow, oldestIn, type TimeRange } from '../domain/window.ts';
import type { SqlValue } from './connection.ts';
import type { Dialect } from './dialect.ts';
import { epochUnitsPerSecond, isEngineTime } from './statements/raw-time.ts';

const DAY_MS = 86_400 * SECOND_MS;
const YEAR_MS = 366 * DAY_MS;
/** No row came later than this: what a window without an ingest time asks for. */
const NEVER = Date.UTC(9999, 11, 31);

/** The times of a request in the spelling, and the zone, of the source's columns. */
export class ReadingTimes {
  readonly #settings: SourceSettings;
  readonly #dialect: Dialect;

  constructor(settings: SourceSettings, dialect: Dialect) {
    this.#settings = settings;
    this.#dialect = dialect;
  }

  /** What the scan binds besides the window itself. */
  params(window: DetectionWindow, isPast: boolean): Record<string, SqlValue> {
    const { live, backlog } = window;
    const slice = backlog ?? { after: live.after, upTo: live.after };
    const spans = this.#spans(window);
    const late = this.#late(window, spans);
    if (isEngineTime(this.#settings)) return late;
    const bounds = this.#bounds(spans, slice);
    const later = { after: slice.upTo, upTo: live.upTo };
    // Not around: what is in the slice already must not be taken for what comes after it.
    const next = this.#between(spans, later, this.#offset);
    const local = spans.length === 0 ? later : localBounds(spans, later);
    return {
      ...late,
      ...this.#zone(spans),
      live_raw_after: this.#bounds(spans, live).after,
      ...(isPast && { live_raw_up_to: this.#bounds(spans, live).upTo }),
      backlog_raw_after: bounds.after,
      backlog_raw_up_to: bounds.upTo,
      next_raw_after: next.after,
      next_raw_up_to: next.upTo,
      ...(this.#settings.timestampFormat === 'iso'
        ? { next_local_after: this.#dialect.encodeTime(local.after), next_local_up_to: this.#dialect.encodeTime(local.upTo) }
        : {}),
    };
  }

  #late({ live, backlog, late }: DetectionWindow, spans: readonly ZoneSpan[]): Record<string, SqlValue> {
    if (this.#settings.arrivalColumn === null) return {};
    const d = this.#dialect;
    const arrived: TimeRange = late === undefined ? { after: NEVER, upTo: NEVER } : { after: late.arrivedAfter, upTo: live.upTo };
    const local = spans.length === 0 || late === undefined ? arrived : localBounds(spans, arrived);
    return {
      late_after: d.encodeTime(late?.after ?? NEVER),
      late_up_to: d.encodeTime(backlog?.after ?? live.after),
      arrived_raw_after: this.#raw(local.after - this.#offset),
      // A text may have any offset, so its own order is not enough.
      ...(this.#settings.timestampFormat === 'iso'
        ? { arrived_after: d.encodeTime(arrived.after), arrived_local_after: d.encodeTime(local.after) }
        : {}),
    };
  }

  /** What reading one signal binds. A local time that stands twice on the clocks is one up to the range's end. */
  signalParams(range: TimeRange): Record<string, SqlValue> {
    const times = { after: this.#dialect.encodeBound(range.after), up_to: this.#dialect.encodeBound(range.upTo) };
    if (isEngineTime(this.#settings)) return times;
    const spans = this.#spansOf(range, range.upTo);
    const bounds = this.#bounds(spans, range);
    return { ...this.#zone(spans), ...times, raw_after: bounds.after, raw_up_to: bounds.upTo };
  }

  /** What converting the newest rows binds: the offset of today, and those of the changes of a year around it. */
  zoneParams(now: Instant): Record<string, SqlValue> {
    return this.#zone(this.#spansOf({ after: now - YEAR_MS, upTo: now + YEAR_MS }, now));
  }

  /**
   * A moment that no reading after the slice is earlier than. Raw times order as moments do but around a change of the clocks,
   * where the slice's end is safe to go on from, and where texts have offsets of their own: then a day before the first of them is.
   */
  nextReading(found: unknown, window: DetectionWindow): Instant | null {
    if (isEngineTime(this.#settings)) return this.#dialect.decodeTime(found);
    if (found === null || found === undefined || window.backlog === null) return null;
    return Math.max(window.backlog.upTo, this.#earliestOf(found, window) ?? 0);
  }

  #earliestOf(found: unknown, window: DetectionWindow): Instant | null {
    const perSecond = epochUnitsPerSecond(this.#settings);
    if (perSecond !== null) return Math.round((Number(found) * SECOND_MS) / perSecond);
    if (this.#settings.timestampFormat === 'iso') return Date.parse(`${String(found).slice(0, 16)}Z`) - this.#offset;
    const local = this.#dialect.decodeTime(found);
    return local === null ? null : instantOf(this.#spans(window), local);
  }

  #spans(window: DetectionWindow): readonly ZoneSpan[] {
    const { upTo } = window.live;
    return this.#spansOf({ after: oldestIn(window), upTo }, upTo);
  }

  /** None in a source of UTC, where nothing is to be shifted. */
  #spansOf(range: TimeRange, latest: Instant): readonly ZoneSpan[] {
    return this.#settings.timeZone === 'UTC' ? [] : zoneSpans(this.#settings.timeZone, range, latest);
  }

  #zone(spans: readonly ZoneSpan[]): Record<string, SqlValue> {
    if (this.#settings.timeZone === 'UTC') return {};
    const time = (local: LocalTime) => this.#dialect.encodeTime(local);
    const rows = spans.map(({ starts, ends, offsetMs }) => ({
      starts: time(starts),
      ends: time(ends),
      shift_seconds: -offsetMs / SECOND_MS,
    }));
    return { zone: JSON.stringify(rows) };
  }

  /** Raw times between which every moment of the range lies. A column may have more digits than the milliseconds it is read as. */
  #bounds(spans: readonly ZoneSpan[], range: TimeRange): { readonly after: SqlValue; readonly upTo: SqlValue } {
    return this.#between(spans, range, Math.max(this.#offset, 1));
  }

  #between(spans: readonly ZoneSpan[], range: TimeRange, margin: number): { readonly after: SqlValue; readonly upTo: SqlValue } {
    const local = spans.length === 0 ? range : localBounds(spans, range);
    return { after: this.#raw(local.after - margin), upTo: this.#raw(local.upTo + margin) };
  }

  /** An ISO text may have any offset from UTC; they all are less than a day. */
  get #offset(): number {
    return this.#settings.timestampFormat === 'iso' ? DAY_MS : 0;
  }

  #raw(local: LocalTime): SqlValue {
    const perSecond = epochUnitsPerSecond(this.#settings);
    if (perSecond !== null) return (local * perSecond) / SECOND_MS;
    return this.#settings.timestampFormat === 'iso' ? new Date(local).toISOString().slice(0, -1) : this.#dialect.encodeBound(local);
  }
}
