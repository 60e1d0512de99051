import { describe, expect, test } from '@jest/globals';
import { settleOutsideChanges } from '../../src/domain/outside-changes.ts';
import { readStatus } from '../../src/domain/read-status.ts';
import { type FamilyHistory, type LastDecision, NO_DECISION, type StoredRecommendation, typed } from '../../src/domain/recommendation.ts';
import { isRecommendationStatus, RECOMMENDATION_TRANSITIONS, type RecommendationStatus } from '../../src/domain/transitions.ts';
import { draftOf, NOW, openRow, POLICY, SECOND } from '../property/domain-fixtures.ts';

const STATUSES = Object.keys(RECOMMENDATION_TRANSITIONS).filter(isRecommendationStatus);
const UNDECIDED = ['pending', 'awaiting_second', 'deferred'];
const CREATED: LastDecision = { event: 'created', columns: NO_DECISION, actionHash: null };
const APPROVED: LastDecision = {
  event: 'approved',
  columns: { ...NO_DECISION, approvedByOperator: 'anna', approvedTimestamp: NOW - SECOND },
  actionHash: openRow().actionHash,
};

const FIRST: LastDecision = { ...APPROVED, event: 'first_approved' };
const BOTH: LastDecision = { ...APPROVED, columns: { ...APPROVED.columns, secondApprover: 'bernd' } };

function stored(status: string, guardedStatus: string | null, overrides: Partial<StoredRecommendation> = {}): StoredRecommendation {
  return { ...openRow(), lastDecision: CREATED, ...overrides, status, guardedStatus };
}

function settle(found: StoredRecommendation, families: readonly FamilyHistory[] = []) {
  const draft = draftOf([found]);
  settleOutsideChanges(draft, [found], { now: NOW, policy: POLICY, sessions: [], families });
  return { row: draft.row(found.recommendationId), ...draft.take() };
}

/** What the audit knows of a row that the agent left with this status. */
function knownOf(guarded: RecommendationStatus): LastDecision {
  return guarded === 'awaiting_second' ? FIRST : APPROVED;
}

function readingOf(guarded: RecommendationStatus, status: string) {
  if (status === guarded) return { kind: 'own' };
  const possible = guarded === 'awaiting_second' ? ['approved', 'rejected'] : ['approved', 'rejected', 'deferred'];
  const isDecision = UNDECIDED.includes(guarded) && possible.includes(status);
  return isDecision ? { kind: 'decision' } : { kind: 'tampered', restoreTo: guarded, columns: knownOf(guarded).columns };
}

test.each(STATUSES.flatMap((guarded) => [...STATUSES, 'done', 'APPROVED', ' approved', ''].map((status) => [guarded, status] as const)))(
  "the agent left '%s' and finds '%s'",
  (guarded, status) => {
    expect(readStatus(stored(status, guarded, { lastDecision: knownOf(guarded) }))).toEqual(readingOf(guarded, status));
  },
);

test.each([
  ['approved', 'pending'],
  ['executing', 'failed'],
] as const)("a row that says '%s' twice without an accepted approval on record becomes %s, without an approver", (status, restoreTo) => {
  for (const lastDecision of [
    CREATED,
    null,
    { event: 'renewed', columns: NO_DECISION, actionHash: null },
    { ...CREATED, event: 'refused' },
  ]) {
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
    expect('executionResult' in (recommendations[0]?.columns ?? {})).toBe(endAs !== null);
    expect(events).toMatchObject([{ event: 'refused_foreign', fromStatus: status, toStatus: end }]);
  }
});

test('of what the agent never recommended, or has no ticket of that a key signed, no effect is judged', () => {
  const unsigned = settle(stored('executed', 'executed', { ticket: null, isTicketUnsigned: true }));
  expect(unsigned.recommendations).toMatchObject([{ columns: { outcome: 'unknown', verifiedTimestamp: NOW } }]);
  const forged = settle(stored('executed', 'executed', { ticket: null }));
  expect(forged.recommendations).toMatchObject([{ columns: { outcome: 'unknown', verifiedTimestamp: NOW } }]);
  const judged = settle(stored('executed', 'executed', { ticket: null, outcome: 'effective' }));
  expect(judged.recommendations[0]?.columns).not.toHaveProperty('outcome');
});

describe('a row that somebody ended, of a family that has a later one', () => {
  const row = openRow();
  const follower = {
    ...row,
    recommendationId: 'follower',
    predecessorId: row.recommendationId,
    createdTimestamp: row.createdTimestamp + 1,
  };
  const later = { ...follower, predecessorId: 'another' };

  test.each([
    ['the next one', follower],
    ['the next one, whose time somebody moved', { ...follower, createdTimestamp: 0 }],
    ['one after the next', later],
  ])('stays ended, and its approval does not count any more: %s', (_what, known) => {
    for (const status of ['rejected', 'executed', 'DONE']) {
      const { recommendations, events } = settle(stored(status, 'approved', { lastDecision: APPROVED }), [known]);
      expect(recommendations).toMatchObject([{ expected: status, columns: { guardedStatus: status } }]);
      expect(recommendations[0]?.columns).not.toHaveProperty('status');
      expect(recommendations[0]?.columns.outcome).toBe(status === 'executed' ? 'unknown' : undefined);
      expect(events).toMatchObject([{ event: 'cancelled', fromStatus: 'approved', toStatus: status }]);
    }
  });

  test.each([
    ['approved', undefined],
    ['executing', true],
  ] as const)('may have written where it was under way alone: %s', (guarded, mayHaveWritten) => {
    const { recommendations } = settle(stored('rejected', guarded, { lastDecision: APPROVED }), [follower]);
    expect(recommendations.map(({ columns }) => [columns.guardedStatus, columns.mayHaveWritten])).toEqual([['rejected', mayHaveWritten]]);
  });

  test('stays so whatever place somebody gave it as well, which is put right', () => {
    const found = stored('rejected', 'approved', { lastDecision: APPROVED, issueFamily: 'pressure', equipmentId: 'R2' });
    const { recommendations, events } = settle(found, [follower]);
    const { equipmentId, issueFamily } = row;
    expect(recommendations).toMatchObject([{ columns: { guardedStatus: 'rejected', equipmentId, issueFamily } }]);
    expect(events.map(({ event }) => event)).toEqual(['restored', 'cancelled']);
  });

  test.each([
    ['an episode beside it', { ...later, predecessorId: null }],
    ['one before it', { ...later, createdTimestamp: row.createdTimestamp - 1 }],
    ['one of another family', { ...follower, issueFamily: 'pressure' }],
    ['one of another equipment', { ...follower, equipmentId: 'R2' }],
    ['itself', { ...later, recommendationId: row.recommendationId }],
  ])('is put back where there is only %s', (_what, known) => {
    const { row: settled } = settle(stored('rejected', 'approved', { lastDecision: APPROVED }), [known]);
    expect(settled).toMatchObject({ status: 'approved', guardedStatus: 'approved' });
  });

  test('is put back where it is open still', () => {
    const { row: settled } = settle(stored('pending', 'approved', { lastDecision: APPROVED }), [follower]);
    expect(settled).toMatchObject({ status: 'approved', guardedStatus: 'approved' });
  });
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
    {
      event: 'rejected',
      actor: 'ben via sql',
      reason: 'a test',
      fromStatus: 'pending',
      after: { decision: { rejected_by_operator: 'ben' } },
    },
  ]);
  expect(settle(stored('rejected', 'deferred')).events).toMatchObject([{ actor: 'unnamed operator via sql', reason: 'no reason given' }]);
});

const BY_CLI: Partial<StoredRecommendation> = {
  approvedVia: 'cli:ben',
  rejectedTimestamp: NOW,
  updatedTimestamp: NOW,
  given: [{ event: 'rejection_given', actor: 'ben via cli:ben' }],
};

test.each<[string, Partial<StoredRecommendation>, string, string]>([
  ['by the command line', BY_CLI, 'pending', 'ben via cli:ben'],
  ['by the command line, of one that waits', { ...BY_CLI, approvedByOperator: 'anna' }, 'awaiting_second', 'ben via cli:ben'],
  ['by SQL over an approval by the command line', { approvedVia: 'cli:anna', approvedByOperator: 'anna' }, 'pending', 'ben via sql'],
  ['by SQL of one that waits for a second', { approvedByOperator: 'anna' }, 'awaiting_second', 'ben via sql'],
  ['by SQL with a forged way', { approvedVia: 'cli:ben', rejectedTimestamp: NOW, updatedTimestamp: NOW }, 'pending', 'ben via sql'],
  [
    'by the command line, its name overwritten',
    { ...BY_CLI, given: [{ event: 'rejection_given', actor: 'jane via cli:ben' }] },
    'pending',
    'ben via sql',
  ],
  ['by the command line, its time overwritten', { ...BY_CLI, rejectedTimestamp: NOW - 1 }, 'pending', 'ben via sql'],
])('a rejection %s says how it came, and never how another decision did', (_how, columns, guarded, actor) => {
  const found = stored('rejected', guarded, { ...columns, rejectedByOperator: 'ben', lastDecision: knownOf(guarded as 'pending') });
  expect(settle(found).events).toMatchObject([{ event: 'rejected', actor }]);
});

test('a rejection belongs to the session in which it was made', () => {
  const session = {
    sessionId: 's1',
    operatorId: ' BEN ',
    loginTimestamp: NOW - 60 * SECOND,
    logoutTimestamp: NOW - SECOND,
    status: 'closed',
  };
  const sessions = [{ ...session, approvedRecommendations: 0, rejectedRecommendations: 0 }];
  for (const [rejectedTimestamp, sessionId] of [
    [NOW - 30 * SECOND, 's1'],
    [NOW, null],
    [null, null],
  ] as const) {
    const found = stored('rejected', 'pending', { rejectedByOperator: 'ben', rejectedTimestamp });
    const draft = draftOf([found]);
    settleOutsideChanges(draft, [found], { now: NOW, policy: POLICY, sessions, families: [] });
    expect(draft.take().events).toMatchObject([{ event: 'rejected', sessionId }]);
  }
});

test('a status that waits for a second approval, without a first one on record, is put back to the question', () => {
  for (const lastDecision of [CREATED, null, { ...CREATED, event: 'lapsed' }, APPROVED, BOTH]) {
    const forged = stored('awaiting_second', 'awaiting_second', { lastDecision, approvedByOperator: 'mallory', approvedTimestamp: NOW });
    expect(readStatus(forged)).toEqual({ kind: 'tampered', restoreTo: 'pending', columns: NO_DECISION });
    expect(settle(forged).row).toMatchObject({ status: 'pending', guardedStatus: 'pending', approvedByOperator: null });
  }
});

test.each<[string, string, LastDecision, RecommendationStatus]>([
  ['a second approver where nobody asked for one', 'pending', CREATED, 'pending'],
  ['a second approver of a deferred one', 'deferred', CREATED, 'deferred'],
  ['a second approver and the waiting before it', 'awaiting_second', CREATED, 'pending'],
  ['the end of the waiting', 'approved', FIRST, 'awaiting_second'],
])('an approval that forges %s is put back', (_what, guarded, lastDecision, restoreTo) => {
  const forged = stored('approved', guarded, {
    lastDecision,
    approvedByOperator: 'mallory',
    secondApprover: 'eve',
    approvedTimestamp: NOW,
  });
  const { row, recommendations, events } = settle(forged);
  const columns = restoreTo === 'awaiting_second' ? FIRST.columns : NO_DECISION;
  expect(row).toMatchObject({ status: restoreTo, guardedStatus: restoreTo, ...columns });
  expect(recommendations).toMatchObject([{ expected: 'approved', columns: { status: restoreTo } }]);
  expect(events).toMatchObject([{ event: 'restored', before: { approved_by_operator: 'mallory', second_approver: 'eve' } }]);
});

test('a second approval that the audit has with the first is left for the approve phase, and a deferral of the waiting is put back', () => {
  for (const lastDecision of [FIRST, BOTH])
    expect(readStatus(stored('approved', 'awaiting_second', { lastDecision }))).toEqual({ kind: 'decision' });
  const { row, events } = settle(stored('deferred', 'awaiting_second', { lastDecision: FIRST, deferUntil: NOW + SECOND }));
  expect(row).toMatchObject({ status: 'awaiting_second', approvedByOperator: 'anna', deferUntil: null });
  expect(events).toMatchObject([{ event: 'restored', fromStatus: 'deferred', toStatus: 'awaiting_second' }]);
});

const ENDS = ['withdrawn', 'expired', 'cancelled', 'executed', 'failed'];
const endedBy = (event: string): LastDecision => ({ event, columns: FIRST.columns, actionHash: null });

test.each(ENDS)(
  'a row that waits for a second approval, and whose end (%s) was announced and never stored, is a question again',
  (event) => {
    const waiting = stored('awaiting_second', 'awaiting_second', { ...FIRST.columns, lastDecision: endedBy(event) });
    expect(readStatus(waiting)).toEqual({ kind: 'tampered', restoreTo: 'pending', columns: NO_DECISION });
    expect(settle(waiting).row).toMatchObject({ status: 'pending', guardedStatus: 'pending', ...NO_DECISION });
  },
);

test.each(ENDS.flatMap((event) => UNDECIDED.map((guarded) => [guarded, event] as const)))(
  'an approval of what was %s, and whose end (%s) was announced and never stored, is none; of its own end it is',
  (guarded, event) => {
    const isItsOwn = event === 'expired' || event === 'cancelled';
    const restoreTo = guarded === 'awaiting_second' ? 'pending' : guarded;
    const columns = guarded === 'awaiting_second' ? NO_DECISION : FIRST.columns;
    expect(readStatus(stored('approved', guarded, { lastDecision: endedBy(event) }))).toEqual(
      isItsOwn ? { kind: 'decision' } : { kind: 'tampered', restoreTo, columns },
    );
    expect(readStatus(stored('rejected', guarded, { lastDecision: endedBy(event) }))).toEqual({ kind: 'decision' });
    expect(readStatus(stored('approved', 'approved', { lastDecision: endedBy(event) }))).toEqual({ kind: 'own' });
  },
);

test('a second name that shows nothing is none: the approval beside it is a decision', () => {
  for (const secondApprover of [null, '', ' ', '\u200b'])
    expect(readStatus(stored('approved', 'pending', { secondApprover }))).toEqual({ kind: 'decision' });
});

test('a deferral is taken over with its time', () => {
  const { row, events } = settle(stored('deferred', 'pending', { deferUntil: NOW + SECOND }));
  expect(row).toMatchObject({ status: 'deferred', guardedStatus: 'deferred', deferUntil: NOW + SECOND });
  expect(events).toMatchObject([{ event: 'deferred', reason: 'until 2026-02-19T10:30:01.000Z' }]);
  expect(settle(stored('deferred', 'pending')).events).toMatchObject([{ reason: 'no time given' }]);
});

test('another time of a deferral that was taken over is another deferral, with its event; the same one is none', () => {
  const lastDecision = { event: 'deferred', columns: { ...NO_DECISION, deferUntil: NOW + SECOND }, actionHash: null };
  const anew = settle(stored('deferred', 'deferred', { lastDecision, deferUntil: NOW + 3600 * SECOND }));
  expect(anew.row).toMatchObject({ status: 'deferred', deferUntil: NOW + 3600 * SECOND });
  expect(anew.events).toMatchObject([
    {
      event: 'deferred',
      fromStatus: 'deferred',
      reason: 'until 2026-02-19T11:30:00.000Z',
      after: { decision: { defer_until: '2026-02-19T11:30:00.000Z' } },
    },
  ]);
  expect(settle(stored('deferred', 'deferred', { lastDecision, deferUntil: NOW + SECOND })).events).toEqual([]);
  expect(settle(stored('deferred', 'deferred', { deferUntil: NOW + SECOND })).events).toEqual([]);
});

test.each(['awaiting_second', 'approved', 'executing', 'executed'] as const)(
  "an approval that was taken over is put back where somebody wrote over it ('%s'), and the audit says what was found",
  (status) => {
    const lastDecision = knownOf(status);
    const ends = { expiresTimestamp: NOW + 899 * SECOND };
    const found = stored(status, status, { ...lastDecision.columns, ...ends, lastDecision, approvedByOperator: 'mallory' });
    const { row, events, recommendations } = settle(found);
    expect(row).toMatchObject({ status, approvedByOperator: 'anna', ...ends });
    expect(recommendations).toMatchObject([{ expected: status, columns: { approvedByOperator: 'anna' } }]);
    expect(events).toMatchObject([
      { event: 'restored', before: { approved_by_operator: 'mallory' }, after: { approved_by_operator: 'anna' } },
    ]);
    expect(settle({ ...found, approvedByOperator: 'anna' }).events).toEqual([]);
  },
);

test('a later end than an approval may have is put back; an earlier or a missing one stays', () => {
  const end = NOW + 899 * SECOND;
  for (const [expiresTimestamp, kept] of [
    [NOW * 2, end],
    [end - SECOND, end - SECOND],
    [null, null],
  ] as const)
    for (const status of ['approved', 'awaiting_second', 'executing'] as const) {
      const lastDecision = knownOf(status);
      const { row, events } = settle(stored(status, status, { ...lastDecision.columns, lastDecision, expiresTimestamp }));
      expect(row?.expiresTimestamp).toBe(kept);
      expect(events).toHaveLength(expiresTimestamp === kept ? 0 : 1);
    }
});

test('an approval is left for the approve phase, and what is as the agent left it is left alone', () => {
  for (const found of [stored('approved', 'pending'), stored('pending', 'pending'), stored('executed', 'executed')])
    expect(settle(found)).toMatchObject({ events: [], recommendations: [] });
});

test.each(['executed', 'failed', 'rejected', 'withdrawn', 'expired', 'cancelled'] as const)(
  "a row that ended as '%s', which the audit has, stays so whatever somebody writes beside it",
  (status) => {
    const known: LastDecision = { ...APPROVED, event: status };
    for (const guarded of ['pending', 'approved', 'executing'] as const) {
      const found = stored(status, guarded, { lastDecision: known });
      if (readStatus(found).kind === 'decision') continue;
      const { row, recommendations, events } = settle(found);
      expect(row).toMatchObject({ status, guardedStatus: status });
      expect(recommendations).toMatchObject([{ expected: status, columns: { status, guardedStatus: status } }]);
      expect(events).toMatchObject([{ event: 'restored', fromStatus: status, toStatus: status }]);
    }
  },
);

test.each([
  [{ isTicketUnsigned: true }, 'its ticket bears no valid signature: it was issued before there was a key, or forged'],
  [
    { isTicketOvertaken: true },
    'the newest audit row about its ticket is not the last of its chain: a time was moved, or a clock was far ahead',
  ],
  [{}, 'the agent did not make this recommendation'],
] as const)('a row without a ticket ends with why there is none: %j', (doubt, reason) => {
  const { events, recommendations } = settle(stored('pending', 'pending', { ticket: null, lastDecision: null, ...doubt }));
  expect(events).toMatchObject([{ event: 'refused_foreign', reason }]);
  // The row says it too, or it would be taken for one that was over before anybody saw it.
  expect(recommendations).toMatchObject([{ columns: { status: 'withdrawn', executionResult: reason } }]);
});
