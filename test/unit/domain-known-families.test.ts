import { expect, test } from '@jest/globals';
import { knownFamilies } from '../../src/domain/known-families.ts';
import { unscopedRules } from '../../src/domain/rule-book.ts';
import type { RecommendationStatus } from '../../src/domain/transitions.ts';
import { FAMILY, history, NOW, SECOND } from '../property/domain-fixtures.ts';

const FIRST = NOW - 60 * SECOND;
const ACCOUNTED = NOW - 20 * SECOND;
const RULES = unscopedRules([FAMILY]);

test.each<[RecommendationStatus, number]>([
  ['pending', FIRST],
  ['awaiting_second', FIRST],
  ['deferred', FIRST],
  ['approved', FIRST],
  ['rejected', FIRST],
  ['withdrawn', FIRST],
  ['expired', FIRST],
  ['cancelled', FIRST],
  ['executing', ACCOUNTED],
  ['executed', ACCOUNTED],
  ['failed', ACCOUNTED],
])('of a row that is %s, what is worse counts from its beginning on, unless a command followed', (status, expected) => {
  const row = history(status, { firstDetectedTimestamp: FIRST, lastAccountedTimestamp: ACCOUNTED });
  expect(knownFamilies(RULES, [row], NOW - 300 * SECOND)).toMatchObject([{ accountedTo: ACCOUNTED, worseFrom: expected }]);
});

test('a row that accounts for less than its beginning lets all count that is later', () => {
  const row = history('pending', { firstDetectedTimestamp: FIRST, lastAccountedTimestamp: FIRST - 3600 * SECOND });
  expect(knownFamilies(RULES, [row], 0)).toMatchObject([{ worseFrom: FIRST - 3600 * SECOND + 1 }]);
});
