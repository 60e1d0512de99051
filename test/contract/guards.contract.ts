import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Recommendation } from '../../src/domain/recommendation.ts';
import { RECOMMENDATION_TRANSITIONS, type RecommendationStatus } from '../../src/domain/transitions.ts';
import type { Lease } from '../../src/ports/lease.ts';
import { type AtHand, leaseOf, type StoreUnderTest } from '../support/stores.ts';
import { aCommand, anEvent, aRecommendation, changing, inserting, insertingCommand } from './samples.ts';
import { withStore } from './with-store.ts';

const AT = Date.UTC(2026, 1, 19, 10, 30);
const STATUSES = Object.keys(RECOMMENDATION_TRANSITIONS) as RecommendationStatus[]; // the table's own keys

async function statusOf(at: AtHand, row: Pick<Recommendation, 'recommendationId'>): Promise<unknown> {
  return (await at.store.readLastChanges([row.recommendationId])).get(row.recommendationId)?.status;
}

function theExpectations(under: StoreUnderTest, store: () => AtHand): void {
  let lease: Lease;
  const row = aRecommendation(AT);
  const approving = changing(row, 'pending', { status: 'approved', guardedStatus: 'approved' });
  beforeEach(async () => {
    lease = await leaseOf(store().store);
    await store().store.saveRecommendations(lease, [inserting(row)]);
  });

  test('a row whose status is not the expected one is left alone, and the others are written', async () => {
    const at = store();
    const other = aRecommendation(AT, { equipmentId: 'PUMP_01' });
    await at.outside.run(`UPDATE agent_recommendations SET status = 'rejected'`);
    expect(await at.store.saveRecommendations(lease, [approving, inserting(other)])).toBe(1);
    expect(await statusOf(at, row)).toBe('rejected');
    expect(await statusOf(at, other)).toBe('pending');
  });

  test.each<readonly [string, Partial<Lease>]>([
    ['an epoch that is over', { epoch: 0 }],
    ['an epoch that is to come', { epoch: 2 }],
    ['another run', { runId: 'run-2' }],
    ['another agent', { agentId: 'somebody' }],
  ])('nothing is written under %s', async (_what, wrong) => {
    const at = store();
    const stale = { ...lease, ...wrong };
    expect(await at.store.saveRecommendations(stale, [approving, inserting(aRecommendation(AT, { equipmentId: 'PUMP_01' }))])).toBe(0);
    expect(await at.store.saveCommands(stale, [insertingCommand(aCommand(AT))])).toBe(0);
    expect(await statusOf(at, row)).toBe('pending');
    expect((await at.store.readFigures()).total).toBe(1);
    expect(await at.store.listCommands({ recommendationId: null, statuses: [], limit: 9 })).toEqual([]);
  });

  test('inserting or changing once more is a no-op, whatever has become of the row', async () => {
    const at = store();
    expect(await at.store.saveRecommendations(lease, [inserting(row)])).toBe(0);
    expect(await at.store.saveRecommendations(lease, [approving])).toBe(1);
    expect(await at.store.saveRecommendations(lease, [approving])).toBe(0);
    await at.store.saveRecommendations(lease, [changing(row, 'approved', { status: 'executing', guardedStatus: 'executing' })]);
    const before = await at.store.findRecommendations(row.recommendationId);
    expect(await at.store.saveRecommendations(lease, [inserting(row), approving])).toBe(0);
    expect(await at.store.findRecommendations(row.recommendationId)).toEqual(before);
  });

  test('a change of a row that is not there makes none', async () => {
    const at = store();
    const absent = aRecommendation(AT, { equipmentId: 'PUMP_09' });
    expect(await at.store.saveRecommendations(lease, [changing(absent, 'pending', { ...absent, status: 'approved' })])).toBe(0);
    expect((await at.store.readFigures()).total).toBe(1);
  });

  test.each(['executed', 'rejected', 'pending', 'DONE', "a'b", ''])(
    "a status '%s' from outside can be put back to the agent's own last one",
    async (status) => {
      const at = store();
      await at.store.saveRecommendations(lease, [approving]);
      await at.outside.run('UPDATE agent_recommendations SET status = :status', { status });
      const [found] = (await at.store.readOpenWork('x')).recommendations;
      expect(found).toMatchObject({ status, guardedStatus: 'approved' });
      expect(await at.store.saveRecommendations(lease, [changing(row, status, { status: 'approved' })])).toBe(1);
      expect(await statusOf(at, row)).toBe('approved');
    },
  );

  test('so can a status that was set to NULL', async () => {
    const at = store();
    await at.outside.run('UPDATE agent_recommendations SET status = NULL');
    const [found] = (await at.store.readOpenWork('x')).recommendations;
    expect(found).toMatchObject({ status: '', guardedStatus: 'pending' });
    expect(await at.store.saveRecommendations(lease, [changing(row, '', { status: 'pending' })])).toBe(1);
    expect(await statusOf(at, row)).toBe('pending');
  });

  test('so can bytes, where a column takes them', async () => {
    const at = store();
    if (!under.takesAnyValue) return;
    await at.outside.run(`UPDATE agent_recommendations SET status = x'00'`);
    const [found] = (await at.store.readOpenWork('x')).recommendations;
    expect(found).toMatchObject({ status: '', guardedStatus: 'pending' });
    expect(await at.store.saveRecommendations(lease, [changing(row, '', { status: 'pending' })])).toBe(1);
    expect(await statusOf(at, row)).toBe('pending');
  });

  test('and to no other than that, once it has ended', async () => {
    const at = store();
    await at.outside.run(`UPDATE agent_recommendations SET status = 'executed'`);
    for (const status of STATUSES.filter((candidate) => candidate !== 'pending' && candidate !== 'executed'))
      expect(await at.store.saveRecommendations(lease, [changing(row, 'executed', { status })])).toBe(0);
    expect(await at.store.saveRecommendations(lease, [changing(row, 'executed', { outcome: 'effective' })])).toBe(1);
    expect(await statusOf(at, row)).toBe('executed');
  });

  test('a command that a run claimed is changed by that run only', async () => {
    const at = store();
    const command = aCommand(AT, { status: 'executing', claimedBy: 'run-0' });
    await at.store.saveCommands(lease, [insertingCommand(command)]);
    const change = { commandId: command.commandId, expected: 'executing' as const, columns: { status: 'executed' as const } };
    expect(await at.store.saveCommands(lease, [{ ...change, claimedBy: 'run-1' }])).toBe(0);
    expect(await at.store.saveCommands(lease, [{ ...change, claimedBy: 'run-0' }])).toBe(1);
    expect(await at.store.saveCommands(lease, [{ ...change, claimedBy: 'run-0' }])).toBe(0);
  });
}

const commandsNow = async (at: AtHand) =>
  (await at.store.listCommands({ recommendationId: null, statuses: [], limit: 9 })).map(({ commandId, status }) => [commandId, status]);

function whoToldLast(store: () => AtHand): void {
  test('of what a run meant, another run told last only once it has the lease, and up to the time that is asked for', async () => {
    const at = store();
    const lease = await leaseOf(at.store);
    const tell = (runId: string, subjectId: string, moment: number) =>
      at.store.appendEvents([anEvent({ eventId: `${runId} of ${subjectId}`, runId, subjectId })], moment);
    await tell('run-1', 'a', AT);
    await tell('run-2', 'b', AT);
    await tell('run-2', 'a', AT + 5);
    await tell('run-1', 'b', AT + 5);
    await tell('run-2', 'not asked for', AT + 5);
    const overtaken = async (moment: number) => [...(await at.store.readOvertaken(lease, ['a', 'b', 'gone'], moment))];
    expect(await overtaken(AT + 5)).toEqual([]);
    await at.outside.run(`UPDATE agent_health SET lease_owner = 'run-2', lease_epoch = lease_epoch + 1`);
    expect(await overtaken(AT + 4)).toEqual(['b']);
    expect(await overtaken(AT + 5)).toEqual(['a']);
  });
}

function rowsNamedTwice(store: () => AtHand): void {
  test('an insertion that is told twice in one call makes one row', async () => {
    const at = store();
    const lease = await leaseOf(at.store);
    const command = aCommand(AT);
    await at.store.saveCommands(lease, [insertingCommand(command), insertingCommand(command)]);
    expect(await commandsNow(at)).toEqual([[command.commandId, 'pending']]);
  });

  test('an insertion that is told again does not keep a change of the same row out', async () => {
    const at = store();
    const lease = await leaseOf(at.store);
    const command = aCommand(AT);
    await at.store.saveCommands(lease, [insertingCommand(command)]);
    const change = {
      commandId: command.commandId,
      expected: 'pending' as const,
      claimedBy: null,
      columns: { status: 'cancelled' as const },
    };
    await at.store.saveCommands(lease, [insertingCommand(command), change]);
    expect(await commandsNow(at)).toEqual([[command.commandId, 'cancelled']]);
  });
}

const open = async (at: AtHand) => {
  const statuses = ['pending', 'approved', 'deferred', 'awaiting_second', 'executing'];
  return (await at.store.listRecommendations({ statuses, equipmentId: null, limit: 9 })).map((row) => row.recommendationId);
};

function onlyOneOpen(store: () => AtHand): void {
  const first = aRecommendation(AT);
  const second = aRecommendation(AT + 1, { predecessorId: first.recommendationId });
  const other = aRecommendation(AT, { equipmentId: 'PUMP_01' });

  test.each(['pending', 'approved', 'executing', 'deferred', 'awaiting_second'] as const)(
    'beside a row that is %s a second one of its family is not inserted, and the others are',
    async (status) => {
      const at = store();
      const lease = await leaseOf(at.store);
      await at.store.saveRecommendations(lease, [inserting({ ...first, status })]);
      const ended = { ...second, recommendationId: 'ended', status: 'withdrawn' as const };
      expect(await at.store.saveRecommendations(lease, [inserting(second), inserting(other), inserting(ended)])).toBe(2);
      expect((await open(at)).toSorted()).toEqual([first.recommendationId, other.recommendationId].toSorted());
    },
  );

  test('rows of another family or equipment are no second ones', async () => {
    const at = store();
    const lease = await leaseOf(at.store);
    const rows = [first, other, aRecommendation(AT, { issueFamily: 'pressure' })];
    expect(await at.store.saveRecommendations(lease, rows.map(inserting))).toBe(3);
  });

  test.each([
    ['cancelled first', false],
    ['named first', true],
  ])('a row gives way to its successor in one call, the successor being %s', async (_what, reversed) => {
    const at = store();
    const lease = await leaseOf(at.store);
    await at.store.saveRecommendations(lease, [inserting({ ...first, status: 'approved' })]);
    const changes = [changing(first, 'approved', { status: 'cancelled' }), inserting(second)];
    expect(await at.store.saveRecommendations(lease, reversed ? changes.toReversed() : changes)).toBe(2);
    expect(await open(at)).toEqual([second.recommendationId]);
  });

  test.each([
    ['before', false],
    ['after', true],
  ])('a row is put back into the open in one call with the end of a foreign one, named %s it', async (_what, reversed) => {
    const at = store();
    const lease = await leaseOf(at.store);
    await at.store.saveRecommendations(lease, [inserting(first)]);
    await at.outside.run(`UPDATE agent_recommendations SET status = 'executed'`);
    await at.store.saveRecommendations(lease, [inserting({ ...second, guardedStatus: null })]);
    const changes = [changing(first, 'executed', { status: 'pending' }), changing(second, 'pending', { status: 'withdrawn' })];
    expect(await at.store.saveRecommendations(lease, reversed ? changes.toReversed() : changes)).toBe(2);
    expect(await open(at)).toEqual([first.recommendationId]);
  });

  test('a row is not put back beside an open one of its family, and the others are written', async () => {
    const at = store();
    const lease = await leaseOf(at.store);
    await at.store.saveRecommendations(lease, [inserting(first)]);
    await at.outside.run(`UPDATE agent_recommendations SET status = 'executed'`);
    await at.store.saveRecommendations(lease, [inserting(second)]);
    expect(await at.store.saveRecommendations(lease, [changing(first, 'executed', { status: 'pending' }), inserting(other)])).toBe(1);
    expect(await statusOf(at, first)).toBe('executed');
    expect((await open(at)).toSorted()).toEqual([second.recommendationId, other.recommendationId].toSorted());
  });

  test('nor is one whose status somebody set to NULL', async () => {
    const at = store();
    const lease = await leaseOf(at.store);
    await at.store.saveRecommendations(lease, [inserting(first)]);
    await at.outside.run('UPDATE agent_recommendations SET status = NULL');
    await at.store.saveRecommendations(lease, [inserting(second)]);
    expect(await at.store.saveRecommendations(lease, [changing(first, '', { status: 'pending' }), inserting(other)])).toBe(1);
    expect((await open(at)).toSorted()).toEqual([second.recommendationId, other.recommendationId].toSorted());
  });

  test.each<readonly [string, string, Partial<Recommendation>]>([
    ['leaves it open', 'pending', { status: 'approved' }],
    ['names no status', 'pending', { operatorNotes: 'seen' }],
    ['expects another status', 'approved', { status: 'cancelled' }],
    ['the table of transitions lacks', 'pending', { status: 'executed' }],
  ])(
    'a change of the open row that %s makes no room: a second one is not inserted, and none is put back',
    async (_what, expected, columns) => {
      const at = store();
      const lease = await leaseOf(at.store);
      await at.store.saveRecommendations(lease, [inserting(first)]);
      await at.outside.run(`UPDATE agent_recommendations SET status = 'rejected'`);
      await at.store.saveRecommendations(lease, [inserting(second)]);
      const third = aRecommendation(AT + 2, { predecessorId: second.recommendationId });
      const change = changing(second, expected, columns);
      await at.store.saveRecommendations(lease, [change, inserting(third), inserting(other)]);
      expect((await open(at)).toSorted()).toEqual([second.recommendationId, other.recommendationId].toSorted());
      await at.outside.run(`UPDATE agent_recommendations SET status = 'pending' WHERE recommendation_id = '${second.recommendationId}'`);
      await at.store.saveRecommendations(lease, [change, changing(first, 'rejected', { status: 'pending' })]);
      expect(await statusOf(at, first)).toBe('rejected');
      expect((await open(at)).toSorted()).toEqual([second.recommendationId, other.recommendationId].toSorted());
    },
  );

  test('of two rows that are put back in one call the first is, and the others are written', async () => {
    const at = store();
    const lease = await leaseOf(at.store);
    await at.store.saveRecommendations(lease, [inserting(first)]);
    await at.outside.run(`UPDATE agent_recommendations SET status = 'rejected'`);
    await at.store.saveRecommendations(lease, [inserting(second)]);
    await at.outside.run(`UPDATE agent_recommendations SET status = 'rejected'`);
    const back = [first, second].map((row) => changing(row, 'rejected', { status: 'pending' }));
    expect(await at.store.saveRecommendations(lease, [...back, inserting(other)])).toBe(2);
    expect((await open(at)).toSorted()).toEqual([first.recommendationId, other.recommendationId].toSorted());
  });

  test.each(['executed', 'failed', 'completed', ''])(
    "what changes no status is written to a row '%s' beside an open one of its family",
    async (status) => {
      const at = store();
      const lease = await leaseOf(at.store);
      await at.store.saveRecommendations(lease, [inserting(first)]);
      await at.outside.run('UPDATE agent_recommendations SET status = :status', { status });
      await at.store.saveRecommendations(lease, [inserting(second)]);
      expect(await at.store.saveRecommendations(lease, [changing(first, status, { outcome: 'ineffective' })])).toBe(1);
      const [found] = await at.store.findRecommendations(first.recommendationId);
      expect(found).toMatchObject({ outcome: 'ineffective' });
      expect(await open(at)).toEqual([second.recommendationId]);
    },
  );

  test('nor is a row opened by a change of it whose status somebody set to NULL', async () => {
    const at = store();
    const lease = await leaseOf(at.store);
    await at.store.saveRecommendations(lease, [inserting(first)]);
    await at.outside.run('UPDATE agent_recommendations SET status = NULL');
    await at.store.saveRecommendations(lease, [inserting(second)]);
    const change = changing(first, '', { guardedStatus: '' as RecommendationStatus }); // as such a status is read
    expect(await at.store.saveRecommendations(lease, [change, inserting(other)])).toBe(2);
    expect((await open(at)).toSorted()).toEqual([second.recommendationId, other.recommendationId].toSorted());
    expect((await at.store.readOpenWork('x')).recommendations.map(({ recommendationId }) => recommendationId)).not.toContain(
      first.recommendationId,
    );
  });

  test('an open row does not get a family back that has another open one, until that is closed, and the others are written', async () => {
    const at = store();
    const lease = await leaseOf(at.store);
    await at.store.saveRecommendations(lease, [inserting({ ...first, equipmentId: 'ELSEWHERE' }), inserting(second)]);
    const back = changing(first, 'pending', { equipmentId: first.equipmentId });
    expect(await at.store.saveRecommendations(lease, [back, inserting(other)])).toBe(1);
    const closing = changing(second, 'pending', { status: 'withdrawn' });
    expect(await at.store.saveRecommendations(lease, [back, closing])).toBe(2);
    expect((await open(at)).toSorted()).toEqual([first.recommendationId, other.recommendationId].toSorted());
  });
}

export function guardsContract(under: StoreUnderTest): void {
  describe('a guarded write:', () => {
    const store = withStore(under);
    describe('what it expects:', () => {
      theExpectations(under, store);
    });
    describe('who came first:', () => {
      whoToldLast(store);
    });
    describe('a row that one call names twice:', () => {
      rowsNamedTwice(store);
    });
    describe('one open row for each equipment and family:', () => {
      onlyOneOpen(store);
    });
  });
}
