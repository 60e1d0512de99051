import { refuseForeignCommands } from '../../src/domain/refuse-commands.ts';
import { expect, test } from '@jest/globals';
import type { Command } from '../../src/domain/command.ts';
import { recommendationIdOf } from '../../src/domain/ids.ts';
import { NO_KEYS } from '../../src/domain/key-ring.ts';
import { concludeRecommendation } from '../../src/domain/conclude.ts';
import { deriveCommands } from '../../src/domain/derive-commands.ts';
import { dispatchingText, type DispatchPlanContext, planDispatch } from '../../src/domain/plan-dispatch.ts';
import { decisionOf, type OpenRecommendation, ticketOf } from '../../src/domain/recommendation.ts';
import type { Ticket } from '../../src/domain/ticket.ts';
import { acceptedRow, commandsOf, control, draftOf, NOW, openRow, POLICY, SECOND } from '../property/domain-fixtures.ts';

const CONTEXT: DispatchPlanContext = {
  agentId: 'AGENT',
  now: NOW,
  policy: POLICY,
  controls: [],
  keys: NO_KEYS,
  announced: new Set(),
  writesLeft: 100,
  mayDispatch: true,
  conditionOf: () => 'holds',
  accountedFor: () => NOW - SECOND,
};

function executing(overrides: Partial<OpenRecommendation> = {}, peak = 92): OpenRecommendation {
  return acceptedRow({ status: 'executing', guardedStatus: 'executing', ...overrides }, peak);
}

/** Another equipment's executing row, with its own ticket. */
function executingOn(equipmentId: string, overrides: Partial<OpenRecommendation> = {}, peak = 92): OpenRecommendation {
  const row = executing(overrides, peak);
  const recommendationId = recommendationIdOf(equipmentId, 'temperature', null);
  const actions = (row.ticket as Ticket).actions; // acceptedRow always has one
  return { ...row, equipmentId, recommendationId, ticket: ticketOf({ ...row, equipmentId, recommendationId }, actions) };
}

const ROW = executing();

/** The row's two commands in these statuses. */
function pair(first: Partial<Command>, second: Partial<Command> = {}): Command[] {
  return commandsOf(ROW).map((command, index) => ({ ...command, ...(index === 0 ? first : second) }));
}

function idsOf(row: OpenRecommendation): readonly string[] {
  return commandsOf(row).map(({ commandId }) => commandId);
}

function plan(commands: readonly Command[], context: Partial<DispatchPlanContext> = {}, row = ROW) {
  const draft = draftOf([row], commands);
  const claims = planDispatch(draft, { ...CONTEXT, ...context });
  return { draft, claims, row: draft.row(row.recommendationId), statuses: draft.commands.map(({ status }) => status) };
}

test('a whole sequence is claimed until the end of its approval', () => {
  const { claims, draft } = plan(pair({}));
  expect(claims).toEqual(commandsOf(ROW).map(({ commandId }) => ({ commandId, approvalEnds: NOW + 600 * SECOND })));
  expect(draft.take().events).toEqual([]);
});

test('the audit says of a command that is sent for whom, what and from which value', () => {
  expect(commandsOf(ROW).map((command) => dispatchingText(command, ROW, 'AGENT'))).toMatchObject([
    { event: 'dispatching', actor: 'AGENT for anna', before: { value: 100 }, after: { value: '75' } },
    { event: 'dispatching', actor: 'AGENT for anna', before: { value: 0 }, after: { value: '1' } },
  ]);
});

test.each<[string, Partial<DispatchPlanContext>]>([
  ['the plant only advises', { mayDispatch: false }],
  ['nobody knows the condition', { conditionOf: () => 'unknown' }],
  ['advisory mode is on', { controls: [control('advisory')] }],
  ['advisory mode is on for the equipment', { controls: [control('advisory', { scope: 'r*' })] }],
])('nothing is claimed and nothing ends while %s', (_what, context) => {
  const { claims, row, statuses, draft } = plan(pair({}), context);
  expect(claims).toEqual([]);
  expect(row?.status).toBe('executing');
  expect(statuses).toEqual(['pending', 'pending']);
  expect(draft.take().events).toEqual([]);
});

test.each<[string, Partial<DispatchPlanContext>, Partial<OpenRecommendation>, string]>([
  ['its approval ends now', {}, { expiresTimestamp: NOW }, 'approval_expired'],
  ['its approval ends now, under advisory mode', { controls: [control('advisory')] }, { expiresTimestamp: NOW }, 'approval_expired'],
  ['its approval ends now, with a plant that only advises', { mayDispatch: false }, { expiresTimestamp: NOW }, 'approval_expired'],
  ['its approval has no end', {}, { expiresTimestamp: null }, 'approval_expired'],
  ['its equipment is out of service', { controls: [control('out_of_service')] }, {}, 'control'],
  ['its equipment is shelved', { controls: [control('shelved', { scope: 'R1' })] }, {}, 'control'],
  ['its condition cleared', { conditionOf: () => 'cleared' }, {}, 'condition_cleared'],
])('what was not sent is cancelled and the recommendation fails when %s', (_what, context, overrides, code) => {
  const { claims, row, draft } = plan(pair({}), context, executing(overrides));
  expect(claims).toEqual([]);
  expect(draft.commands).toMatchObject([
    { status: 'cancelled', failureCode: code },
    { status: 'cancelled', failureCode: code },
  ]);
  expect(row).toMatchObject({ status: 'failed', guardedStatus: 'failed', mayHaveWritten: false, quietUntil: null });
});

test('a failure that would repeat itself keeps the family quiet for the hold time', () => {
  const { row } = plan(pair({ status: 'failed', failureCode: 'out_of_limits' }));
  expect(row).toMatchObject({ status: 'failed', mayHaveWritten: false, quietUntil: NOW + 1800 * SECOND });
});

test('an approval that somebody prolonged in the row ends when the audit says so', () => {
  const columns = { ...decisionOf(ROW), approvedTimestamp: NOW - (POLICY.approvalTtlSeconds + 1) * SECOND };
  const prolonged = executing({ expiresTimestamp: NOW + 86_400 * SECOND, lastDecision: { event: 'approved', columns, actionHash: null } });
  const { claims, draft } = plan(pair({}), {}, prolonged);
  expect(claims).toEqual([]);
  expect(draft.commands).toMatchObject([{ failureCode: 'approval_expired' }, { failureCode: 'approval_expired' }]);
});

test('a control that has ended, or of another equipment, cancels nothing', () => {
  const controls = [control('out_of_service', { until: NOW }), control('shelved', { scope: 'R2' })];
  expect(plan(pair({}), { controls }).claims).toHaveLength(2);
});

test('an approval lives to its last millisecond', () => {
  expect(plan(pair({}), {}, executing({ expiresTimestamp: NOW + 1 })).claims).toHaveLength(2);
});

test.each<[string, Partial<Command>, Partial<Command>, string, string[]]>([
  ['both executed', { status: 'executed' }, { status: 'executed' }, 'executed', ['executed', 'executed']],
  ['one executed, one failed', { status: 'executed' }, { status: 'failed' }, 'failed', ['executed', 'failed']],
  ['one failed, one pending', { status: 'failed' }, {}, 'failed', ['failed', 'cancelled']],
  ['one cancelled, one pending', { status: 'cancelled' }, {}, 'failed', ['cancelled', 'cancelled']],
  ['one failed, one unknown', { status: 'failed' }, { status: 'unknown' }, 'executing', ['failed', 'unknown']],
  [
    'one failed, one claimed by another run',
    { status: 'failed' },
    { status: 'executing', claimedBy: 'OLD' },
    'executing',
    ['failed', 'executing'],
  ],
  ['one failed, one executing without a holder', { status: 'failed' }, { status: 'executing' }, 'executing', ['failed', 'executing']],
  ['one executed, one unknown', { status: 'executed' }, { status: 'unknown' }, 'executing', ['executed', 'unknown']],
  ['one executed, one pending', { status: 'executed' }, {}, 'executing', ['executed', 'pending']],
])('with %s and %s the recommendation is concluded by what is known: %s', (_what, first, second, status, statuses) => {
  const after = plan(pair(first, second));
  expect(after.row?.status).toBe(status);
  expect(after.statuses).toEqual(statuses);
});

test('the run that holds a claim may cancel it after a failure, and only that run', () => {
  const draft = draftOf([ROW], pair({ status: 'failed' }, { status: 'executing', claimedBy: 'RUN' }));
  expect(concludeRecommendation(draft, ROW, CONTEXT, 'OTHER')).toBe(false);
  expect(concludeRecommendation(draft, ROW, CONTEXT, 'RUN')).toBe(true);
  expect(draft.take().commands).toMatchObject([
    { expected: 'executing', claimedBy: 'RUN', columns: { status: 'cancelled', failureCode: 'sequence_stopped' } },
  ]);
});

test.each<[string, Partial<Command>, boolean]>([
  ['was started', { status: 'failed', startedTimestamp: NOW }, true],
  ['could not be confirmed', { status: 'failed', failureCode: 'not_confirmed' }, true],
  ['the plant refused', { status: 'failed', startedTimestamp: NOW, failureCode: 'plant_refused' }, false],
  ['was refused before it was sent', { status: 'failed', failureCode: 'ticket_mismatch' }, false],
])('after a failure of a command that %s, a value may have been written: %#', (_what, first, written) => {
  const { row } = plan(pair(first));
  expect(row).toMatchObject({ status: 'failed', mayHaveWritten: written, executedTimestamp: null });
  expect(row?.quietUntil).toBe(written ? null : NOW + 1800 * SECOND);
});

test('an executed recommendation is quiet until it settles and accounts for what was read', () => {
  const { row } = plan(pair({ status: 'executed', startedTimestamp: NOW, executionResult: 'read back 75' }, { status: 'executed' }));
  expect(row).toMatchObject({
    status: 'executed',
    executedTimestamp: NOW,
    mayHaveWritten: true,
    quietUntil: NOW + 300 * SECOND,
    lastAccountedTimestamp: NOW - SECOND,
    executionResult: '[default]R1/ThroughputSetpoint = 75 (from 100): read back 75; [default]R1/CoolingSystemStatus = 1 (from 0): executed',
  });
});

test('the cap takes whole sequences, worst first, then oldest, and always at least one', () => {
  const older = executingOn('R2', { createdTimestamp: NOW - 900 * SECOND });
  const worst = executingOn('R3', { createdTimestamp: NOW }, 97);
  const rows = [ROW, older, worst];
  const claimedWith = (maxDispatchPerCycle: number) =>
    planDispatch(
      draftOf(
        rows,
        rows.flatMap((row) => commandsOf(row)),
      ),
      { ...CONTEXT, policy: { ...POLICY, maxDispatchPerCycle } },
    ).map(({ commandId }) => commandId);
  expect(claimedWith(100)).toEqual([...idsOf(worst), ...idsOf(older), ...idsOf(ROW)]);
  expect(claimedWith(4)).toEqual([...idsOf(worst), ...idsOf(older)]);
  expect(claimedWith(3)).toEqual([...idsOf(worst), ...idsOf(older)]);
  expect(claimedWith(2)).toEqual(idsOf(worst));
  expect(claimedWith(1)).toEqual(idsOf(worst));
  expect(planDispatch(draftOf([ROW], pair({})), { ...CONTEXT, policy: { ...POLICY, maxDispatchPerCycle: 1 } })).toHaveLength(2);
});

test.each<[string, Partial<Command>, string]>([
  ['of no recommendation', { recommendationId: null }, 'no_valid_approval'],
  ['of a recommendation that is not open', { recommendationId: 'unheard-of' }, 'no_valid_approval'],
  ['with another value', { newValue: '0' }, 'ticket_mismatch'],
  ['with an id of its own', { commandId: 'forged' }, 'ticket_mismatch'],
  ['with a sequence number that nobody approved', { sequence: 3 }, 'ticket_mismatch'],
])('a command row %s is refused and audited', (_what, edit, code) => {
  const draft = draftOf([ROW], pair(edit));
  expect(refuseForeignCommands(draft, CONTEXT)).toHaveLength(1);
  const { commands, events } = draft.take();
  expect(commands).toMatchObject([{ expected: 'pending', columns: { status: 'failed', failureCode: code } }]);
  expect(events).toMatchObject([{ event: 'refused', toStatus: 'failed' }]);
});

test.each(['pending', 'approved', 'awaiting_second', 'deferred'] as const)(
  'commands of a recommendation that is %s are refused, in whatever state they are',
  (status) => {
    const row = openRow({ status });
    for (const found of ['pending', 'executing', 'unknown'] as const) {
      const draft = draftOf([row], commandsOf(row, { status: found, claimedBy: 'OLD' }));
      expect(refuseForeignCommands(draft, CONTEXT)).toHaveLength(2);
      expect(draft.commands.map((command) => command.failureCode)).toEqual(['no_valid_approval', 'no_valid_approval']);
    }
  },
);

test('commands as approved, and those that have ended, are not refused', () => {
  expect(refuseForeignCommands(draftOf([ROW], pair({})), CONTEXT)).toHaveLength(0);
  expect(refuseForeignCommands(draftOf([], pair({ status: 'executed' }, { status: 'cancelled' })), CONTEXT)).toHaveLength(0);
  const noTicket = executing({ ticket: null });
  expect(refuseForeignCommands(draftOf([noTicket], pair({})), CONTEXT)).toHaveLength(2);
});

test('deriving gives the sealed commands once, and leaves a row alone that somebody put there before', () => {
  const draft = draftOf([ROW]);
  expect(deriveCommands(draft, ROW, CONTEXT)).toEqual(commandsOf(ROW));
  expect(deriveCommands(draft, ROW, CONTEXT)).toEqual([]);
  expect(draft.take().events).toMatchObject([
    { event: 'derived', toStatus: 'pending', reason: '[default]R1/ThroughputSetpoint = 75' },
    { event: 'derived' },
  ]);
  const seeded = draftOf([ROW], pair({ newValue: '0' }).slice(0, 1));
  expect(deriveCommands(seeded, ROW, CONTEXT)).toHaveLength(1);
  expect(refuseForeignCommands(seeded, CONTEXT)).toHaveLength(1);
  expect(planDispatch(seeded, CONTEXT)).toEqual([]);
});

test('only an executing recommendation gets commands', () => {
  const row = acceptedRow();
  expect(deriveCommands(draftOf([row]), row, CONTEXT)).toEqual([]);
});

test('a sequence that a crash left half made is completed before anything of it is sent', () => {
  const { claims } = plan(pair({}).slice(0, 1));
  expect(claims).toHaveLength(2);
});

test('a command that is gone after another was sent is not made again: the recommendation fails and says so', () => {
  const { row, claims } = plan(pair({ status: 'executed', attempt: 1, startedTimestamp: NOW }).slice(0, 1));
  expect(claims).toEqual([]);
  expect(row).toMatchObject({ status: 'failed', mayHaveWritten: true });
  expect(row?.executionResult).toContain('CoolingSystemStatus = 1: its command is missing');
});

test('advice without actions is executed once it is approved, with nothing written', () => {
  const advice = executing({ actions: [], ticket: ticketOf(ROW, []) });
  const { row, claims } = plan([], {}, advice);
  expect(claims).toEqual([]);
  expect(row).toMatchObject({ status: 'executed', mayHaveWritten: false, executionResult: 'there was nothing to write' });
});

test('a recommendation that starts in this very draft is concluded only by a later write', () => {
  const approved = acceptedRow({ actions: [], ticket: ticketOf(ROW, []) });
  const draft = draftOf([approved]);
  draft.update(
    approved,
    { status: 'executing', guardedStatus: 'executing' },
    { subjectType: 'recommendation', subjectId: 'x', event: 'executing' },
  );
  planDispatch(draft, CONTEXT);
  expect(draft.take().recommendations).toMatchObject([{ expected: 'approved', columns: { status: 'executing' } }]);
  planDispatch(draft, CONTEXT);
  expect(draft.take().recommendations).toMatchObject([{ expected: 'executing', columns: { status: 'executed' } }]);
});

test('a row that somebody put beside the derived commands says nothing about how these went', () => {
  const [first, second] = pair({});
  if (!first || !second) throw new Error('two commands');
  const foreign: Command = { ...first, commandId: 'mine', status: 'failed', failureCode: 'no_valid_approval' };
  const { claims, statuses, row } = plan([first, second, foreign]);
  expect(claims.map(({ commandId }) => commandId)).toEqual([first.commandId, second.commandId]);
  expect(statuses).toEqual(['pending', 'pending', 'failed']);
  expect(row?.status).toBe('executing');
});

test('a command whose sequence somebody edited is refused, and its recommendation comes to an end', () => {
  const [first] = pair({});
  const { row, draft } = plan(first ? [{ ...first, sequence: 2, status: 'failed', failureCode: 'ticket_mismatch' }] : []);
  expect(row?.status).toBe('failed');
  expect(draft.take().events).toMatchObject([{ subjectType: 'recommendation', event: 'failed' }]);
});
