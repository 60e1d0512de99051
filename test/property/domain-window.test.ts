import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { DetectionTotals } from '../../src/domain/detection.ts';
import { HOUR_MS } from '../../src/domain/instant.ts';
import { type DetectionWindow, detectionWindow, nextWatermark, type TimeRange, type WindowSettings } from '../../src/domain/window.ts';
import { FAMILY, NOW, SECOND } from './domain-fixtures.ts';

type Given = WindowSettings & { readonly offDelaySeconds: number };

interface Reading {
  readonly at: number;
  /** When the table has it: never later than the lateness after its time. */
  readonly arrives: number;
}

const REJECTED = { bad_id: 0, bad_time: 0, future: 0, too_late: 0, bad_quality: 0, missing: 0, not_a_number: 0, out_of_range: 0 };

function isIn(range: TimeRange | null, at: number): boolean {
  return range !== null && at > range.after && at <= range.upTo;
}

/** What the engine says about the readings that it has: the totals of the detection statement. */
function totalsOf(window: DetectionWindow, readings: readonly Reading[]): DetectionTotals {
  const { backlog, live, watermark } = window;
  const seen = readings.filter(({ at }) => isIn(live, at) || isIn(backlog, at)).map(({ at }) => at);
  const next = backlog ? readings.map(({ at }) => at).filter((at) => at > backlog.upTo && at <= live.upTo) : [];
  return {
    accepted: seen.length,
    rejected: REJECTED,
    newestGoodAt: seen.length === 0 ? null : Math.max(...seen),
    backlogHasReadings: seen.some((at) => isIn(backlog, at) && at > watermark),
    nextReadingAt: next.length === 0 ? null : Math.min(...next),
  };
}

const settings = fc.record({
  latenessSeconds: fc.constantFrom(0, 300, 5400),
  maxAgeSeconds: fc.constantFrom(60, 300, 7200),
  firstLookbackSeconds: fc.constant(600),
  offDelaySeconds: fc.constantFrom(0, 30),
});
const gapSeconds = fc.oneof(
  { weight: 6, arbitrary: fc.nat(60) },
  { weight: 2, arbitrary: fc.nat(5400) },
  { weight: 1, arbitrary: fc.nat(200_000) },
);
const reading = fc.record({ afterSeconds: gapSeconds, lateness: fc.double({ min: 0, max: 1, noNaN: true }) });

const QUICK_SECONDS = 10;

/** Cycles with these pauses before them, then as many quick ones as catching up can take. */
function simulate(given: Given, pauses: readonly number[], readings: readonly Reading[], check: (step: Step) => void): Step {
  const quick = Array.from({ length: 90 }, () => QUICK_SECONDS);
  let now = NOW;
  let stored: number | null = null;
  const handled = new Set<Reading>();
  let step: Step | undefined;
  for (const pause of [0, ...pauses, ...quick]) {
    now += pause * SECOND;
    const present = readings.filter(({ arrives }) => arrives <= now);
    const window = detectionWindow(now, stored, given, [{ ...FAMILY, offDelaySeconds: given.offDelaySeconds }]);
    // While there is a backlog the live range only opens what is on now: what counts is that the slices reach everything.
    for (const each of present) if (isIn(window.backlog ?? window.live, each.at)) handled.add(each);
    const watermark = nextWatermark(window, window.backlog?.upTo ?? null, totalsOf(window, present), now);
    step = { now, before: stored, watermark, window, present, handled };
    check(step);
    stored = watermark;
  }
  if (!step) throw new Error('there are always the quick cycles');
  return step;
}

interface Step {
  readonly now: number;
  readonly before: number | null;
  readonly watermark: number;
  readonly window: DetectionWindow;
  readonly present: readonly Reading[];
  readonly handled: ReadonlySet<Reading>;
}

function readingsFrom(
  given: WindowSettings,
  made: readonly { readonly afterSeconds: number; readonly lateness: number }[],
): readonly Reading[] {
  let at = NOW - 500 * SECOND;
  return made.map(({ afterSeconds, lateness }) => {
    at += afterSeconds * SECOND;
    return { at, arrives: at + Math.floor(lateness * given.latenessSeconds * SECOND) };
  });
}

test('over any downtimes the watermark never goes back or ahead of now, and passes no reading that it has not covered', () => {
  fc.assert(
    fc.property(settings, fc.array(gapSeconds, { maxLength: 20 }), fc.array(reading, { maxLength: 40 }), (given, pauses, made) => {
      simulate(given, pauses, readingsFrom(given, made), ({ now, before, watermark, window, present, handled }) => {
        expect(watermark).toBeGreaterThanOrEqual(before ?? Number.NEGATIVE_INFINITY);
        expect(watermark).toBeLessThanOrEqual(now);
        expect(isIn(window.live, now)).toBe(true);
        const missed = present.filter((each) => each.at < watermark && !handled.has(each));
        expect(missed).toEqual([]);
      });
    }),
    { numRuns: 200 },
  );
});

test('a backlog is worked off: once the cycles keep up again, every reading is covered and nothing is left behind', () => {
  fc.assert(
    fc.property(settings, fc.array(gapSeconds, { maxLength: 8 }), fc.array(reading, { maxLength: 20 }), (given, pauses, made) => {
      const readings = readingsFrom(given, made);
      const end = simulate(given, pauses, readings, () => undefined);
      // One that came with the last cycles has its turn in the next: the first of them only finds where it is.
      const due = end.present.filter(({ at, arrives }) => at <= end.now && arrives <= end.now - 3 * QUICK_SECONDS * SECOND);
      expect(due.filter((each) => !end.handled.has(each))).toEqual([]);
      const ahead = due.filter(({ at }) => at > end.window.watermark);
      expect(end.window.backlog === null ? [] : ahead).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test('a slice and the live range never overlap, and a slice is no longer than an hour and its overlap', () => {
  fc.assert(
    fc.property(settings, fc.nat(1_000_000), (given, behindSeconds) => {
      const { backlog, live, watermark } = detectionWindow(NOW, NOW - behindSeconds * SECOND, given, [FAMILY]);
      expect((backlog ?? live).after).toBeLessThanOrEqual(watermark);
      expect(backlog?.upTo ?? live.after).toBeLessThanOrEqual(live.after);
      expect((backlog?.upTo ?? watermark + HOUR_MS) - watermark).toBe(HOUR_MS);
    }),
  );
});
