import { expect, test } from '@jest/globals';
import { oneEach } from '../../src/store/one-each.ts';

test('of those with the same id the first is left, in their order; a missing id is one more', () => {
  const items = ['a1', 'b1', '-', 'a2', '-', 'c1', 'b2'];
  expect(oneEach(items, (item) => (item === '-' ? null : item.charAt(0)))).toEqual(['a1', 'b1', '-', 'c1']);
});
