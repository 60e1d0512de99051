import { expect, test } from '@jest/globals';
import { BLANKS, wordOf } from '../../src/domain/word.ts';

test('the blanks that engines are told of are those that the domain takes off, no more and no fewer', () => {
  const codes = Array.from({ length: 0x1_0000 }, (_, code) => code);
  expect(codes.filter((code) => wordOf(String.fromCodePoint(code)) === '')).toEqual(BLANKS);
});

test.each([
  ['Done', 'done'],
  ['\t on hold\r\n', 'on hold'],
  ['\u00a0CLOSED\u3000', 'closed'],
  [' ', ''],
  [null, ''],
])('the word of %j is %j', (text, expected) => {
  expect(wordOf(text)).toBe(expected);
});
