import { expect, test } from '@jest/globals';
import { checkDispatch, isReadBack } from '../../src/domain/check-dispatch.ts';
import type { Command } from '../../src/domain/command.ts';
import { judgeApproval } from '../../src/domain/judge-approvals.ts';
import { isSatisfied, judgeReadiness, type ReadinessContext, tagsToRead, toleranceOf } from '../../src/domain/readiness.ts';
import { NO_DECISION, type OpenRecommendation } from '../../src/domain/recommendation.ts';
import type { AllowedTag } from '../../src/domain/tags.ts';
import type { Ticket } from '../../src/domain/ticket.ts';
import {
  byCommandLine,
  commandsOf,
  COOLING_TAG,
  LIVE_TAG,
  NOW,
  openRow,
  POLICY,
  SECOND,
  TAGS,
  sending,
} from '../property/domain-fixtures.ts';

const CREATED = openRow().createdTimestamp;

function verdictOn(overrides: Partial<OpenRecommendation>): string {
  const row = openRow({
    status: 'approved',
    guardedStatus: 'pending',
    approvedByOperator: 'anna',
    approvedTimestamp: NOW - 20 * SECOND,
    ...overrides,
  });
  const verdict = judgeApproval(row, NOW, POLICY, 'AGENT');
  return verdict.kind === 'return' ? verdict.code : verdict.kind;
}

test.each<[string, Partial<OpenRecommendation>, string]>([
  ['the row', { rejectedByOperator: 'jane', rejectionReason: 'valve stuck' }, 'jane had rejected it before (valve stuck); decide again'],
  [
    'a row without words',
    { rejectedByOperator: ' ', rejectedTimestamp: 1, rejectionReason: ' ' },
    'somebody had rejected it before (no reason given)',
  ],
  [
    'the audit, whatever the row says',
    {
      rejectedByOperator: 'mallory',
      rejectionReason: null,
      lastDecision: {
        event: 'rejected',
        columns: { ...NO_DECISION, rejectedByOperator: 'jane', rejectionReason: 'valve stuck' },
        actionHash: null,
      },
    },
    'jane had rejected it before (valve stuck); decide again',
  ],
])('who rejected before, and why, is said as %s has it', (_what, overrides, said) => {
  const row = openRow({ status: 'approved', guardedStatus: 'pending', approvedByOperator: 'anna', approvedTimestamp: NOW, ...overrides });
  expect(judgeApproval(row, NOW, POLICY, 'AGENT')).toMatchObject({ kind: 'return', reason: expect.stringContaining(said) as unknown });
});

test.each<[string, Partial<OpenRecommendation>, string]>([
  ['in order', {}, 'accept'],
  ['without an operator', { approvedByOperator: null }, 'no_operator'],
  ['by a blank operator', { approvedByOperator: ' \t' }, 'no_operator'],
  ['by the agent', { approvedByOperator: 'AGENT' }, 'agent_as_operator'],
  ['by the agent, its name wiped from the row', { approvedByOperator: 'AGENT', createdByAgent: null }, 'agent_as_operator'],
  ['by this agent, of a row that another made', { approvedByOperator: 'AGENT', createdByAgent: 'old_agent' }, 'agent_as_operator'],
  ['by a name that shows nothing', { approvedByOperator: '\u200b' }, 'no_operator'],
  ['by the agent, with a character that shows nothing', { approvedByOperator: 'AGENT\u200b' }, 'agent_as_operator'],
  ['by the agent, spelt otherwise', { approvedByOperator: ' agent ' }, 'agent_as_operator'],
  ['without a time', { approvedTimestamp: null }, 'impossible_time'],
  ['a second before the creation', { approvedTimestamp: CREATED - SECOND }, 'accept'],
  ['more than a second before the creation', { approvedTimestamp: CREATED - SECOND - 1 }, 'impossible_time'],
  ['five seconds ahead', { approvedTimestamp: NOW + 5 * SECOND }, 'accept'],
  ['more than five seconds ahead', { approvedTimestamp: NOW + 5 * SECOND + 1 }, 'impossible_time'],
  ['by SQL, before an escalation', { escalatedTimestamp: NOW - 10 * SECOND }, 'seen_before_escalation'],
  ['by SQL, just under 5 s after an escalation', { escalatedTimestamp: NOW - 25 * SECOND + 1 }, 'seen_before_escalation'],
  ['by SQL, 5 s after an escalation', { escalatedTimestamp: NOW - 25 * SECOND }, 'accept'],
  [
    'bound to the hash, just after an escalation',
    { escalatedTimestamp: NOW - 21 * SECOND, ...byCommandLine('anna', NOW - 20 * SECOND) },
    'accept',
  ],
  ...(
    [
      ['another name', { approvedByOperator: 'bob' }],
      ['another time', { approvedTimestamp: NOW - 19 * SECOND }],
      ['no word of it in the audit', { given: [] }],
      ['a rejection in the audit', { given: [{ event: 'rejection_given', actor: 'anna via cli:x' }] }],
    ] as const
  ).map(([what, written]): [string, Partial<OpenRecommendation>, string] => [
    `by the command line, with ${what}, just after an escalation`,
    { escalatedTimestamp: NOW - 21 * SECOND, ...byCommandLine('anna', NOW - 20 * SECOND), ...written },
    'seen_before_escalation',
  ]),
  ['over a rejection', { rejectedByOperator: 'jane', rejectedTimestamp: NOW - 21 * SECOND }, 'contradicted'],
  ['over a rejection by nobody', { rejectedTimestamp: NOW - 21 * SECOND }, 'contradicted'],
  ['over a rejection without a time', { rejectedByOperator: 'jane' }, 'contradicted'],
  [
    'over a rejection that the audit alone has',
    { lastDecision: { event: 'rejected', columns: { ...NO_DECISION, rejectedByOperator: 'jane' }, actionHash: null } },
    'contradicted',
  ],
  ['with edited actions', { actions: [] }, 'edited'],
  ['with another hash', { actionHash: 'x' }, 'edited'],
  ['without a ticket on record', { ticket: null }, 'edited'],
])('an approval %s: %s', (_what, overrides, expected) => {
  expect(verdictOn(overrides)).toBe(expected);
});

test.each([
  [900 * SECOND, 'expire'],
  [900 * SECOND - 1, 'accept'],
])('an approval that is %d ms old: %s', (age, expected) => {
  expect(verdictOn({ createdTimestamp: NOW - 3600 * SECOND, approvedTimestamp: NOW - age })).toBe(expected);
});

test('an accepted approval lives from the moment of the decision, not from the cycle that saw it', () => {
  const row = openRow({ approvedByOperator: 'anna', approvedTimestamp: NOW - 20 * SECOND });
  expect(judgeApproval(row, NOW, POLICY, 'AGENT')).toMatchObject({ kind: 'accept', expiresAt: NOW + 880 * SECOND });
});

const TICKET = openRow().ticket as Ticket; // openRow always makes one
const READY: ReadinessContext = {
  condition: 'holds',
  tags: TAGS,
  live: new Map([
    [LIVE_TAG, 100],
    [COOLING_TAG, 0],
  ]),
  driftPercent: 5,
  tolerancePercent: 0.5,
};

function readiness(context: Partial<ReadinessContext>, throughput?: number, ticket = TICKET): string {
  const live = throughput === undefined ? READY.live : new Map(READY.live).set(LIVE_TAG, throughput);
  const verdict = judgeReadiness(ticket, { ...READY, live, ...context });
  return verdict.kind === 'cancel' ? verdict.code : verdict.kind;
}

const stepped: readonly AllowedTag[] = TAGS.allow.map((tag) => ({ ...tag, maxStep: 20 }));

test.each<[string, Partial<ReadinessContext>, number | undefined, string]>([
  ['the condition holds and nothing moved', {}, undefined, 'ready'],
  ['the condition cleared', { condition: 'cleared' }, undefined, 'condition_cleared'],
  ['nobody knows the condition', { condition: 'unknown' }, undefined, 'wait'],
  ['the tag is not listed any more', { tags: { allow: [], deny: [] } }, undefined, 'tag_not_allowed'],
  ['the tag was denied meanwhile', { tags: { ...TAGS, deny: ['Throughput*'] } }, undefined, 'tag_denied'],
  ['the limits were narrowed', { tags: { allow: TAGS.allow.map((tag) => ({ ...tag, min: 80 })), deny: [] } }, undefined, 'out_of_limits'],
  ['a live value cannot be read', { live: new Map([[LIVE_TAG, 100]]) }, undefined, 'wait'],
  ['no live value can be read', { live: new Map() }, undefined, 'wait'],
  ['the live value moved by 5 % of the span', {}, 95, 'ready'],
  ['the live value moved by more', {}, 94.9, 'renew'],
  ['the live value moved, with a greater tolerance', { driftPercent: 10 }, 94.9, 'ready'],
  ['the live value moved to the target', {}, 75, 'ready'],
  ['the live value moved below the target', {}, 40, 'ready'],
  ['the step is too large', { tags: { allow: stepped, deny: [] } }, undefined, 'step_too_large'],
])('an accepted approval where %s: %s', (_what, context, throughput, expected) => {
  expect(readiness(context, throughput)).toBe(expected);
});

test('drift is measured by the span of the tag, not by its value', () => {
  const allow = TAGS.allow.map((tag) => ({ ...tag, max: tag.max * 10 }));
  expect(readiness({ tags: { allow, deny: [] } }, 55)).toBe('ready');
  expect(readiness({ tags: { allow, deny: [] } }, 151)).toBe('renew');
});

test('an action whose live value was not known when it was recommended cannot drift, but is held to its direction', () => {
  const blind = { ...TICKET, actions: TICKET.actions.map((action) => ({ ...action, old: null })) };
  expect(readiness({}, 80, blind)).toBe('ready');
  const up = { ...TICKET, actions: TICKET.actions.map((action) => ({ ...action, old: null, direction: 'any' as const })) };
  expect(readiness({}, 80, up)).toBe('wrong_direction');
});

test('a renewed ticket asks for the same with the live values of today', () => {
  const verdict = judgeReadiness(TICKET, { ...READY, live: new Map([...READY.live, [LIVE_TAG, 90]]) });
  if (verdict.kind !== 'renew') throw new Error('it moved by 10 %');
  expect(verdict.actions).toEqual([{ ...TICKET.actions[0], old: 90 }, TICKET.actions[1]]);
  expect(verdict.reason).toContain('moved from 100 to 90');
  expect(tagsToRead(TICKET)).toEqual([LIVE_TAG, COOLING_TAG]);
});

test.each([
  ['decrease', 75, true],
  ['decrease', 75.5, true],
  ['decrease', 75.51, false],
  ['decrease', 0, true],
  ['increase', 74.49, false],
  ['increase', 74.5, true],
  ['increase', 100, true],
  ['any', 75.5, true],
  ['any', 74.4, false],
  ['any', 75.6, false],
] as const)('a %s to 75 with a live value of %d is done already: %s', (direction, live, done) => {
  expect(isSatisfied({ value: 75, direction }, live, 0.5)).toBe(done);
});

const [COMMAND] = commandsOf(openRow(), { status: 'executing', claimedBy: 'RUN', notAfter: NOW });

const liveOf = (value: number | undefined) => new Map(value === undefined ? [] : [[LIVE_TAG, value]]);

function dispatch(
  edit: Partial<Command>,
  live: number | undefined = 100,
  overrides: Partial<Parameters<typeof checkDispatch>[1]> = {},
): string {
  if (!COMMAND) throw new Error('the high band has two actions');
  const verdict = checkDispatch({ ...COMMAND, ...edit }, { ...sending(TICKET, liveOf(live)), ...overrides });
  return 'code' in verdict ? `${verdict.kind} ${verdict.code}` : verdict.kind;
}

test.each<[string, Partial<Command>, number | undefined, Partial<Parameters<typeof checkDispatch>[1]>, string]>([
  ['as approved, at its last moment', {}, 100, {}, 'write'],
  ['a millisecond too late', { notAfter: NOW - 1 }, 100, {}, 'return too_late'],
  ['without a time', { notAfter: null }, 100, {}, 'return too_late'],
  ['with another value', { newValue: '0' }, 100, {}, 'refuse ticket_mismatch'],
  ['with another value and too late', { newValue: '0', notAfter: null }, 100, {}, 'refuse ticket_mismatch'],
  ['of a sequence number that nobody approved', { sequence: 3 }, 100, {}, 'refuse ticket_mismatch'],
  ['without a ticket on record', {}, 100, { ticket: null }, 'refuse ticket_mismatch'],
  ['whose tag is not listed', {}, 100, { tags: { allow: [], deny: [] } }, 'refuse tag_not_allowed'],
  ['whose tag is denied', {}, 75, { tags: { ...TAGS, deny: ['*'] } }, 'refuse tag_denied'],
  ['at the target', {}, 75.5, {}, 'satisfied'],
  ['below the target', {}, 0, {}, 'satisfied'],
  ['just above the target', {}, 75.51, {}, 'write'],
  ['whose step is too large', {}, 100, { tags: { allow: stepped, deny: [] } }, 'refuse step_too_large'],
])('a claimed command %s: %s', (_what, edit, live, overrides, expected) => {
  expect(dispatch(edit, live, overrides)).toBe(expected);
});

test('a command whose live value cannot be read goes back', () => {
  expect(dispatch({}, 100, { live: liveOf(undefined) })).toBe('return not_readable');
});

test('a command of another kind of value than the ticket says is refused by name', () => {
  if (!COMMAND) throw new Error('the high band has two actions');
  const verdict = checkDispatch({ ...COMMAND, unit: 'kg', tagPath: COOLING_TAG }, sending(TICKET, liveOf(100)));
  expect(verdict).toMatchObject({ kind: 'refuse', reason: 'the command differs from the approved ticket in tagPath, unit' });
});

test.each([
  [75.5, true],
  [75.51, false],
  [74.5, true],
  [74.49, false],
])('75 was written and %d is read: that is a confirmation: %s', (live, confirmed) => {
  const [tag] = TAGS.allow;
  if (!tag) throw new Error('the simulator has tags');
  expect(isReadBack({ value: 75, old: 100 }, tag, live, 0.5)).toBe(confirmed);
  expect(toleranceOf(tag, 0.5)).toBe(0.5);
});
