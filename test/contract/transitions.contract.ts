import { describe, expect, test } from '@jest/globals';
import type { CommandChange } from '../../src/domain/changes.ts';
import type { CommandStatus, RecommendationStatus } from '../../src/domain/transitions.ts';
import type { Lease } from '../../src/ports/lease.ts';
import { type AtHand, leaseOf, type StoreUnderTest } from '../support/stores.ts';
import { aCommand, anEvent, aRecommendation, changing, inserting, insertingCommand } from './samples.ts';
import { withStore } from './with-store.ts';

const AT = Date.UTC(2026, 1, 19, 10, 30);

/** Written out here as well, so that a pair which comes into the code's table is not allowed until somebody says so twice. */
const RECOMMENDATIONS: Readonly<Record<string, readonly string[]>> = {
  pending: ['approved', 'awaiting_second', 'rejected', 'deferred', 'withdrawn'],
  awaiting_second: ['approved', 'pending', 'rejected', 'withdrawn'],
  deferred: ['pending', 'approved', 'awaiting_second', 'rejected', 'withdrawn'],
  approved: ['executing', 'pending', 'awaiting_second', 'expired', 'cancelled'],
  executing: ['executed', 'failed'],
  ...Object.fromEntries(['executed', 'failed', 'rejected', 'withdrawn', 'expired', 'cancelled'].map((end) => [end, []])),
};
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  pending: ['executing', 'cancelled', 'failed'],
  executing: ['pending', 'cancelled', 'executed', 'failed', 'unknown'],
  unknown: ['executed', 'failed'],
  ...Object.fromEntries(['executed', 'failed', 'cancelled'].map((end) => [end, []])),
};

/** Texts that people write, and none at all. */
const ODD = ['DONE', 'Pending', 'pending ', '', null];
const KNOWN = Object.keys(RECOMMENDATIONS);
const KNOWN_COMMANDS = Object.keys(COMMANDS);
/** As a column holds it: it need not be one of ours. */
const asStatus = (text: string | null) => text as RecommendationStatus;
const asCommandStatus = (text: string | null) => text as CommandStatus;

/** Both may stand in any cell of a matrix; JSON tells a missing one from an empty one. */
const nameOf = (...parts: readonly (string | null)[]) => JSON.stringify(parts);

const crossed = <A, B, C>(as: readonly A[], bs: readonly B[], cs: readonly C[]): readonly (readonly [A, B, C])[] =>
  as.flatMap((a) => bs.flatMap((b) => cs.map((c) => [a, b, c] as const)));

/** What a row says afterwards, by the name of its cell: its status, and whether the change reached it. */
async function told(at: AtHand, sql: string): Promise<ReadonlyMap<string, string>> {
  const rows = await at.outside.rows(sql);
  return new Map(rows.map(({ name, status, note }) => [String(name), nameOf(status as string | null, note as string | null)])); // texts
}

const recommendationsNow = (at: AtHand) =>
  told(at, 'SELECT equipment_id AS name, status, operator_notes AS note FROM agent_recommendations');
const commandsNow = (at: AtHand) => told(at, 'SELECT equipment_id AS name, status, execution_result AS note FROM agent_commands');

async function recommendationMatrix(at: AtHand, lease: Lease, cells: readonly (readonly [string | null, string | null, string])[]) {
  const rows = cells.map(([status, guarded, to]) =>
    aRecommendation(AT, { equipmentId: nameOf(status, guarded, to), status: asStatus(status), guardedStatus: asStatus(guarded) }),
  );
  expect(await at.store.saveRecommendations(lease, rows.map(inserting))).toBe(cells.length);
  return rows;
}

function recommendations(store: () => AtHand): void {
  test('a recommendation of any status becomes what the table lists, or what the agent wrote last, and nothing else', async () => {
    const at = store();
    const lease = await leaseOf(at.store);
    const cells = crossed([...KNOWN, ...ODD], [...KNOWN, null], [...KNOWN, 'DONE', '']);
    const rows = await recommendationMatrix(at, lease, cells);
    const changes = cells.map(([from, , to], index) =>
      changing(rows[index] ?? aRecommendation(AT), from ?? '', { status: asStatus(to), operatorNotes: 'changed' }),
    );
    const written = await at.store.saveRecommendations(lease, changes);
    const isAllowed = ([from, guarded, to]: (typeof cells)[number]) =>
      to === from || to === guarded || (RECOMMENDATIONS[from ?? ''] ?? []).includes(to);
    expect(written).toBe(cells.filter(isAllowed).length);
    const expected = cells.map((cell) => {
      const [from, , to] = cell;
      return [nameOf(...cell), isAllowed(cell) ? nameOf(to, 'changed') : nameOf(from, null)] as const;
    });
    expect(await recommendationsNow(at)).toEqual(new Map(expected));
  });

  test('no change reaches a row of another status than the expected one', async () => {
    const at = store();
    const lease = await leaseOf(at.store);
    const cells = crossed([...KNOWN, 'DONE', null], [...KNOWN, 'DONE', ''], KNOWN).filter(([from, expected]) => (from ?? '') !== expected);
    const rows = await recommendationMatrix(at, lease, cells);
    const before = await recommendationsNow(at);
    const changes = cells.map(([, expected, to], index) =>
      changing(rows[index] ?? aRecommendation(AT), expected, { status: asStatus(to) }),
    );
    expect(await at.store.saveRecommendations(lease, changes)).toBe(0);
    expect(await recommendationsNow(at)).toEqual(before);
  });
}

type Claims = readonly [string | null, string | null];

const commandChange = (index: number, expected: string | null, to: string, claimedBy: string | null = null): CommandChange => ({
  commandId: `c${index}`,
  expected: asCommandStatus(expected),
  claimedBy,
  columns: { status: asCommandStatus(to), executionResult: 'changed' },
});

async function insertCommands(
  at: AtHand,
  lease: Lease,
  cells: readonly { readonly name: string; readonly status: string | null; readonly claimedBy: string | null }[],
): Promise<void> {
  const rows = cells.map(({ name, status, claimedBy }, index) =>
    aCommand(AT, { commandId: `c${index}`, equipmentId: name, status: asCommandStatus(status), claimedBy }),
  );
  expect(await at.store.saveCommands(lease, rows.map(insertingCommand))).toBe(cells.length);
}

function commands(store: () => AtHand): void {
  test('a command of any status becomes what the table lists, by the hand of the run that claimed it, and nothing else', async () => {
    const at = store();
    const lease = await leaseOf(at.store);
    const claims: readonly Claims[] = [null, 'run-0'].flatMap((claimed) => [null, 'run-0', 'run-1'].map((by) => [claimed, by] as const));
    const cells = crossed([...KNOWN_COMMANDS, ...ODD], [...KNOWN_COMMANDS, 'DONE', ''], claims);
    const named = cells.map(([from, to, [claimedBy, by]]) => ({ name: nameOf(from, to, claimedBy, by), status: from, claimedBy }));
    await insertCommands(at, lease, named);
    const written = await at.store.saveCommands(
      lease,
      cells.map(([from, to, [, by]], index) => commandChange(index, from ?? '', to, by)),
    );
    const isAllowed = ([from, to, [claimedBy, by]]: (typeof cells)[number]) =>
      (to === from || (COMMANDS[from ?? ''] ?? []).includes(to)) && (by === null || by === claimedBy);
    expect(written).toBe(cells.filter(isAllowed).length);
    const expected = cells.map((cell, index) => [named[index]?.name, isAllowed(cell) ? nameOf(cell[1], 'changed') : nameOf(cell[0], null)]);
    expect(await commandsNow(at)).toEqual(new Map(expected as [string, string][])); // every cell has a name
  });

  test('no change reaches a command of another status than the expected one', async () => {
    const at = store();
    const lease = await leaseOf(at.store);
    const all = crossed([...KNOWN_COMMANDS, 'DONE', null], [...KNOWN_COMMANDS, 'DONE', ''], KNOWN_COMMANDS);
    const cells = all.filter(([from, expected]) => (from ?? '') !== expected);
    await insertCommands(
      at,
      lease,
      cells.map(([from, expected, to]) => ({ name: nameOf(from, expected, to), status: from, claimedBy: null })),
    );
    const before = await commandsNow(at);
    expect(
      await at.store.saveCommands(
        lease,
        cells.map(([, expected, to], index) => commandChange(index, expected, to)),
      ),
    ).toBe(0);
    expect(await commandsNow(at)).toEqual(before);
  });
}

function lostLeases(store: () => AtHand): void {
  test.each<readonly [string, (at: AtHand, lease: Lease) => Promise<Lease>]>([
    ['an epoch before', async (_at, lease) => ({ ...lease, epoch: lease.epoch - 1 })],
    ['an epoch after', async (_at, lease) => ({ ...lease, epoch: lease.epoch + 1 })],
    ['another run', async (_at, lease) => ({ ...lease, runId: 'run-2' })],
    ['another agent', async (_at, lease) => ({ ...lease, agentId: 'somebody' })],
    [
      'the epoch of a run that was overtaken by another one of its own id',
      async (at, lease) => {
        await leaseOf(at.store, lease.runId);
        return lease;
      },
    ],
    [
      'a lease that was given back',
      async (at, lease) => {
        await at.outside.run('UPDATE agent_health SET lease_owner = NULL, lease_expires = NULL');
        return lease;
      },
    ],
  ])('under %s not one of the changes that the table lists is written, and nothing is announced', async (_what, lost) => {
    const at = store();
    const held = await leaseOf(at.store);
    const pairs = Object.entries(RECOMMENDATIONS).flatMap(([from, tos]) => tos.map((to) => [from, from, to] as const));
    const rows = await recommendationMatrix(at, held, pairs);
    const before = await recommendationsNow(at);
    const stale = await lost(at, held);
    const changes = pairs.map(([from, , to], index) => changing(rows[index] ?? aRecommendation(AT), from, { status: asStatus(to) }));
    expect(await at.store.saveRecommendations(stale, [...changes, inserting(aRecommendation(AT))])).toBe(0);
    expect(await recommendationsNow(at)).toEqual(before);
    await at.store.appendEvents([anEvent()], AT, stale);
    expect(await at.store.listEvents({ subjectId: null, limit: 9 })).toEqual([]);
    await at.store.appendEvents([anEvent()], AT);
    expect(await at.store.listEvents({ subjectId: null, limit: 9 })).toHaveLength(1);
  });
}

/** The store's own guards hold the table, whoever asks: every pair of statuses, texts that are none, and leases that are lost. */
export function transitionsContract(under: StoreUnderTest): void {
  describe('the table of transitions:', () => {
    const store = withStore(under);
    recommendations(store);
    commands(store);
    lostLeases(store);
  });
}
