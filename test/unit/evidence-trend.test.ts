import { describe, expect, test } from '@jest/globals';
import { timeAxis, valueAxis } from '../../src/cli/evidence/html/axes.ts';
import { rowsOf, runsOf, spread, timeExtent, valueExtent } from '../../src/cli/evidence/html/trend-shape.ts';
import { evidenceOf } from '../../src/domain/evidence.ts';
import { evidenceRange } from '../../src/domain/evidence-range.ts';
import type { Recommendation } from '../../src/domain/recommendation.ts';
import { NOW, POLICY, SECOND } from '../property/domain-fixtures.ts';
import { effective, event, recordOf, ROW } from '../support/evidence-record.ts';

describe('the time whose readings are shown', () => {
  const HOUR = 3600 * SECOND;
  const began = NOW - 10 * HOUR;
  const rangeOf = (columns: Partial<Recommendation>, events = [event(-7 * 3600, 'withdrawn')]) => {
    const row = { ...ROW, firstDetectedTimestamp: began, createdTimestamp: began, lastAccountedTimestamp: began, ...columns };
    const { after, upTo } = evidenceRange(row, events, NOW, POLICY);
    return [(after - NOW) / HOUR, (upTo - NOW) / HOUR];
  };

  test.each<readonly [string, Partial<Recommendation>, readonly [number, number]]>([
    ['one that waits reaches up to now', { status: 'pending' }, [-10 - 10 / 3, 0]],
    ['one that ended reaches a third of its life further', { status: 'withdrawn' }, [-11, -6]],
    [
      'one that was verified ends with that',
      { status: 'executed', executedTimestamp: NOW - 9 * HOUR, verifiedTimestamp: NOW - 8.5 * HOUR },
      [-10.5, -8],
    ],
    [
      'one that nobody verified ends when it was due',
      { status: 'executed', executedTimestamp: NOW - 9 * HOUR },
      [-10 - 7 / 18, -9 + 1 / 6 + 7 / 18],
    ],
    [
      'one that was just made has a minute at least',
      { status: 'pending', firstDetectedTimestamp: NOW - SECOND, createdTimestamp: NOW },
      [-61 / 3600, 0],
    ],
  ])('of %s', (_what, columns, [after, upTo]) => {
    const [from, to] = rangeOf(columns);
    expect(from).toBeCloseTo(after, 6);
    expect(to).toBeCloseTo(upTo, 6);
  });

  test('of a row whose times somebody removed is still one', () => {
    const gone = { firstDetectedTimestamp: null, lastAccountedTimestamp: null } as unknown as Partial<Recommendation>; // as an edit leaves them
    expect(rangeOf({ ...gone, status: 'withdrawn' })).toEqual([-11, -6]);
  });
});

describe('a picture', () => {
  test('shows every reading and every mark, whatever is first', () => {
    const { from, to } = timeExtent(evidenceOf(effective()), [
      { at: NOW + 50 * SECOND, title: '', detail: '', tone: 'plain', isMark: true },
    ]);
    expect(from).toBeLessThan(NOW - 150 * SECOND);
    expect(to).toBeGreaterThan(NOW + 50 * SECOND);
  });

  test('has the limits that are near what is drawn, and is not flattened by one that is far', () => {
    const record = recordOf();
    const { family } = record.inForce;
    const [mildest] = family?.bands ?? [];
    if (!family || !mildest) throw new Error('the fixture has a family');
    const far = { ...family, bands: [mildest, { ...mildest, limit: 5000 }] as const };
    const { from, to } = valueExtent(evidenceOf({ ...record, inForce: { ...record.inForce, family: far } }));
    expect([from, to]).toEqual([70, 92]);
    expect(valueExtent(evidenceOf(record)).to).toBe(95);
  });

  test('draws no line through a silence', () => {
    const at = [0, 1, 2, 60, 61].map((second) => ({ at: second * SECOND, value: 1 }));
    expect(runsOf(at).map((run) => run.length)).toEqual([3, 2]);
    expect(runsOf([])).toEqual([]);
  });

  test('moves labels apart that would cover each other, and leaves the others', () => {
    expect(spread([{ at: 30 }, { at: 10 }, { at: 11 }], 5).map(({ at }) => at)).toEqual([10, 15, 30]);
  });

  test('puts a label into the first row where it is free', () => {
    const boxes = [
      { from: 0, to: 50 },
      { from: 10, to: 60 },
      { from: 55, to: 90 },
    ];
    expect(rowsOf(boxes)).toEqual([0, 1, 0]);
  });
});

describe('an axis', () => {
  test('of values ends at round ones', () => {
    const axis = valueAxis({ from: 69.8, to: 99, start: 300, end: 0 }, 6);
    expect(axis.ticks.map(({ text }) => text)).toEqual(['65', '70', '75', '80', '85', '90', '95', '100']);
    expect([axis.place(65), axis.place(100)]).toEqual([300, 0]);
  });

  test.each([
    [3, '10:30:00.0'],
    [120, '10:30:00'],
    [7200, '10:30'],
    [5 * 86_400, '02-20'],
  ])('of %i s says as much of a time as tells two ticks apart, in UTC', (seconds, text) => {
    const axis = timeAxis({ from: NOW, to: NOW + seconds * SECOND, start: 0, end: 100 }, 5);
    expect(axis.ticks[0]?.text).toBe(text);
    expect(new Set(axis.ticks.map((tick) => tick.text)).size).toBe(axis.ticks.length);
  });
});
