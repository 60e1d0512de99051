import { expect, test } from '@jest/globals';
import { roundedText, withRoundedNumbers } from '../../src/cli/rounding.ts';

test.each([
  [93.33333333333333, '93.33'],
  [93.3, '93.3'],
  [93.999, '94'],
  [92, '92'],
  [-0.555, '-0.56'],
  [0, '0'],
  [0.00123, '0.0012'],
  [-0.0000456, '-0.000046'],
  [1_234_567.891, '1234567.89'],
  [null, 'null'],
  ['hot', 'hot'],
])('%p is read as %s', (value, text) => {
  expect(roundedText(value)).toBe(text);
});

test.each([
  ['temperature 93.33333333333333: a cause', 'temperature 93.33: a cause'],
  ['moved from -12.34567 to 12.3', 'moved from -12.35 to 12.3'],
  ['until 2026-02-19T10:30:00.000Z', 'until 2026-02-19T10:30:00.000Z'],
  ['at 2026-02-19 10:30:00.123', 'at 2026-02-19 10:30:00.123'],
  [null, null],
  ['10.0.1.1234 and v1.2.3456', '10.0.1.1234 and v1.2.3456'],
])('of a text only long numbers are shortened: %s', (text, shown) => {
  expect(withRoundedNumbers(text)).toBe(shown);
});
