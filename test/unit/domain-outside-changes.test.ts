import { expect, test } from '@jest/globals';
import { readStatus, settleOutsideChanges } from '../../src/domain/outside-changes.ts';
import { type LastDecision, NO_DECISION, type StoredRecommendation, typed } from '../../src/domain/recommendation.ts';
import { isRecommendationStatus, RECOMMENDATION_TRANSITIONS, type RecommendationStatus } from '../../src/domain/transitions.ts';
import { draftOf, NOW, openRow, POLICY, SECOND } from '../property/domain-fixtures.ts';

const STATUSES = Object.keys(RECOMMENDATION_TRANSITIONS).filter(isRecommendationStatus);
const UNDECIDED = ['pending', 'awaiting_second', 'deferred'];
const CREATED: LastDecision = { event: 'created', columns: NO_DECISION };
const APPROVED: LastDecision = {
  event: 'approved',
  columns: { ...NO_DECISION, approvedByOperator: 'anna', approvedTimestamp: NOW - SECOND },
};

function stored(status: string, guardedStatus: string | null, overrides: Partial<StoredRecommendation> = {}): StoredRecommendation {
  return { ...openRow(), lastDecision: CREATED, ...overrides, status, guardedStatus };
}

function settle(found: StoredRecommendation) {
  const draft = draftOf([found]);
  settleOutsideChanges(draft, [found], NOW, POLICY);
  return { row: draft.row(found.recommendationId), ...draft.take() };
}

function readingOf(guarded: RecommendationStatus, status: string) {
  if (status === guarded) return { kind: 'own' };
  const isDecision = UNDECIDED.includes(guarded) && ['approved', 'rejected', 'deferred'].includes(status);
  return isDecision ? { kind: 'decision' } : { kind: 'tampered', restoreTo: guarded, columns: APPROVED.columns };
}

test.each(STATUSES.flatMap((guarded) => [...STATUSES, 'done', 'APPROVED', ''].map((status) => [guarded, status] as const)))(
  "the agent left '%s' and finds '%s'",
  (guarded, status) => {
    expect(readStatus(stored(status, guarded, { lastDecision: APPROVED }))).toEqual(readingOf(guarded, status));
  },
);

test.each([
  ['approved', 'pending'],
  ['executing', 'failed'],
] as const)("a row that says '%s' twice without an accepted approval on record becomes %s, without an approver", (status, restoreTo) => {
  for (const lastDecision of [CREATED, null, { event: 'renewed', columns: NO_DECISION }, { event: 'refused', columns: NO_DECISION }]) {
    const forged = stored(status, status, { lastDecision, approvedByOperator: 'mallory', approvedTimestamp: NOW });
    expect(readStatus(forged)).toEqual({ kind: 'tampered', restoreTo, columns: NO_DECISION });
    const { row, recommendations, events } = settle(forged);
    expect(row).toMatchObject({ status: restoreTo, guardedStatus: restoreTo, approvedByOperator: null, approvedTimestamp: null });
    expect(recommendations).toMatchObject([{ expected: status, columns: { status: restoreTo } }]);
    expect(events).toMatchObject([{ event: 'restored', before: { approved_by_operator: 'mallory' } }]);
  }
});

test.each([
  ['pending', 'withdrawn'],
  ['awaiting_second', 'withdrawn'],
  ['deferred', 'withdrawn'],
  ['approved', 'cancelled'],
  ['executing', 'failed'],
  ['executed', null],
  ['rejected', null],
  ['done', null],
] as const)("a row that the agent did not make and that says '%s' ends as %s", (status, endAs) => {
  for (const found of [
    stored(status, null),
    stored(status, 'nonsense'),
    stored(status, 'pending', { ticket: null }),
    stored(status, status, { ticket: null }),
  ]) {
    expect(readStatus(found)).toEqual({ kind: 'foreign', endAs });
    const { recommendations, events } = settle(found);
    const end = endAs ?? status;
    expect(recommendations).toMatchObject([{ expected: status, columns: { guardedStatus: end } }]);
    expect(recommendations[0]?.columns.status).toBe(endAs ?? undefined);
    expect(events).toMatchObject([{ event: 'refused_foreign', fromStatus: status, toStatus: end }]);
  }
});

test('a tampered status is put back with the columns of the last valid decision, and the audit says what was found', () => {
  const found = stored('pending', 'approved', { lastDecision: APPROVED, approvedByOperator: 'mallory', rejectionReason: 'x' });
  const { row, recommendations, events } = settle(found);
  expect(row).toMatchObject({ status: 'approved', approvedByOperator: 'anna', rejectionReason: null });
  expect(recommendations).toMatchObject([{ expected: 'pending', columns: { status: 'approved', guardedStatus: 'approved' } }]);
  expect(events).toMatchObject([
    { event: 'restored', fromStatus: 'pending', toStatus: 'approved', before: { approved_by_operator: 'mallory' } },
  ]);
});

test('a text that is no status is read as the status that the agent left, and restored from the text', () => {
  const found = stored('Approved', 'deferred', { lastDecision: CREATED });
  expect(typed(found).status).toBe('deferred');
  expect(settle(found).recommendations).toMatchObject([{ expected: 'Approved', columns: { status: 'deferred' } }]);
  expect(typed(stored('done', null)).status).toBe('withdrawn');
});

test('a rejection is taken over with its name and reason, and quiets the family for the hold time', () => {
  const { row, events } = settle(stored('rejected', 'pending', { rejectedByOperator: 'ben', rejectionReason: 'a test' }));
  expect(row).toMatchObject({ status: 'rejected', guardedStatus: 'rejected', quietUntil: NOW + 1800 * SECOND });
  expect(events).toMatchObject([
    { event: 'rejected', actor: 'ben', reason: 'a test', fromStatus: 'pending', after: { decision: { rejected_by_operator: 'ben' } } },
  ]);
  expect(settle(stored('rejected', 'deferred')).events).toMatchObject([{ actor: 'unnamed operator', reason: 'no reason given' }]);
});

test('a deferral is taken over with its time', () => {
  const { row, events } = settle(stored('deferred', 'pending', { deferUntil: NOW + SECOND }));
  expect(row).toMatchObject({ status: 'deferred', guardedStatus: 'deferred', deferUntil: NOW + SECOND });
  expect(events).toMatchObject([{ event: 'deferred', reason: 'until 2026-02-19T10:30:01.000Z' }]);
  expect(settle(stored('deferred', 'pending')).events).toMatchObject([{ reason: 'no time given' }]);
});

test('an approval is left for the approve phase, and what is as the agent left it is left alone', () => {
  for (const found of [stored('approved', 'pending'), stored('pending', 'pending'), stored('executed', 'executed')])
    expect(settle(found)).toMatchObject({ events: [], recommendations: [] });
});
