import { describe, expect, test } from '@jest/globals';
import { assert, constantFrom, integer, pre, property, record, subarray } from 'fast-check';
import { type Hours, isWithin, WEEKDAYS } from '../../src/domain/notification-hours.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'America/Santiago', 'Africa/Casablanca', 'UTC'];

/** What a clock on the wall shows, by the platform's own formatting and nothing of ours. */
function onTheWall(timeZone: string, at: number): { readonly minute: number; readonly day: string } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  return { minute: Number(part('hour')) * 60 + Number(part('minute')), day: part('weekday').toLowerCase().slice(0, 3) };
}

/** Said in the slowest way: walk back along the wall's clock to where the span must have begun. */
function slowly({ from, to, timeZone, days }: Hours, at: number): boolean {
  const { minute, day } = onTheWall(timeZone, at);
  const before = WEEKDAYS[(WEEKDAYS.findIndex((name) => name === day) + 6) % 7];
  const begins = (name: string | undefined) => days.some((each) => each === name);
  const sinceFrom = (((minute - from) % 1440) + 1440) % 1440;
  const lasts = to > from ? to - from : 1440 - from + to;
  if (sinceFrom >= lasts) return false;
  return begins(minute >= from ? day : before);
}

const NIGHT: Hours = { from: 22 * 60, to: 6 * 60, timeZone: 'Europe/Berlin', days: WEEKDAYS };
const at = (iso: string) => Date.parse(iso);

/** For how long within a day the clocks show a time of NIGHT. */
function nightAfter(iso: string): number {
  return Array.from({ length: 24 * 60 }, (_each, i) => at(iso) + i * MINUTE_MS).filter((now) => isWithin(NIGHT, now)).length * MINUTE_MS;
}

describe('hours of the day', () => {
  test('are what the clocks of the zone show, whatever they do in spring and autumn', () => {
    const days = subarray([...WEEKDAYS], { minLength: 1 });
    const minute = integer({ min: 0, max: 1439 });
    // 2026: every zone's changes of its clocks are in it.
    const moment = integer({ min: at('2025-12-25T00:00:00Z'), max: at('2027-01-05T00:00:00Z') });
    const hours = record({ from: minute, to: minute, timeZone: constantFrom(...ZONES), days }).filter(({ from, to }) => from !== to);
    assert(
      property(hours, moment, (span, now) => {
        expect(isWithin(span, now)).toBe(slowly(span, now));
      }),
      { numRuns: 3000 },
    );
  });

  test('leave no gap and do not overlap: of a span and its complement exactly one has every moment', () => {
    const minute = integer({ min: 0, max: 1439 });
    const change = constantFrom(
      '2026-03-29T01:00:00Z',
      '2026-10-25T01:00:00Z',
      '2026-03-08T07:00:00Z',
      '2026-11-01T06:00:00Z',
      '2026-04-04T15:00:00Z',
    );
    assert(
      property(
        minute,
        minute,
        constantFrom(...ZONES),
        change,
        integer({ min: -1500, max: 1500 }),
        (from, to, timeZone, moment, minutes) => {
          pre(from !== to);
          const now = at(moment) + minutes * MINUTE_MS;
          const [one, other] = [
            isWithin({ from, to, timeZone, days: WEEKDAYS }, now),
            isWithin({ from: to, to: from, timeZone, days: WEEKDAYS }, now),
          ];
          expect([one, other].filter(Boolean)).toHaveLength(1);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['2026-01-10T20:59:59Z', false],
    ['2026-01-10T21:00:00Z', true],
    ['2026-01-11T04:59:59Z', true],
    ['2026-01-11T05:00:00Z', false],
    ['2026-07-10T20:00:00Z', true],
    ['2026-07-11T04:00:00Z', false],
  ])('from 22:00 to 06:00 in Berlin at %s: %s', (iso, expected) => {
    expect(isWithin(NIGHT, at(iso))).toBe(expected);
  });

  test('are seven hours in the night in which the clocks are put forward, and nine in that in which they are put back', () => {
    expect([nightAfter('2026-03-28T12:00:00Z'), nightAfter('2026-10-24T12:00:00Z')]).toEqual([7 * HOUR_MS, 9 * HOUR_MS]);
  });

  test('of a night that begins on Friday go on into Saturday’s morning', () => {
    const friday: Hours = { ...NIGHT, days: ['fri'] };
    expect(
      ['2026-01-09T04:00:00Z', '2026-01-09T22:00:00Z', '2026-01-10T04:00:00Z', '2026-01-10T22:00:00Z'].map((iso) =>
        isWithin(friday, at(iso)),
      ),
    ).toEqual([false, true, true, false]);
  });
});
