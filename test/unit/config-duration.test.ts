import { expect, test } from '@jest/globals';

import { parseDuration } from '../../src/config/duration.ts';
import { nearest } from '../../src/config/nearest.ts';
import { AgentError } from '../../src/domain/errors.ts';

test.each([
  ['55m', 3300],
  ['1h', 3600],
  ['30s', 30],
  ['130s', 130],
  ['130', 130],
  ['0.5', 0.5],
  ['.5s', 0.5],
  ['250ms', 0.25],
  ['30d', 2_592_000],
  ['2 H', 7200],
  [' 5min ', 300],
  ['0', 0],
])('%j is %d seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each(['-5m', '-1', '', ' ', 'm', '5x', '1h30m', '1e3', 'NaN', 'Infinity', '5y', '5 m s', '9'.repeat(400)])(
  '%j is no duration',
  (text) => {
    expect(() => parseDuration(text)).toThrow(AgentError);
    expect(() => parseDuration(text)).toThrow(/is not a duration/);
  },
);

test('the nearest candidate is suggested, in its own spelling, and a far one is not', () => {
  expect(nearest('knd', ['kind', 'path'])).toBe('kind');
  expect(nearest('INTERVALSECONDS', ['intervalSeconds'])).toBe('intervalSeconds');
  expect(nearest('x', ['kind', 'on'])).toBeUndefined();
  expect(nearest('anything', [])).toBeUndefined();
});
