import { expect, test } from '@jest/globals';
import { issuedCopy, ticketFrom } from '../../src/domain/audit-copy.ts';
import { approversOf, needsTwo } from '../../src/domain/four-eyes.ts';
import { judgeApproval } from '../../src/domain/judge-approvals.ts';
import { isOpenAt, type OperatorSession } from '../../src/domain/operator-session.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { NO_DECISION, type OpenRecommendation, ticketOf } from '../../src/domain/recommendation.ts';
import { SEVERITIES } from '../../src/domain/severity.ts';
import { ticketHash, ticketRecord } from '../../src/domain/ticket.ts';
import { byCommandLine, NOW, openRow, POLICY, SECOND } from '../property/domain-fixtures.ts';

const TWO: Policy = { ...POLICY, fourEyes: true, fourEyesSeverity: 'high' };
const FIRST_AT = NOW - 60 * SECOND;
const FIRST = { ...NO_DECISION, approvedByOperator: 'Anna', approvedTimestamp: FIRST_AT };

function session(overrides: Partial<OperatorSession> = {}): OperatorSession {
  return {
    sessionId: 's1',
    operatorId: 'bernd',
    loginTimestamp: NOW - 3600 * SECOND,
    logoutTimestamp: null,
    status: 'active',
    approvedRecommendations: 0,
    rejectedRecommendations: 0,
    ...overrides,
  };
}

/** Of the ticket that both are asked about. */
const HASH = openRow().actionHash;

/** What the HMI leaves: bernd's approval over Anna's, which the audit has. */
function seconded(overrides: Partial<OpenRecommendation> = {}): OpenRecommendation {
  return openRow({
    status: 'approved',
    guardedStatus: 'awaiting_second',
    approvedByOperator: 'bernd',
    approvedTimestamp: NOW - 20 * SECOND,
    lastDecision: { event: 'first_approved', columns: FIRST, actionHash: HASH },
    ...overrides,
  });
}

function verdictOn(overrides: Partial<OpenRecommendation>, policy = TWO, sessions: readonly OperatorSession[] = []): string {
  const verdict = judgeApproval(seconded(overrides), NOW, policy, 'AGENT', sessions);
  return 'code' in verdict ? `${verdict.kind} ${verdict.code}` : verdict.kind;
}

test('a first approval where two are needed waits for the second, with its own life', () => {
  const row = openRow({
    status: 'approved',
    guardedStatus: 'pending',
    approvedByOperator: 'anna',
    approvedHash: openRow().actionHash,
    ...byCommandLine('anna', FIRST_AT, 'cli:a'),
  });
  expect(judgeApproval(row, NOW, TWO, 'AGENT')).toEqual({
    kind: 'first',
    expiresAt: FIRST_AT + 900 * SECOND,
    columns: { ...NO_DECISION, approvedByOperator: 'anna', approvedTimestamp: FIRST_AT },
    via: 'cli:a',
    namedHash: row.actionHash,
  });
  expect(judgeApproval(row, NOW, POLICY, 'AGENT').kind).toBe('accept');
});

test.each<[string, Partial<OpenRecommendation>, string]>([
  ['by plain SQL, over the name of the first', {}, 'accept'],
  ['by plain SQL, as the second approver', { approvedByOperator: 'Anna', secondApprover: 'bernd' }, 'accept'],
  ['over an edited name of the first', { approvedByOperator: 'mallory', secondApprover: 'bernd' }, 'accept'],
  ['by the same person', { approvedByOperator: 'Anna' }, 'hold same_person'],
  ['by the same person, spelt otherwise', { approvedByOperator: ' aNNa\u200b' }, 'hold same_person'],
  ['by the same person, in wide letters', { approvedByOperator: 'ａｎｎａ' }, 'hold same_person'],
  ['by the same person, the first one edited away', { approvedByOperator: 'x', secondApprover: 'ANNA' }, 'hold same_person'],
  ['by nobody', { approvedByOperator: null }, 'hold no_operator'],
  ['by a blank second, over the first one', { approvedByOperator: 'Anna', secondApprover: ' ' }, 'hold same_person'],
  ['by the agent', { approvedByOperator: 'agent' }, 'hold agent_as_operator'],
  ['by the agent, in wide letters', { approvedByOperator: 'ａｇｅｎｔ' }, 'hold agent_as_operator'],
  ['by the agent that made the row', { secondApprover: 'old', createdByAgent: 'OLD' }, 'hold agent_as_operator'],
  ['without a time', { approvedTimestamp: null }, 'hold impossible_time'],
  ['a second before the first', { approvedTimestamp: FIRST_AT - SECOND }, 'accept'],
  ['more than a second before the first', { approvedTimestamp: FIRST_AT - SECOND - 1 }, 'hold impossible_time'],
  ['with the time of the first', { approvedTimestamp: FIRST_AT }, 'hold impossible_time'],
  ['from the future', { approvedTimestamp: NOW + 5 * SECOND + 1 }, 'hold impossible_time'],
  ['by SQL, just after an escalation', { escalatedTimestamp: NOW - 22 * SECOND }, 'hold seen_before_escalation'],
  [
    'bound to the hash, just after an escalation',
    { escalatedTimestamp: NOW - 22 * SECOND, ...byCommandLine('bernd', NOW - 20 * SECOND) },
    'accept',
  ],
  ['over a rejection', { rejectedByOperator: 'jane' }, 'return contradicted'],
  ['of edited actions', { actions: [] }, 'return edited'],
  ['of another hash', { actionHash: 'x' }, 'return edited'],
  ['without a first one on record', { lastDecision: { event: 'created', columns: NO_DECISION, actionHash: null } }, 'return no_first'],
  ['after the end of a first one', { lastDecision: { event: 'lapsed', columns: NO_DECISION, actionHash: null } }, 'return no_first'],
])('a second approval %s: %s', (_what, overrides, expected) => {
  expect(verdictOn(overrides)).toBe(expected);
});

test.each([
  ['in time', 900, 1, 'accept'],
  ['at the end of the first', 900, 0, 'lapse'],
  ['in time, seen too late', 1799, 1, 'accept'],
  ['in time, seen after its own end', 1800, 1, 'expire'],
])('a second approval %s counts by its own time', (_what, firstAgeSeconds, secondsBeforeEnd, expected) => {
  const firstAt = NOW - firstAgeSeconds * SECOND;
  const lastDecision = { event: 'first_approved', columns: { ...FIRST, approvedTimestamp: firstAt }, actionHash: HASH };
  const approvedTimestamp = firstAt + 900 * SECOND - secondsBeforeEnd;
  expect(verdictOn({ lastDecision, approvedTimestamp, createdTimestamp: firstAt })).toBe(expected);
});

test('an approval by two has the name of the first from the audit, the time and the way of the second, and lives from then on', () => {
  const row = seconded({ approvedByOperator: 'mallory', secondApprover: ' bernd ', ...byCommandLine('bernd', NOW - 20 * SECOND, 'cli:b') });
  expect(judgeApproval(row, NOW, TWO, 'AGENT')).toEqual({
    kind: 'accept',
    expiresAt: NOW + 880 * SECOND,
    columns: { ...FIRST, approvedTimestamp: NOW - 20 * SECOND, approvedVia: 'cli:b', secondApprover: 'bernd' },
    via: 'cli:b',
    namedHash: null,
  });
});

test('what a dead run announced as approved by both is taken from the audit, whatever the row says by now', () => {
  const columns = { ...FIRST, approvedTimestamp: NOW - 800 * SECOND, secondApprover: 'bernd' };
  const lastDecision = { event: 'approved', columns, actionHash: HASH };
  expect(judgeApproval(seconded({ secondApprover: 'mallory', approvedTimestamp: NOW, lastDecision }), NOW, TWO, 'AGENT')).toEqual({
    kind: 'accept',
    expiresAt: NOW + 100 * SECOND,
    columns,
    via: null,
    namedHash: null,
  });
  expect(
    verdictOn({ lastDecision: { event: 'approved', columns: { ...columns, approvedTimestamp: NOW - 900 * SECOND }, actionHash: HASH } }),
  ).toBe('expire');
  expect(verdictOn({ lastDecision: { event: 'approved', columns: { ...columns, secondApprover: null }, actionHash: HASH } })).toBe(
    'return no_first',
  );
});

test.each(SEVERITIES.flatMap((least) => SEVERITIES.map((severity) => [severity, least] as const)))(
  'with the policy, %s needs two people where the mildest that does is %s, as far as it is no milder; with the ticket it always does',
  (severity, least) => {
    const wanted = SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
    expect(needsTwo({ severity }, { fourEyes: true, fourEyesSeverity: least })).toBe(wanted);
    expect(needsTwo({ severity }, { fourEyes: false, fourEyesSeverity: least })).toBe(false);
    expect(needsTwo({ severity, fourEyes: true }, { fourEyes: false, fourEyesSeverity: least })).toBe(true);
  },
);

test('the demand for two people is sealed with the ticket, and a ticket without it is what it always was', () => {
  const row = openRow();
  const plain = ticketOf(row, []);
  const demanding = ticketOf(row, [], { fourEyes: true });
  expect(Object.keys(ticketRecord(plain)).toSorted()).toEqual(['actions', 'equipment_id', 'recommendation_id', 'rule_id', 'severity']);
  expect(ticketHash(demanding)).not.toBe(ticketHash(plain));
  for (const ticket of [plain, demanding]) expect(ticketFrom(issuedCopy(ticket))).toEqual(ticket);
  const { issueFamily: _family, ...older } = plain;
  expect(ticketFrom({ ticket: ticketRecord(plain) })).toEqual(older);
  expect(ticketHash(older)).toBe(ticketHash(plain));
  for (const four_eyes of [false, null, 'true', 1]) expect(ticketFrom({ ticket: { ...ticketRecord(plain), four_eyes } })).toBeNull();
});

test.each<[string, Partial<OperatorSession>, boolean]>([
  ['without an end', {}, true],
  ['without a status', { status: null }, true],
  ['with a status of another kind', { status: 'on shift' }, true],
  ['closed, nobody says when', { status: ' Closed' }, false],
  ['expired, nobody says when', { status: 'EXPIRED' }, false],
  ['closed afterwards', { status: 'closed', logoutTimestamp: NOW }, true],
  ['closed, with an end that is still to come', { status: 'closed', logoutTimestamp: NOW + 3600 * SECOND }, true],
  ['closed before', { status: 'closed', logoutTimestamp: NOW - 1 }, false],
  ['with an end before, and still active', { logoutTimestamp: NOW - 1 }, false],
  ['begun a second later', { loginTimestamp: NOW + SECOND }, true],
  ['begun more than a second later', { loginTimestamp: NOW + SECOND + 1 }, false],
  ['that never began', { loginTimestamp: null }, false],
])('a session %s is open at a moment: %s', (_what, overrides, expected) => {
  expect(isOpenAt(session(overrides), NOW)).toBe(expected);
});

test.each<[string, readonly OperatorSession[], string]>([
  ['nobody is logged in', [], 'hold no_session'],
  ['somebody else is logged in', [session({ operatorId: 'anna' })], 'hold no_session'],
  ['the second is logged in', [session()], 'accept'],
  ['the second is logged in, spelt otherwise', [session({ operatorId: ' BERND ' })], 'accept'],
  ['the second is logged in, in wide letters', [session({ operatorId: 'ｂｅｒｎｄ' })], 'accept'],
  ['the second logged out before', [session({ logoutTimestamp: NOW - 21 * SECOND })], 'hold no_session'],
  ['the second logged out after it', [session({ logoutTimestamp: NOW - 20 * SECOND })], 'accept'],
])('where sessions are required and %s, a second approval: %s', (_what, sessions, expected) => {
  expect(verdictOn({}, { ...TWO, requireSession: true }, sessions)).toBe(expected);
});

test('whose name was spelt in wide letters is known by the session of the plain ones', () => {
  expect(verdictOn({ secondApprover: 'ｂｅｒｎｄ' }, { ...TWO, requireSession: true }, [session()])).toBe('accept');
});

test('where sessions are required an only approval needs one too, and one that is too old is too old first', () => {
  const policy = { ...POLICY, requireSession: true };
  const row = openRow({ status: 'approved', guardedStatus: 'pending', approvedByOperator: 'bernd', approvedTimestamp: FIRST_AT });
  expect(judgeApproval(row, NOW, policy, 'AGENT', [])).toMatchObject({ kind: 'return', code: 'no_session' });
  expect(judgeApproval(row, NOW, policy, 'AGENT', [session()])).toMatchObject({ kind: 'accept' });
  expect(judgeApproval(row, NOW, POLICY, 'AGENT', [])).toMatchObject({ kind: 'accept' });
  const old = { ...row, createdTimestamp: NOW - 3600 * SECOND, approvedTimestamp: NOW - 900 * SECOND };
  expect(judgeApproval(old, NOW, policy, 'AGENT', [])).toMatchObject({ kind: 'expire' });
});

test('who approved is said with both names', () => {
  expect(approversOf({ approvedByOperator: 'anna', secondApprover: null })).toBe('anna');
  expect(approversOf({ approvedByOperator: 'anna', secondApprover: 'bernd' })).toBe('anna and bernd');
});
