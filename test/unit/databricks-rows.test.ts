import { describe, expect, test } from '@jest/globals';
import { inNumbers, refuseUnknownType } from '../../src/store/databricks/read-rows.ts';
import { exactDecimal } from '../../src/store/exact-values.ts';

test.each([
  ['0.000000000', 0],
  ['85.500000000', 85.5],
  ['-0.000000001', -1e-9],
  ['123456.789012345', 123456.789012345],
  ['-1234567.890123456', '-1234567.890123456'],
  ['12345678901234567890.000000000', '12345678901234567890.000000000'],
  ['100000000000000000000', '100000000000000000000'],
  ['1000000000000.000', 1e12],
])('the decimal %s is told as %j', (text, told) => {
  expect(exactDecimal(text)).toBe(told);
});

const AT = new Date(0);
const BYTES = Buffer.from([1]);
const ROW = {
  big: 9007199254740993n,
  small: 1n,
  exact: '1234567890.123456789',
  word: '1',
  at: AT,
  bytes: BYTES,
  list: [2n, { n: 3n }],
  nothing: null,
};
const PLAIN = { small: 1, word: '1', at: AT, bytes: BYTES, list: [2, { n: 3 }], nothing: null };

describe('rows of the driver', () => {
  test('are computed with as numbers', () => {
    const rows = inNumbers({ rows: [ROW], decimals: new Set(['exact', 'nothing']), isExact: false });
    expect(rows).toEqual([{ ...PLAIN, big: 9007199254740992, exact: 1234567890.1234567 }]);
  });

  test('are told with all their digits', () => {
    const rows = inNumbers({ rows: [ROW], decimals: new Set(['exact', 'nothing']), isExact: true });
    expect(rows).toEqual([{ ...PLAIN, big: '9007199254740993', exact: '1234567890.123456789' }]);
  });

  test.each([
    "Unrecognized type 'Interval'",
    'Unsupported column type: INTERVAL',
    'kernel result converter: unsupported Arrow Interval unit 2',
  ])('of a type that is not known are refused: %s', (message) => {
    expect(() => refuseUnknownType(new Error(message))).toThrow(expect.objectContaining({ code: 'usage', remedy: 'cast it to STRING' }));
  });

  test('that fail of anything else fail of that', () => {
    const thrown = new Error('Unrecognized');
    expect(() => refuseUnknownType(thrown)).toThrow(thrown);
  });
});
