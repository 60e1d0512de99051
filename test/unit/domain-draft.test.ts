import { expect, test } from '@jest/globals';
import { NO_DECISION } from '../../src/domain/recommendation.ts';
import {
  COMMAND_TRANSITIONS,
  isRecommendationStatus,
  isTerminal,
  isUndecided,
  mayBecome,
  RECOMMENDATION_TRANSITIONS,
  type RecommendationStatus,
} from '../../src/domain/transitions.ts';
import { commandsOf, draftOf, openRow } from '../property/domain-fixtures.ts';

const STATUSES = Object.keys(RECOMMENDATION_TRANSITIONS).filter(isRecommendationStatus);

function eventOn(subjectId: string) {
  return { subjectType: 'recommendation', subjectId, event: 'tested' } as const;
}

/** What an attempt says: 'done', or why it threw. */
function messageOf(attempt: () => unknown): string {
  try {
    attempt();
    return 'done';
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

test('the table of transitions is the one of the design', () => {
  const written = Object.entries(RECOMMENDATION_TRANSITIONS).map(([from, to]) => `${from} → ${to.join(' | ')}`);
  expect(written).toEqual([
    'pending → approved | awaiting_second | rejected | deferred | withdrawn',
    'awaiting_second → approved | pending | rejected | withdrawn',
    'deferred → pending | approved | awaiting_second | rejected | withdrawn',
    'approved → executing | pending | awaiting_second | expired | cancelled',
    'executing → executed | failed',
    'executed → ',
    'failed → ',
    'rejected → ',
    'withdrawn → ',
    'expired → ',
    'cancelled → ',
  ]);
  expect(COMMAND_TRANSITIONS).toEqual({
    pending: ['executing', 'cancelled', 'failed'],
    executing: ['pending', 'cancelled', 'executed', 'failed', 'unknown'],
    unknown: ['executed', 'failed'],
    executed: [],
    failed: [],
    cancelled: [],
  });
});

test('every status leads to an end, and what has ended leads nowhere', () => {
  for (const status of STATUSES) {
    const reached = new Set<RecommendationStatus>([status]);
    for (const from of reached) for (const to of STATUSES) if (mayBecome(from, to)) reached.add(to);
    expect([...reached].some(isTerminal)).toBe(true);
    expect(isTerminal(status)).toBe(reached.size === 1);
  }
});

test('undecided are pending, awaiting_second and deferred, and none of them may execute', () => {
  expect(STATUSES.filter(isUndecided)).toEqual(['pending', 'awaiting_second', 'deferred']);
  expect(STATUSES.filter((status) => mayBecome(status, 'executing'))).toEqual(['approved']);
});

test('a text that is no status has ended: it stops nothing', () => {
  for (const text of ['done', 'Pending', 'PENDING', '', 'toString', '__proto__']) {
    expect(isRecommendationStatus(text)).toBe(false);
    expect(isTerminal(text)).toBe(true);
  }
});

test.each(STATUSES.flatMap((from) => STATUSES.map((to) => [from, to] as const)))(
  'a draft takes a row from %s to %s only by the table',
  (from, to) => {
    const row = openRow({ status: from });
    const draft = draftOf([row]);
    const change = () => draft.update(row, { status: to, guardedStatus: to }, eventOn(row.recommendationId));
    expect(messageOf(change)).toBe(
      from === to || mayBecome(from, to) ? 'done' : `recommendation ${row.recommendationId} may not go from ${from} to ${to}`,
    );
    expect(draft.row(row.recommendationId)?.status).toBe(mayBecome(from, to) ? to : from);
  },
);

test.each(['executed', 'awaiting_second', 'approved', 'done', 'PENDING', ''])(
  "a row found '%s' may always be put back to the agent's last status",
  (found) => {
    const row = openRow({ guardedStatus: 'pending' });
    const draft = draftOf([{ ...row, status: found }]);
    draft.update(row, { status: 'pending' }, eventOn(row.recommendationId));
    expect(draft.take().recommendations).toEqual([
      { recommendationId: row.recommendationId, expected: found, columns: { status: 'pending' } },
    ]);
  },
);

test('several changes of one row are one write, guarded by the status that was read first', () => {
  const row = openRow({ status: 'approved', guardedStatus: 'pending' });
  const draft = draftOf([row]);
  draft.update(row, { guardedStatus: 'approved', expiresTimestamp: 5 }, eventOn(row.recommendationId));
  draft.update(row, { status: 'executing', guardedStatus: 'executing' }, { ...eventOn(row.recommendationId), event: 'second' });
  const { recommendations, events } = draft.take();
  expect(recommendations).toEqual([
    {
      recommendationId: row.recommendationId,
      expected: 'approved',
      columns: { guardedStatus: 'executing', expiresTimestamp: 5, status: 'executing' },
    },
  ]);
  expect(events.map(({ event }) => event)).toEqual(['tested', 'second']);
});

test('a step that the store would refuse together with the first waits for the next write, without an event', () => {
  const row = openRow({ guardedStatus: 'pending' });
  const draft = draftOf([{ ...row, status: 'executed' }]);
  expect(draft.update(row, { status: 'pending' }, eventOn(row.recommendationId))).toBe(true);
  const withdraw = () =>
    draft.update(row, { status: 'withdrawn', guardedStatus: 'withdrawn' }, { ...eventOn(row.recommendationId), event: 'withdrawn' });
  expect(withdraw()).toBe(false);
  const first = draft.take();
  expect(first.recommendations).toEqual([{ recommendationId: row.recommendationId, expected: 'executed', columns: { status: 'pending' } }]);
  expect(first.events).toHaveLength(1);
  expect(withdraw()).toBe(true);
  expect(draft.take().recommendations).toMatchObject([{ expected: 'pending', columns: { status: 'withdrawn' } }]);
});

test('a new row may change before it is written, and is still inserted', () => {
  const row = openRow();
  const draft = draftOf([]);
  draft.create(row, eventOn(row.recommendationId));
  draft.update(row, { status: 'withdrawn', guardedStatus: 'withdrawn' }, eventOn(row.recommendationId));
  const [change] = draft.take().recommendations;
  expect(change).toMatchObject({ expected: null, columns: { status: 'withdrawn', severity: 'high' } });
  expect(change?.columns).not.toHaveProperty('ticket');
  expect(change?.columns).not.toHaveProperty('lastDecision');
});

test('no row is made beside an open one of its family, and the successor of a row that cannot end yet waits with it', () => {
  const row = openRow({ status: 'approved', guardedStatus: 'approved' });
  const draft = draftOf([{ ...row, status: 'withdrawn' }]);
  draft.update(row, { status: 'approved' }, eventOn(row.recommendationId));
  const cancel = () => draft.update(row, { status: 'cancelled', guardedStatus: 'cancelled' }, eventOn(row.recommendationId));
  const successor = { ...openRow(), recommendationId: 'successor' };
  const succeed = () => draft.create(successor, eventOn(successor.recommendationId));
  expect([cancel(), succeed()]).toEqual([false, false]);
  expect(draft.create({ ...successor, issueFamily: 'flow', recommendationId: 'other' }, eventOn('other'))).toBe(true);
  expect(draft.create({ ...successor, status: 'withdrawn', recommendationId: 'past' }, eventOn('past'))).toBe(true);
  draft.take();
  expect([cancel(), succeed()]).toEqual([true, true]);
});

test('what was taken is not taken again, and later changes expect what was written', () => {
  const row = openRow({ status: 'approved', guardedStatus: 'approved' });
  const draft = draftOf([row]);
  draft.update(row, { status: 'executing', guardedStatus: 'executing' }, eventOn(row.recommendationId));
  expect(draft.changedRecommendations).toBe(1);
  draft.take();
  expect(draft.changedRecommendations).toBe(0);
  expect(draft.take()).toEqual({ events: [], recommendations: [], commands: [], workOrders: [] });
  draft.update(row, { status: 'failed', guardedStatus: 'failed', ...NO_DECISION }, eventOn(row.recommendationId));
  expect(draft.take().recommendations).toMatchObject([{ expected: 'executing', columns: { status: 'failed' } }]);
});

test.each(Object.keys(COMMAND_TRANSITIONS) as (keyof typeof COMMAND_TRANSITIONS)[])(
  'a draft takes a command from %s only by the table',
  (from) => {
    for (const to of Object.keys(COMMAND_TRANSITIONS) as (keyof typeof COMMAND_TRANSITIONS)[]) {
      const [command] = commandsOf(openRow(), { status: from });
      if (!command) throw new Error('the high band has two actions');
      const draft = draftOf([], [command]);
      const change = () => draft.updateCommand(command, { status: to }, { ...eventOn(command.commandId), subjectType: 'command' });
      const reachable: readonly string[] = COMMAND_TRANSITIONS[from];
      expect(messageOf(change)).toBe(
        from === to || reachable.includes(to) ? 'done' : `command ${command.commandId} may not go from ${from} to ${to}`,
      );
    }
  },
);

test('a command given back and then cancelled is still changed only by the run that claimed it', () => {
  const [command] = commandsOf(openRow(), { status: 'executing', claimedBy: 'RUN' });
  if (!command) throw new Error('the high band has two actions');
  const draft = draftOf([], [command]);
  draft.updateCommand(command, { status: 'pending', claimedBy: null }, { ...eventOn('c'), event: 'returned' }, 'RUN');
  draft.updateCommand(command, { status: 'cancelled' }, { ...eventOn('c'), event: 'cancelled' });
  expect(draft.take().commands).toEqual([
    { commandId: command.commandId, expected: 'executing', claimedBy: 'RUN', columns: { status: 'cancelled', claimedBy: null } },
  ]);
});

test("a recommendation's commands come in their order, and one that was only observed is not written", () => {
  const row = openRow();
  const commands = commandsOf(row);
  const draft = draftOf([row], commands.toReversed());
  expect(draft.commandsOf(row.recommendationId).map(({ sequence }) => sequence)).toEqual([1, 2]);
  for (const command of commands) draft.observe({ ...command, status: 'executing' });
  expect(draft.commands.map(({ status }) => status)).toEqual(['executing', 'executing']);
  expect(draft.take().commands).toEqual([]);
});
