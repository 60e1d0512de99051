import { expect, test } from '@jest/globals';
import { accountedSpans } from '../../src/domain/accounted-spans.ts';
import type { FamilyHistory } from '../../src/domain/recommendation.ts';
import { unscopedRules } from '../../src/domain/rule-book.ts';
import type { RecommendationStatus } from '../../src/domain/transitions.ts';
import { FAMILY, history, NOW, SECOND } from '../property/domain-fixtures.ts';

const RULES = unscopedRules([FAMILY]);
const ago = (seconds: number) => NOW - seconds * SECOND;
const BOUNDS = { oldest: ago(600), now: NOW };

function row(status: RecommendationStatus, from: number, to: number, given: Partial<FamilyHistory> = {}): FamilyHistory {
  return history(status, { firstDetectedTimestamp: ago(from), lastAccountedTimestamp: ago(to), severity: 'high', ...given });
}

/** Seconds before now, from the first to the last millisecond, and the limit beyond which a violation counts all the same. */
function spans(...rows: readonly FamilyHistory[]) {
  return accountedSpans(RULES, rows, BOUNDS).map(({ from, until, exceptBeyond }) => [
    (NOW - from) / SECOND,
    (NOW - until + 1) / SECOND,
    exceptBeyond,
  ]);
}

test.each<[RecommendationStatus, number | null]>([
  ['pending', 95],
  ['awaiting_second', 95],
  ['deferred', 95],
  ['approved', 95],
  ['rejected', 95],
  ['withdrawn', 95],
  ['expired', 95],
  ['cancelled', 95],
  ['failed', 95],
  ['executed', 95],
  ['executing', null],
])('a row that is %s accounts for its episode; what is worse counts all the same unless a write is under way', (status, limit) => {
  expect(spans(row(status, 60, 20))).toEqual([[60, 20, limit]]);
});

test('what was measured before a write counts against no row that wrote', () => {
  for (const status of ['executed', 'failed'] as const)
    expect(spans(row(status, 60, 20, { mayHaveWritten: true }))).toEqual([[60, 20, null]]);
});

test('a write ends what older rows kept quiet: what it did is followed up', () => {
  const rejected = row('rejected', 100, 90, { quietUntil: NOW + 900 * SECOND, createdTimestamp: ago(89) });
  const written = row('executed', 60, 20, { mayHaveWritten: true, severity: 'critical', createdTimestamp: ago(59) });
  expect(spans(rejected, written)).toEqual([
    [100, 60.001, 95],
    [60, 20, null],
  ]);
  expect(spans(rejected, { ...written, mayHaveWritten: false })).toEqual([
    [100, 60.001, 95],
    [60, 20, null],
    [20 - 0.001, -900, 95],
  ]);
});

test('of the worst band nothing counts again', () => {
  expect(spans(row('withdrawn', 60, 20, { severity: 'critical' }))).toEqual([[60, 20, null]]);
});

test('a quiet time begins where the episode ended, and only what is worse breaks it', () => {
  expect(spans(row('executed', 60, 20, { quietUntil: NOW + 300 * SECOND, mayHaveWritten: true }))).toEqual([
    [60, 20, null],
    [20 - 0.001, -300, 95],
  ]);
  expect(spans(row('rejected', 60, 20, { quietUntil: NOW + 300 * SECOND }))).toEqual([[60, -300, 95]]);
});

test('rows do not account for what lies between them, nor for what is older than the first', () => {
  expect(spans(row('withdrawn', 100, 90), row('pending', 60, 50))).toEqual([
    [100, 90, 95],
    [60, 50, 95],
  ]);
});

test('where rows meet the strictest holds, and spans do not overlap', () => {
  const medium = row('withdrawn', 100, 20, { severity: 'medium' });
  expect(spans(medium, row('withdrawn', 60, 40))).toEqual([
    [100, 60.001, 90],
    [60, 40, 95],
    [40 - 0.001, 20, 90],
  ]);
  expect(spans(row('withdrawn', 100, 40, { severity: 'medium' }), row('executed', 60, 20, { mayHaveWritten: true }))).toEqual([
    [100, 60.001, 90],
    [60, 20, null],
  ]);
  expect(spans(medium, medium)).toEqual([[100, 20, 90]]);
});

test('what ended before anything that is read is left out', () => {
  expect(spans(row('withdrawn', 900, 601), row('withdrawn', 900, 599))).toEqual([[900, 599, 95]]);
});

test('times that a clock stored which was ahead do not blind a family', () => {
  expect(spans(row('withdrawn', -6, -60))).toEqual([]);
  expect(spans(row('withdrawn', 60, -6))).toEqual([[60, 60, 95]]);
  const quietUntil = NOW + 5400 * SECOND;
  expect(spans(row('rejected', 60, 20, { quietUntil, updatedTimestamp: NOW + 3600 * SECOND }))).toEqual([[60, 20, 95]]);
  expect(spans(row('rejected', 60, 20, { quietUntil, updatedTimestamp: NOW }))).toEqual([[60, -5400, 95]]);
});

test('a row that accounts for less than its beginning accounts for nothing; a family that no rule is about has no spans', () => {
  expect(spans(row('pending', 60, 3600))).toEqual([]);
  expect(spans(row('pending', 60, 20, { issueFamily: 'gone' }))).toEqual([]);
});

test('families of equipment are told apart', () => {
  const other = row('withdrawn', 50, 40, { equipmentId: 'R2' });
  expect(accountedSpans(RULES, [row('withdrawn', 60, 20), other], BOUNDS).map(({ equipmentId }) => equipmentId)).toEqual(['R1', 'R2']);
});
