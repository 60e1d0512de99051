import { describe, expect, test } from '@jest/globals';
import type { Episode } from '../../src/domain/replay.ts';
import { countsOverTime, differences, floodsIn, perDay, ruleFigures } from '../../src/domain/replay-figures.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const RANGE = { from: 0, to: 2 * DAY };

function episode(given: Partial<Episode>): Episode {
  return {
    recommendationId: 'id',
    equipmentId: 'R1',
    familyId: 'temperature',
    ruleId: 'hot',
    severity: 'high',
    peak: 91,
    openedAt: 0,
    endedAt: MINUTE,
    escalations: 0,
    mostRunsAMinute: 1,
    ...given,
  };
}

test('figures are by rule and equipment, the most frequent first', () => {
  const figures = ruleFigures(
    [
      episode({ mostRunsAMinute: 3 }),
      episode({ equipmentId: 'R2', openedAt: 10 * MINUTE, endedAt: 15 * MINUTE }),
      episode({ equipmentId: 'R2', openedAt: RANGE.to - 7 * MINUTE, endedAt: null, mostRunsAMinute: 2 }),
      episode({ ruleId: 'hotter', severity: 'critical' }),
    ],
    RANGE,
  );
  expect(figures).toEqual([
    { ruleId: 'hot', equipmentId: 'R2', severity: 'high', count: 2, perDay: 1, longestSeconds: 420, chattering: 0, openAtEnd: 1 },
    { ruleId: 'hotter', equipmentId: 'R1', severity: 'critical', count: 1, perDay: 0.5, longestSeconds: 60, chattering: 0, openAtEnd: 0 },
    { ruleId: 'hot', equipmentId: 'R1', severity: 'high', count: 1, perDay: 0.5, longestSeconds: 60, chattering: 1, openAtEnd: 0 },
  ]);
});

test('a mean a day is over the whole range', () => {
  expect(perDay(3, { from: 0, to: DAY / 2 })).toBe(6);
});

const at = (openedAt: number) => episode({ openedAt });
const burst = (count: number, from: number, apart: number) => Array.from({ length: count }, (_, index) => from + index * apart);

describe('a flood', () => {
  test.each<[string, readonly number[], readonly (readonly number[])[]]>([
    ['begins with the eleventh in ten minutes', burst(11, 0, MINUTE / 2), [[0, 5 * MINUTE, 11]]],
    ['does not begin with ten', burst(10, 0, MINUTE / 2), []],
    ['does not begin with eleven in ten minutes and one moment', burst(11, 0, MINUTE), []],
    ['goes on while five come in ten minutes', [...burst(11, 0, 1), ...burst(10, 2 * MINUTE, 2 * MINUTE)], [[0, 20 * MINUTE, 21]]],
    ['has ended when fewer than five come', [...burst(11, 0, 1), ...burst(3, 9 * MINUTE, 4 * MINUTE)], [[0, 9 * MINUTE, 12]]],
    [
      'is followed by another',
      [...burst(11, 0, 0), ...burst(12, DAY, 0)],
      [
        [0, 0, 11],
        [DAY, DAY, 12],
      ],
    ],
  ])('%s', (_what, moments, expected) => {
    expect(floodsIn(moments).map(({ from, to, count }) => [from, to, count])).toEqual(expected);
  });
});

test('differences leave out what is the same, the largest first', () => {
  const now = ruleFigures([episode({}), episode({ ruleId: 'same' }), episode({ ruleId: 'gone' }), episode({ ruleId: 'gone' })], RANGE);
  const other = ruleFigures([episode({}), episode({}), episode({ ruleId: 'same' })], RANGE);
  expect(differences(now, other)).toEqual([
    { ruleId: 'gone', equipmentId: 'R1', count: 2, otherCount: 0 },
    { ruleId: 'hot', equipmentId: 'R1', count: 1, otherCount: 2 },
  ]);
});

test('counts over time put the ends of the range into the first and the last part', () => {
  expect(countsOverTime([at(0), at(DAY - 1), at(DAY), at(2 * DAY)], RANGE, 4)).toEqual([1, 1, 1, 1]);
});
