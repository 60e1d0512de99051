import type { DetectionTotals } from './detection.ts';
import { addSeconds, HOUR_MS, type Instant } from './instant.ts';
import type { IssueFamily } from './rules.ts';

/** Stamps up to this far ahead of the store's clock are accepted: clocks differ a little. */
export const FUTURE_TOLERANCE_SECONDS = 5;

/** A row that comes later than this is rejected: in every cycle the recommendations of as long a time are read, which account for late ones. */
const LATE_REACH_SECONDS = 86_400;

/** A range of reading times: later than `after`, up to and including `upTo`. */
export interface TimeRange {
  readonly after: Instant;
  readonly upTo: Instant;
}

export interface DetectionWindow {
  /** Readings later than this are new. */
  readonly watermark: Instant;
  readonly live: TimeRange;
  /** Set after a downtime too long to read at once: at most one hour of it, in order. */
  readonly backlog: TimeRange | null;
  /** Set where rows have an ingest time: those that came after `arrivedAfter` and are older than both ranges are read, too. */
  readonly late?: { readonly arrivedAfter: Instant; readonly after: Instant };
}

export interface WindowSettings {
  readonly latenessSeconds: number;
  readonly maxAgeSeconds: number;
  readonly firstLookbackSeconds: number;
  /** The ingest time's column; null or undefined where there is none. */
  readonly arrivalColumn?: string | null;
}

function hasArrival({ arrivalColumn = null }: WindowSettings): boolean {
  return arrivalColumn !== null;
}

function overlapSeconds({ latenessSeconds }: WindowSettings, families: readonly IssueFamily[], reachSeconds: number): number {
  return latenessSeconds + Math.max(reachSeconds, ...families.map((family) => Math.max(family.onDelaySeconds, family.offDelaySeconds)));
}

/** How long before the watermark, or before a clock that has passed it, a window can begin: what rows account for since then is wanted. */
export function windowReachSeconds(settings: WindowSettings, families: readonly IssueFamily[], reachSeconds = 0): number {
  const reach = Math.max(overlapSeconds(settings, families, reachSeconds), settings.maxAgeSeconds, 1);
  return settings.firstLookbackSeconds + (hasArrival(settings) ? Math.max(reach, LATE_REACH_SECONDS) : reach);
}

/** Before this nothing of the window is read. */
export function oldestIn({ live, backlog, late }: DetectionWindow): Instant {
  return Math.min(live.after, backlog?.after ?? live.after, late?.after ?? live.after);
}

/**
 * Which readings a cycle looks at. The overlap behind the watermark (lateness and the longest delay) is what makes
 * late and equal-timed readings count; accounting, not the window, keeps them from counting twice. `reachSeconds` is another delay, which
 * belongs to no family.
 */
export function detectionWindow(
  now: Instant,
  stored: Instant | null,
  settings: WindowSettings,
  families: readonly IssueFamily[],
  reachSeconds = 0,
): DetectionWindow {
  const overlap = overlapSeconds(settings, families, reachSeconds);
  const watermark = Math.min(stored ?? addSeconds(now, -settings.firstLookbackSeconds), now);
  const upTo = addSeconds(now, FUTURE_TOLERANCE_SECONDS);
  const liveAfter = Math.min(addSeconds(now, -overlap), addSeconds(now, -settings.maxAgeSeconds));
  // Without any overlap the reading at the watermark itself must still be seen: an empty slice moves the watermark onto it.
  const behind = Math.min(addSeconds(watermark, -overlap), watermark - 1);
  // A slice is a whole hour or none: cut off by the live range, it would never catch up where that range is an hour or longer.
  const sliceEnd = watermark + HOUR_MS;
  // What had arrived by then was there when a cycle read: the watermark is at most the tolerance ahead of the clock that it read by.
  const arrivedAfter = addSeconds(watermark, -settings.latenessSeconds - FUTURE_TOLERANCE_SECONDS);
  const late = hasArrival(settings) ? { late: { arrivedAfter, after: addSeconds(watermark, -LATE_REACH_SECONDS) } } : {};
  if (sliceEnd >= liveAfter) return { watermark, live: { after: Math.min(behind, liveAfter), upTo }, backlog: null, ...late };
  return { watermark, live: { after: liveAfter, upTo }, backlog: { after: behind, upTo: sliceEnd }, ...late };
}

/**
 * The watermark after a cycle that read `window` whole: never back, never ahead of the store's clock. While there is a
 * backlog only its slice moves it, as far as it was `dealtUpTo`; an empty slice skips to the next reading, and no reading at all leaves it, so that
 * a historian that fills a silent period in later is read in full.
 */
export function nextWatermark(window: DetectionWindow, dealtUpTo: Instant | null, totals: DetectionTotals, now: Instant): Instant {
  const reached = dealtUpTo === null ? totals.newestGoodAt : totals.backlogHasReadings ? dealtUpTo : totals.nextReadingAt;
  return Math.max(window.watermark, Math.min(reached ?? window.watermark, now));
}
