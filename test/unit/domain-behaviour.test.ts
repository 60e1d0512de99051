import { expect, test } from '@jest/globals';

import { behavioursOf, type SignalView, specifiedNormal } from '../../src/domain/behaviour.ts';
import type { Trend } from '../../src/domain/trend.ts';

const UNKNOWN: SignalView = { value: undefined, trend: undefined, normal: undefined, violates: null };

/** A trend whose newest third spreads by `spread` around its mean. */
function trend(means: Trend['means'], spread = 0): Trend {
  const [, , newest] = means;
  return { means, lowest: newest === null ? null : newest - spread / 2, highest: newest === null ? null : newest + spread / 2 };
}

const told = (view: Partial<SignalView>) => [...behavioursOf({ ...UNKNOWN, ...view })].sort();

test.each<[string, Partial<SignalView>, string[]]>([
  ['nothing known', {}, []],
  ['a reading without anything to compare it with', { value: 50 }, []],
  ['a range without a reading', { normal: { low: 1, high: 2 } }, []],
  ['at the normal range’s upper end', { value: 60, normal: { low: 40, high: 60 } }, ['normal']],
  ['just above it', { value: 60.01, normal: { low: 40, high: 60 } }, ['up']],
  ['at its lower end', { value: 40, normal: { low: 40, high: 60 } }, ['normal']],
  ['just below it', { value: 39.99, normal: { low: 40, high: 60 } }, ['down']],
  ['a reading of 0 below it', { value: 0, normal: { low: 40 } }, ['down']],
  ['a side without an end', { value: 1e9, normal: { low: 40 } }, ['normal']],
  ['beyond a band above, whatever is normal', { value: 50, normal: { low: 40, high: 60 }, violates: 'above' }, ['up']],
  ['beyond a band below', { value: 50, violates: 'below' }, ['down']],
])('by level: %s', (_name, view, expected) => {
  expect(told(view)).toEqual(expected);
});

test.each<[string, Trend, string[]]>([
  ['a rise of exactly a tenth, in a line', trend([100, 105, 110]), ['steady', 'up']],
  ['a rise of a little less', trend([100, 105, 109.9]), ['normal', 'steady']],
  ['a fall of exactly a tenth', trend([100, 95, 90]), ['down']],
  ['a fall of a little less', trend([100, 95, 90.1]), ['normal', 'steady']],
  ['level', trend([50, 50, 50]), ['normal', 'steady']],
  ['level at 0', trend([0, 0, 0]), ['normal', 'steady']],
  ['up from 0', trend([0, 0.5, 1]), ['steady', 'up']],
  ['a rise below 0', trend([-100, -95, -90]), ['steady', 'up']],
  ['half as much again in the second half', trend([100, 110, 125]), ['accelerating', 'up']],
  ['a little less than that', trend([100, 110, 124.9]), ['steady', 'up']],
  ['falling first, then rising', trend([100, 90, 120]), ['accelerating', 'up']],
  ['rising, then falling back', trend([100, 130, 115]), ['steady', 'up']],
  ['accelerating, but by less than a tenth in all', trend([100, 100, 105]), ['normal', 'steady']],
  ['no reading in the middle', trend([100, null, 120]), ['up']],
  ['no oldest reading: from where it begins', trend([null, 100, 120]), ['up']],
  ['no newest reading', trend([100, 110, null]), []],
  ['a spread of exactly a tenth', trend([50, 50, 50], 5), ['normal', 'steady', 'unsteady']],
  ['a spread of a little less', trend([50, 50, 50], 4.9), ['normal', 'steady']],
  ['a spread below 0', trend([-50, -50, -50], 5), ['normal', 'steady', 'unsteady']],
  ['a smooth rise, whose spread is its drift', trend([80, 90, 100], 10), ['steady', 'up']],
  ['a spread larger than the drift', trend([80, 90, 100], 20), ['steady', 'unsteady', 'up']],
  ['a spread with nothing before it', trend([null, null, 50], 5), ['unsteady']],
])('by trend: %s', (_name, given, expected) => {
  expect(told({ trend: given })).toEqual(expected);
});

test('level and trend are both told: high, and falling', () => {
  expect(told({ value: 70, normal: { high: 60 }, trend: trend([100, 85, 70]) })).toEqual(['down', 'up']);
});

test('a violating signal is never normal, however level it is', () => {
  expect(told({ value: 97, violates: 'above', trend: trend([97, 97, 97]) })).toEqual(['steady', 'up']);
});

test('without a configured range the specification’s limits of pressure and flow stand', () => {
  expect(specifiedNormal('pressure')).toEqual({ high: 100 });
  expect(specifiedNormal('flow_rate')).toEqual({ low: 10 });
  expect(specifiedNormal('temperature')).toBeUndefined();
  expect(specifiedNormal('toString')).toBeUndefined();
});

test('a fall that the newest mean hides shows in the reading itself', () => {
  expect(told({ value: 12, trend: trend([50, 50, 46]) })).toContain('down');
  expect(told({ value: 46, trend: trend([50, 50, 50]) })).toContain('normal');
});

test('inside the specification’s limits a signal without a trend is not called normal, inside a site’s own range it is', () => {
  expect(told({ value: 20, normal: specifiedNormal('flow_rate') })).toEqual([]);
  expect(told({ value: 20, normal: { low: 10 } })).toEqual(['normal']);
});
