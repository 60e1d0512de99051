import { expect, test } from '@jest/globals';
import { assert as assertProperty, constantFrom, integer, property } from 'fast-check';
import { instantOf, isTimeZone, localBounds, offsetAt, zoneSpans } from '../../src/domain/time-zone.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BERLIN_AUTUMN = Date.UTC(2026, 9, 25, 1);
const BERLIN_SPRING = Date.UTC(2026, 2, 29, 1);
const NEW_YORK_AUTUMN = Date.UTC(2026, 10, 1, 6);

function utc(text: string): number {
  return Date.parse(`${text}Z`);
}

function meaning(zone: string, local: string, latest = utc('2027-01-01T00:00')): string {
  const at = utc(local);
  return new Date(instantOf(zoneSpans(zone, { after: at - DAY, upTo: at + DAY }, latest), at)).toISOString().slice(0, 16);
}

test.each<[string, string, string]>([
  ['Europe/Berlin', '2026-07-01T12:00', '2026-07-01T10:00'],
  ['Europe/Berlin', '2026-01-01T00:30', '2025-12-31T23:30'],
  ['Europe/Berlin', '2026-10-25T01:59', '2026-10-24T23:59'],
  ['Europe/Berlin', '2026-10-25T02:00', '2026-10-25T01:00'],
  ['Europe/Berlin', '2026-10-25T02:59', '2026-10-25T01:59'],
  ['Europe/Berlin', '2026-10-25T03:00', '2026-10-25T02:00'],
  ['Europe/Berlin', '2026-03-29T01:59', '2026-03-29T00:59'],
  ['Europe/Berlin', '2026-03-29T02:30', '2026-03-29T01:30'],
  ['Europe/Berlin', '2026-03-29T03:00', '2026-03-29T01:00'],
  ['America/New_York', '2026-11-01T00:59', '2026-11-01T04:59'],
  ['America/New_York', '2026-11-01T01:30', '2026-11-01T06:30'],
  ['America/New_York', '2026-11-01T02:00', '2026-11-01T07:00'],
  ['Asia/Kolkata', '2026-11-01T02:00', '2026-10-31T20:30'],
  ['Australia/Lord_Howe', '2026-04-05T01:45', '2026-04-04T15:15'],
])('in %s %s means %s UTC; of two meanings the later', (zone, local, expected) => {
  expect(meaning(zone, local)).toBe(expected);
});

test.each<[string, string, string]>([
  ['before the clocks are put back', '2026-10-25T00:31', '2026-10-25T00:30'],
  ['in the second of the two hours, for what it has shown already', '2026-10-25T01:30', '2026-10-25T01:30'],
  ['in the second of the two hours, for what it has not shown yet', '2026-10-25T01:29', '2026-10-25T00:30'],
])('a repeated local time is never read as one in the future: %s', (_when, now, expected) => {
  expect(meaning('Europe/Berlin', '2026-10-25T02:30', utc(now))).toBe(expected);
});

test('a zone is one of the IANA database', () => {
  expect(['Europe/Berlin', 'america/new_york', 'UTC', 'Etc/GMT+5'].map(isTimeZone)).toEqual([true, true, true, true]);
  expect(['', 'Europe/Berlni', '+01:00', 'local', 'constructor'].map(isTimeZone)).toEqual([false, false, false, false, false]);
});

test('the spans of some time cover every local time once, each with the offset of its zone', () => {
  const spans = zoneSpans('Europe/Berlin', { after: Date.UTC(2016, 0, 1), upTo: Date.UTC(2026, 11, 1) }, Date.UTC(2026, 11, 1));
  expect(spans).toHaveLength(23);
  expect(spans.slice(1).map(({ starts }) => starts)).toEqual(spans.slice(0, -1).map(({ ends }) => ends));
  expect(new Set(spans.map(({ offsetMs }) => offsetMs))).toEqual(new Set([HOUR, 2 * HOUR]));
});

test('around any change of the clocks the bounds hold every local time that means a moment of the range, and none is far off', () => {
  const zones = constantFrom<[string, number]>(
    ['Europe/Berlin', BERLIN_AUTUMN],
    ['Europe/Berlin', BERLIN_SPRING],
    ['America/New_York', NEW_YORK_AUTUMN],
    ['Australia/Lord_Howe', Date.UTC(2026, 3, 4, 15)],
  );
  const minutes = integer({ min: -180, max: 180 });
  assertProperty(
    property(
      zones,
      minutes,
      integer({ min: 1, max: 200 }),
      integer({ min: 0, max: 200 }),
      minutes,
      ([zone, change], from, length, ahead, at) => {
        const range = { after: change + from * 60_000, upTo: change + (from + length) * 60_000 };
        const latest = range.upTo + ahead * 60_000;
        const spans = zoneSpans(zone, range, latest);
        const shown = change + at * 60_000 + offsetAt(zone, change + at * 60_000);
        const means = instantOf(spans, shown);
        expect(means).toBeLessThanOrEqual(Math.max(latest, change + at * 60_000));
        expect([0, HOUR, HOUR / 2]).toContain(Math.abs(means - (change + at * 60_000)));
        const bounds = localBounds(spans, range);
        const isWithin = shown > bounds.after && shown <= bounds.upTo;
        expect(isWithin || means <= range.after || means > range.upTo).toBe(true);
        expect(bounds.upTo - bounds.after).toBeLessThanOrEqual(range.upTo - range.after + HOUR + 1);
      },
    ),
    { numRuns: 2000 },
  );
});
