import { expect, test } from '@jest/globals';
import { knownFamilies } from '../../src/domain/known-families.ts';
import { unscopedRules } from '../../src/domain/rule-book.ts';
import type { RecommendationStatus } from '../../src/domain/transitions.ts';
import { FAMILY, history, NOW, SECOND } from '../property/domain-fixtures.ts';

const OLDEST = NOW - 300 * SECOND;
const FIRST = NOW - 60 * SECOND;
const RULES = unscopedRules([FAMILY]);

function known(status: RecommendationStatus, firstDetectedTimestamp: number, given = {}) {
  return knownFamilies(RULES, [history(status, { firstDetectedTimestamp, ...given })], OLDEST, NOW);
}

test.each<[RecommendationStatus, object, boolean]>([
  ['pending', {}, true],
  ['executing', {}, true],
  ['executed', { outcome: null }, true],
  ['executed', { outcome: 'effective' }, false],
  ['rejected', {}, false],
])('a newest row that is %s %j is reported: %s', (status, given, report) => {
  expect(known(status, FIRST, given)).toEqual([{ equipmentId: 'R1', familyId: FAMILY.id, began: FIRST, report }]);
});

test('the readings of the window are split where the newest row began, unless none of them is older', () => {
  expect(known('withdrawn', OLDEST + 1)).toMatchObject([{ began: OLDEST + 1 }]);
  expect(known('withdrawn', OLDEST)).toEqual([]);
  expect(known('pending', OLDEST)).toMatchObject([{ began: null, report: true }]);
});

test('a row that says to have begun in the future splits nothing', () => {
  expect(known('pending', NOW + 6 * SECOND)).toMatchObject([{ began: null }]);
});

test('of a family that no rule is about any more nothing is asked', () => {
  expect(known('pending', FIRST, { issueFamily: 'gone' })).toEqual([]);
});
