import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { covers, overlap } from '../../src/domain/patterns.ts';
import { matchesPattern } from '../../src/domain/tags.ts';

test.each([
  ['*', 'P-1*', true, true],
  ['P-1*', '*', false, true],
  ['P-1*', 'P-10*', true, true],
  ['P-10*', 'P-1*', false, true],
  ['P-1*', 'p-1*', true, true],
  ['*A', 'P*', false, true],
  ['*A*', 'xAy', true, true],
  ['P-1', 'P-2', false, false],
  ['A*B', 'A*C', false, false],
  ['A*', 'B*', false, false],
  ['*-*', 'A-B*', true, true],
  ['a*a', 'a', false, false],
  ['**', '*', true, true],
])('%s and %s: the first holds the second %s, they overlap %s', (one, other, holds, meet) => {
  expect([covers(one, other), overlap(one, other), overlap(other, one)]).toEqual([holds, meet, meet]);
});

/** Few letters, so that patterns meet; `c` is in none of them, as some letter always is. */
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: 5 });
const WORDS = words(['a', 'b', 'c'], 6);

function words(letters: readonly string[], longest: number): string[] {
  const shorter = longest === 0 ? [] : words(letters, longest - 1);
  return longest === 0 ? [''] : ['', ...letters.flatMap((letter) => shorter.map((word) => letter + word))];
}

test('patterns hold and meet each other exactly as the words that they match do', () => {
  fc.assert(
    fc.property(pattern, pattern, (one, other) => {
      const matched = WORDS.filter((word) => matchesPattern(other, word));
      const both = matched.filter((word) => matchesPattern(one, word));
      expect(covers(one, other)).toBe(both.length === matched.length);
      // Where they meet only in words longer than those that are looked at, the letters of both say so.
      const letters = (one + other).replaceAll('*', '').length;
      expect(overlap(one, other)).toBe(both.length > 0 || (letters > 6 && overlap(other, one)));
    }),
    { numRuns: 300 },
  );
});
