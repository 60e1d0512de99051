import { expect, test } from '@jest/globals';
import type { DetectionTotals } from '../../src/domain/detection.ts';
import { detectionWindow, nextWatermark, type WindowSettings } from '../../src/domain/window.ts';
import { FAMILY, NOW, SECOND } from '../property/domain-fixtures.ts';

const SETTINGS = { latenessSeconds: 300, maxAgeSeconds: 300, firstLookbackSeconds: 600 };
const HOUR = 3600 * SECOND;
const OVERLAP = 330 * SECOND;

function windowAt(stored: number | null, settings: WindowSettings = SETTINGS, families = [FAMILY]) {
  return detectionWindow(NOW, stored, settings, families);
}

function totals(given: Partial<DetectionTotals>): DetectionTotals {
  const rejected = { bad_id: 0, bad_time: 0, future: 0, too_late: 0, bad_quality: 0, missing: 0, not_a_number: 0, out_of_range: 0 };
  return { accepted: 0, rejected, newestGoodAt: null, backlogHasReadings: false, nextReadingAt: null, ...given };
}

test.each<[string, number | null, number, number]>([
  ['never', null, NOW - 600 * SECOND, NOW - 930 * SECOND],
  ['just now', NOW, NOW, NOW - OVERLAP],
  ['in the future', NOW + HOUR, NOW, NOW - OVERLAP],
  ['a minute ago', NOW - 60 * SECOND, NOW - 60 * SECOND, NOW - 390 * SECOND],
  ['an hour ago', NOW - HOUR, NOW - HOUR, NOW - HOUR - OVERLAP],
  ['as long ago as one slice and the live range reach', NOW - HOUR - OVERLAP, NOW - HOUR - OVERLAP, NOW - HOUR - 2 * OVERLAP],
])('with readings seen %s there is no backlog: all is live, from the watermark and its overlap on', (_when, stored, watermark, after) => {
  expect(windowAt(stored)).toEqual({ watermark, live: { after, upTo: NOW + 5 * SECOND }, backlog: null });
});

test('after a longer downtime an hour is read as a slice, and the live range beside it', () => {
  const stored = NOW - 48 * HOUR;
  expect(windowAt(stored)).toEqual({
    watermark: stored,
    live: { after: NOW - OVERLAP, upTo: NOW + 5 * SECOND },
    backlog: { after: stored - OVERLAP, upTo: stored + HOUR },
  });
  expect(windowAt(NOW - HOUR - OVERLAP - 1).backlog).not.toBeNull();
});

test('the live range always reaches back to the greatest age of a reading that is not stale', () => {
  expect(windowAt(NOW, { ...SETTINGS, maxAgeSeconds: 7200 }).live.after).toBe(NOW - 2 * HOUR);
});

test('the overlap is the lateness and the longest delay of all families', () => {
  const slow = { ...FAMILY, id: 'slow', onDelaySeconds: 90 };
  expect(windowAt(NOW, SETTINGS, [FAMILY, slow]).live.after).toBe(NOW - 390 * SECOND);
  expect(windowAt(NOW, SETTINGS, []).live.after).toBe(NOW - 300 * SECOND);
});

test('a live range of hours does not make a backlog of what it holds itself', () => {
  const settings = { ...SETTINGS, maxAgeSeconds: 7200 };
  expect(windowAt(NOW - 1.5 * HOUR, settings).backlog).toBeNull();
  expect(windowAt(NOW - 2.5 * HOUR, settings).backlog).toBeNull();
  expect(windowAt(NOW - 4 * HOUR, settings).backlog).toEqual({ after: NOW - 4 * HOUR - OVERLAP, upTo: NOW - 3 * HOUR });
});

const DAY = 24 * HOUR;

test('with an ingest time, what arrived since the watermark less the lateness is asked for; without one nothing is', () => {
  const settings = { ...SETTINGS, arrivalColumn: 'stored_at' };
  expect(windowAt(NOW - 60 * SECOND, settings).late).toEqual({ arrivedAfter: NOW - 365 * SECOND, after: NOW - 60 * SECOND - DAY });
  expect(windowAt(null, settings).late?.arrivedAfter).toBe(NOW - 905 * SECOND);
  expect(windowAt(NOW - 48 * HOUR, settings)).toMatchObject({
    late: { arrivedAfter: NOW - 48 * HOUR - 305 * SECOND },
    backlog: expect.anything(),
  });
  expect(windowAt(NOW, { ...SETTINGS, arrivalColumn: null })).not.toHaveProperty('late');
});

const LIVE = windowAt(NOW - 60 * SECOND);
const BEHIND = windowAt(NOW - 48 * HOUR);

test.each([
  ['no reading leaves it', LIVE, {}, NOW - 60 * SECOND],
  ['the newest good reading moves it', LIVE, { newestGoodAt: NOW - 5 * SECOND }, NOW - 5 * SECOND],
  ['a late reading does not move it back', LIVE, { newestGoodAt: NOW - 90 * SECOND }, NOW - 60 * SECOND],
  ['a stamp ahead of the clock moves it to now', LIVE, { newestGoodAt: NOW + 4 * SECOND }, NOW],
  ['a slice with readings moves it to the end of the slice', BEHIND, { backlogHasReadings: true, newestGoodAt: NOW }, NOW - 47 * HOUR],
  ['an empty slice moves it to the next reading', BEHIND, { nextReadingAt: NOW - 9 * HOUR, newestGoodAt: NOW }, NOW - 9 * HOUR],
  ['an empty slice and nothing later leave it', BEHIND, { newestGoodAt: NOW }, NOW - 48 * HOUR],
  ['a next reading ahead of the clock moves it to now', BEHIND, { nextReadingAt: NOW + 3 * SECOND }, NOW],
])('watermark: %s', (_what, window, given, expected) => {
  expect(nextWatermark(window, window.backlog?.upTo ?? null, totals(given), NOW)).toBe(expected);
});
