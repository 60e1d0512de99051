import { type Instant, SECOND_MS } from './instant.ts';
import type { TimeRange } from './window.ts';

/** What a zone's clocks show, as if it were UTC: 02:30 on the wall is the Instant of 02:30Z. Never compare it with an Instant. */
export type LocalTime = number;

/** Between two changes of a zone's clocks the local time runs ahead of UTC by one offset. */
export interface ZoneSpan {
  /** Inclusive. */
  readonly starts: LocalTime;
  /** Exclusive. */
  readonly ends: LocalTime;
  readonly offsetMs: number;
}

interface Transition {
  readonly at: Instant;
  readonly before: number;
  readonly after: number;
}

const WEEK_MS = 7 * 24 * 3600 * SECOND_MS;
const MINUTE_MS = 60 * SECOND_MS;
/** 0001-01-01 and 9999-12-31: before and after every time that a source can hold. */
const FIRST = -62_135_596_800_000;
const LAST = 253_402_214_400_000;

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(zone, made);
  return made;
}

/** Whether the name is one of the IANA time zone database. Fixed offsets such as `+01:00` are none. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    formatterOf(name);
    return true;
  } catch {
    return false;
  }
}

/** How far the zone's clocks are ahead of UTC at a moment, milliseconds. */
export function offsetAt(zone: string, instant: Instant): number {
  const second = Math.floor(instant / SECOND_MS) * SECOND_MS;
  const fields = new Map(
    formatterOf(zone)
      .formatToParts(second)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const field = (name: Intl.DateTimeFormatPartTypes) => fields.get(name) ?? 0;
  return Date.UTC(field('year'), field('month') - 1, field('day'), field('hour'), field('minute'), field('second')) - second;
}

/** Steps of a week: no zone changes its clocks and back within one. Changes happen at whole minutes. */
function transitionsBetween(zone: string, from: Instant, to: Instant): readonly Transition[] {
  const found: Transition[] = [];
  const start = Math.floor(from / MINUTE_MS) * MINUTE_MS;
  let before = offsetAt(zone, start);
  for (let at = start; at < to; at += WEEK_MS) {
    const after = offsetAt(zone, at + WEEK_MS);
    if (before === after) continue;
    let [low, high] = [at, at + WEEK_MS];
    while (high - low > MINUTE_MS) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE_MS) * MINUTE_MS;
      if (offsetAt(zone, middle) === before) low = middle;
      else high = middle;
    }
    found.push({ at: high, before, after });
    before = after;
  }
  return found;
}

/**
 * The offsets for local times that may lie in `range`, without a gap. A local time that stands twice on the clocks (the repeated
 * hour of autumn) has its later meaning, unless that lies after `latest`: then the earlier. One that the clocks skip in
 * spring is read as a clock that was not put forward yet shows it.
 */
export function zoneSpans(zone: string, range: TimeRange, latest: Instant): readonly ZoneSpan[] {
  // A day around, because a span's ends are local and the range is not.
  const day = WEEK_MS / 7;
  const transitions = transitionsBetween(zone, range.after - day, range.upTo + day);
  const changes = transitions.flatMap(({ at, before, after }) => {
    const repeated = { from: at + after, to: at + before };
    // In whole milliseconds, the last moment of the later meaning that is not in the future.
    const known = Math.min(repeated.to, Math.max(repeated.from, latest + after + 1));
    return known >= repeated.to
      ? [{ local: at + after, offsetMs: after }]
      : [
          { local: repeated.from, offsetMs: after },
          { local: known, offsetMs: before },
          { local: repeated.to, offsetMs: after },
        ];
  });
  const offsets = [{ local: FIRST, offsetMs: offsetAt(zone, range.after - day) }, ...changes];
  return offsets
    .map(({ local, offsetMs }, index) => ({ starts: local, ends: offsets[index + 1]?.local ?? LAST, offsetMs }))
    .filter(({ starts, ends }) => starts < ends);
}

/** The moment that a local time means. */
export function instantOf(spans: readonly ZoneSpan[], local: LocalTime): Instant {
  const span = spans.find(({ starts, ends }) => local >= starts && local < ends);
  return local - (span?.offsetMs ?? 0);
}

/**
 * Bounds on local times that every moment of the range lies in. Around a change of the clocks other moments lie in them as
 * well: what is read by them is to be compared once more, as UTC.
 */
export function localBounds(spans: readonly ZoneSpan[], range: TimeRange): { readonly after: LocalTime; readonly upTo: LocalTime } {
  const parts = spans
    .map(({ starts, ends, offsetMs }) => ({
      after: Math.max(starts - 1, range.after + offsetMs),
      upTo: Math.min(ends - 1, range.upTo + offsetMs),
    }))
    .filter(({ after, upTo }) => after < upTo);
  // The clocks show no time of the range alone: the first of two repeated hours, which are read as the second.
  if (parts.length === 0) return { after: range.after, upTo: range.after };
  return { after: Math.min(...parts.map(({ after }) => after)), upTo: Math.max(...parts.map(({ upTo }) => upTo)) };
}
