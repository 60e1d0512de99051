import { describe, expect, test } from '@jest/globals';
import type { PruneReport } from '../../src/cycle/plan-prune.ts';
import { prune, type PruneRequest } from '../../src/cycle/prune.ts';
import type { Settings } from '../../src/config/settings.ts';
import { takenOver } from '../../src/domain/ownership.ts';
import { ringOf } from '../support/keys.ts';
import type { Recommendation } from '../../src/domain/recommendation.ts';
import type { WorkOrder } from '../../src/domain/work-order.ts';
import type { Store } from '../../src/ports/store.ts';
import { findings, oldRow, signedBy, verified } from '../support/audit.ts';
import { changed } from '../support/scenario.ts';
import { AGENT, type AtHand, leaseOf, SETTINGS, type StoreUnderTest } from '../support/stores.ts';
import { aCommand, anEvent, aRecommendation, HEARTBEAT, inserting, insertingCommand } from './samples.ts';
import { withStore } from './with-store.ts';

const DAY_MS = 86_400_000;
const NOW = Date.now();
const ago = (days: number) => NOW - days * DAY_MS;
const KEYS = ringOf(`a:${'1'.repeat(32)}`);

function pruning(at: AtHand, store: Store = at.store, given: Partial<PruneRequest> = {}): Promise<PruneReport> {
  const settings: Settings = { ...SETTINGS, agentId: AGENT };
  const request = { runId: 'prune-1', keepSeconds: 400 * 86_400, actor: 'anna via cli', keys: [], dryRun: false, waitSeconds: 0, ...given };
  return prune(store, settings, request, new AbortController().signal);
}

const ended = (id: string, days: number, given: Partial<Recommendation> = {}) =>
  aRecommendation(ago(days), { recommendationId: id, status: 'executed', guardedStatus: 'executed', outcome: 'effective', ...given });

const told = (subjectId: string, event = 'created') => anEvent({ eventId: `${subjectId} ${event}`, subjectId, event });

const order = (id: string, days: number, given: Partial<WorkOrder> = {}): WorkOrder => ({
  workOrderId: id,
  recommendationId: null,
  equipmentId: 'R1',
  description: 'mend it',
  status: 'closed',
  assignedTo: null,
  createdTimestamp: ago(days),
  completedTimestamp: ago(days),
  signal: 'flow_rate',
  fault: 'stuck',
  predecessorId: null,
  guardedStatus: 'closed',
  quietUntil: null,
  updatedTimestamp: ago(days),
  createdByAgent: AGENT,
  ...given,
});

/** A row of each kind that may go, and beside each one that has to stay. */
async function history(at: AtHand): Promise<void> {
  const lease = await leaseOf(at.store);
  const rows = [
    ended('gone', 500),
    ended('newest', 450),
    ended('elsewhere', 490, { equipmentId: 'PUMP_01' }),
    ended('touched', 480, { quietUntil: ago(300), equipmentId: 'PUMP_02' }),
    ended('after touched', 470, { equipmentId: 'PUMP_02' }),
    ended('unjudged', 460, { outcome: null, equipmentId: 'PUMP_03' }),
    ended('after unjudged', 455, { equipmentId: 'PUMP_03' }),
    ended('followed', 495, { equipmentId: 'PUMP_04' }),
    ended('follower', 440, { equipmentId: 'PUMP_04', followsRecommendationId: 'followed', status: 'pending', guardedStatus: 'pending' }),
  ];
  for (const row of rows) await at.store.saveRecommendations(lease, [inserting(row)]);
  await at.store.saveCommands(
    lease,
    ['gone', 'newest'].map((recommendationId) =>
      insertingCommand(aCommand(ago(490), { commandId: `command of ${recommendationId}`, recommendationId, status: 'executed' })),
    ),
  );
  const orders = [order('old order', 500), order('newest order', 450), order('open order', 500, { status: 'open', signal: 'pressure' })];
  await at.store.saveWorkOrders(
    lease,
    orders.map((columns) => ({ workOrderId: columns.workOrderId, expected: null, columns })),
  );
  await at.outside.insert('work_orders', [{ work_order_id: "people's", status: 'closed', created_timestamp: at.time(ago(900)) }]);
  const session = (id: string, days: number | null) => ({
    session_id: id,
    operator_id: 'anna',
    login_timestamp: at.time(ago(600)),
    logout_timestamp: days === null ? null : at.time(ago(days)),
  });
  await at.outside.insert('operator_sessions', [session('over', 500), session('lately over', 300), session('open', null)]);
  const notification = (notification_id: string, status: string, days: number) => ({
    notification_id,
    agent_id: AGENT,
    kind: status === 'place' ? 'place' : 'recommended',
    status,
    created_timestamp: at.time(ago(500)),
    delivered_timestamp: at.time(ago(days)),
  });
  await at.outside.insert('agent_notifications', [
    notification('told', 'delivered', 500),
    notification('told lately', 'delivered', 300),
    notification('not told', 'pending', 500),
    notification('place', 'place', 500),
  ]);
  await at.store.giveLeaseBack(lease);
  await at.store.releaseLock();
}

async function left(at: AtHand): Promise<readonly string[]> {
  const ids = [
    ['recommendation_id', 'agent_recommendations'],
    ['command_id', 'agent_commands'],
    ['work_order_id', 'work_orders'],
    ['session_id', 'operator_sessions'],
    ['notification_id', 'agent_notifications'],
  ].map(([key = '', table = '']) => `SELECT ${key} AS id FROM ${table}`);
  return (await at.outside.rows(ids.join(' UNION ALL '))).map(({ id }) => String(id)).toSorted();
}

const KEPT = [
  'after touched',
  'after unjudged',
  'command of newest',
  'elsewhere',
  'followed',
  'follower',
  'lately over',
  'newest',
  'newest order',
  'not told',
  'open',
  'open order',
  "people's",
  'place',
  'told lately',
  'touched',
  'unjudged',
];

async function subjects(at: AtHand): Promise<readonly string[]> {
  const { rows } = await at.store.readChainPage({ agentId: AGENT, after: null, limit: 99 });
  return rows.map(({ chainSeq, subjectId, event }) => `${chainSeq} ${event === 'pruned' ? 'pruned' : subjectId}`);
}

/** Dies where the method is called: everything before it is done. */
const killedAt = (store: Store, method: 'pruneRows' | 'pruneAudit' | 'giveLeaseBack'): Store =>
  changed(store, { [method]: () => Promise.reject(new Error(`killed at ${method}`)) });

/** Where triggers keep them: without them a command that was sent could be one that nobody knows of. */
function keptCommands(under: StoreUnderTest): void {
  describe('a row of agent_commands', () => {
    const store = withStore(under);

    test.each([
      'DELETE FROM agent_commands',
      "UPDATE agent_commands SET command_id = 'another'",
      'UPDATE agent_commands SET rowid = 99',
      "INSERT OR REPLACE INTO agent_commands (rowid, command_id) SELECT rowid, 'another' FROM agent_commands",
    ])('is not taken away by plain SQL: %s', async (sql) => {
      const at = store();
      await at.store.saveCommands(await leaseOf(at.store), [insertingCommand(aCommand(NOW))]);
      const before = await left(at);
      await expect(at.outside.run(sql)).rejects.toThrow(/agent_commands are kept/);
      expect(await left(at)).toEqual(before);
    });

    test('is protected again after pruning', async () => {
      const at = store();
      await history(at);
      await at.store.appendEvents([told('gone'), told('newest'), told('open order')], ago(500));
      await pruning(at);
      await expect(at.outside.run('DELETE FROM agent_commands')).rejects.toThrow(/agent_commands are kept/);
      await expect(at.outside.run('DELETE FROM agent_events')).rejects.toThrow(/append-only/);
      expect(await at.store.checkSchema(AGENT)).toEqual({ state: 'up_to_date', problems: [], remedy: '' });
    });
  });
}

export function pruneContract(under: StoreUnderTest): void {
  describe('pruning', () => {
    const store = withStore(under);

    test('takes away what ended long ago, and never what is open, not judged, the newest of its kind, or was touched since', async () => {
      const at = store();
      await history(at);
      const before = await left(at);
      const dry = await pruning(at, at.store, { dryRun: true });
      expect(await left(at)).toEqual(before);
      expect(await subjects(at)).toEqual([]);
      const report = await pruning(at);
      expect(report.rows).toEqual({ recommendations: 1, commands: 1, workOrders: 1, sessions: 1, notifications: 1 });
      expect(report.rows).toEqual(dry.rows);
      expect(await left(at)).toEqual(KEPT);
      expect((await pruning(at)).rows).toEqual({ recommendations: 0, commands: 0, workOrders: 0, sessions: 0, notifications: 0 });
      expect(await subjects(at)).toEqual(['1 pruned']);
      expect((await at.store.readHealth()).health).toMatchObject([{ leaseOwner: null, leaseExpires: null }]);
    });

    test('cuts the audit before the first row that is too young or about something open, and leaves an anchor', async () => {
      const at = store();
      await history(at);
      await at.store.appendEvents(
        ['gone', 'newest', 'old order'].map((id) => told(id)),
        ago(500),
      );
      await at.store.appendEvents([told('open order'), told('elsewhere')], ago(450));
      const { cut, stop } = await pruning(at);
      expect(cut).toMatchObject({ throughSeq: 3, rows: 3, unchained: 0 });
      expect(stop).toMatchObject({ chainSeq: 4, why: 'still_open' });
      expect(await subjects(at)).toEqual(['4 open order', '5 elsewhere', '6 pruned']);
      expect(await verified(at.store)).toMatchObject({ findingsTotal: 0, chains: [{ firstSeq: 4, lastSeq: 6, prunedThrough: 3 }] });
      await under.unprotectAudit(at.outside);
      await at.outside.run('DELETE FROM agent_events WHERE chain_seq = 4');
      expect(await findings(at.store)).toEqual(['beginning 5']);
    });

    test.each(['unjudged', 'touched', 'followed', 'follower', 'open order', 'shelved:R1'])(
      'cuts nothing behind a row about %s',
      async (subject) => {
        const at = store();
        await history(at);
        const control = { kind: 'shelved', scope: 'R1', by: 'anna', reason: 'why', since: ago(600), until: null } as const;
        await at.store.appendEvents([told('gone'), told(subject), told('newest')], ago(500));
        await at.store.setControl(control, told('shelved:R1', 'set'));
        expect((await pruning(at)).stop).toMatchObject({ chainSeq: 2, why: 'still_open' });
        expect((await subjects(at)).slice(0, 2)).toEqual([`2 ${subject}`, '3 newest']);
      },
    );

    test('ends before the newest row that a cycle knew, so that a missing end would still show', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      await at.store.appendEvents([told('a'), told('b')], ago(500));
      await at.store.endCycle(lease, HEARTBEAT);
      await at.store.releaseLock();
      expect((await pruning(at)).stop).toMatchObject({ chainSeq: 2, why: 'known_end' });
      expect(await findings(at.store)).toEqual([]);
    });

    test.each(['pruneRows', 'pruneAudit', 'giveLeaseBack'] as const)(
      'killed at %s it leaves a sound audit, and the next one completes it',
      async (method) => {
        const at = store();
        await history(at);
        await at.store.appendEvents([told('gone'), told('newest'), told('open order')], ago(500));
        await expect(pruning(at, killedAt(at.store, method))).rejects.toThrow(`killed at ${method}`);
        expect(await findings(at.store)).toEqual([]);
        await pruning(at, at.store, { runId: 'prune-1' });
        expect(await left(at)).toEqual(KEPT);
        expect((await subjects(at))[0]).toBe('3 open order');
        expect(await findings(at.store)).toEqual([]);
      },
    );

    test('killed between two pieces of a long beginning it leaves a sound audit', async () => {
      const at = store();
      await at.store.appendEvents(
        Array.from({ length: 12 }, (_, index) => told(`s${index}`)),
        ago(500),
      );
      const half = changed(at.store, {
        pruneAudit: async (lease) => {
          await at.store.pruneAudit(lease, { throughSeq: 5, unchainedThrough: null, leaseSeconds: 120 });
          throw new Error('killed');
        },
      });
      await expect(pruning(at, half)).rejects.toThrow('killed');
      expect((await subjects(at))[0]).toBe('6 s5');
      expect(await findings(at.store)).toEqual([]);
      await pruning(at);
      expect(await findings(at.store)).toEqual([]);
      expect((await subjects(at))[0]).toBe('13 pruned');
    });

    test('takes a beginning of many pieces, and rows from before the chain with it', async () => {
      const at = store();
      await at.outside.insert('agent_events', [oldRow(at, 'old-1', ago(600))]);
      await at.store.appendEvents(
        Array.from({ length: 12_000 }, (_, index) => told(`s${index}`)),
        ago(500),
      );
      expect((await pruning(at)).cut).toMatchObject({ throughSeq: 12_001, rows: 12_001, unchained: 1 });
      expect(await subjects(at)).toEqual(['12002 pruned']);
      expect(await verified(at.store)).toMatchObject({ findingsTotal: 0, unchained: 0 });
    });

    test('takes nothing of the chain while a row from before it has to stay', async () => {
      const at = store();
      await at.outside.insert('agent_events', [{ ...oldRow(at, 'old-1', ago(600)), subject_id: 'unjudged' }]);
      await history(at);
      await at.store.appendEvents([told('a')], ago(500));
      const { cut, stop } = await pruning(at);
      expect({ cut, stop }).toMatchObject({
        cut: { rows: 0, unchained: 0 },
        stop: { chainSeq: null, eventId: 'old-1', why: 'still_open' },
      });
      expect(await findings(at.store)).toEqual([]);
    });

    test('is refused, and changes nothing, where the audit is not sound', async () => {
      const at = store();
      await history(at);
      await at.store.appendEvents([told('gone'), told('newest')], ago(500));
      await under.unprotectAudit(at.outside);
      await at.outside.run(`UPDATE agent_events SET actor = 'mallory' WHERE chain_seq = 1`);
      const before = await left(at);
      await expect(pruning(at)).rejects.toMatchObject({ code: 'unsound_audit', remedy: 'see: ops-agent audit verify' });
      expect(await left(at)).toEqual(before);
      expect(await subjects(at)).toHaveLength(2);
    });

    test('of a signed audit needs the key, and an anchor without a signature is not believed', async () => {
      const at = store();
      const signing = await signedBy(at, under, KEYS);
      await signing.appendEvents([told('a'), told('b')], ago(500));
      await signing.appendEvents([told('c')], NOW);
      await expect(pruning(at)).rejects.toMatchObject({ code: 'usage', remedy: expect.stringContaining('OPS_AGENT_SIGNING_KEY') });
      expect((await pruning(at, signing, { keys: KEYS })).cut).toMatchObject({ throughSeq: 2 });
      expect(await findings(at.store, KEYS)).toEqual([]);
      await under.unprotectAudit(at.outside);
      await at.outside.run(`UPDATE agent_events SET signature = NULL WHERE event = 'pruned'`);
      expect(await findings(at.store, KEYS)).toEqual(['unsigned 4', 'beginning 3']);
      expect(await findings(at.store)).toEqual([]);
      await signing.close();
    });

    test('goes on with a new key while the old one is behind it, and is refused while the old one is not there', async () => {
      const at = store();
      const old = await signedBy(at, under, KEYS);
      await old.appendEvents([told('a'), told('b')], ago(500));
      await old.close();
      const rotated = ringOf(`b:${'2'.repeat(32)},a:${'1'.repeat(32)}`);
      const alone = ringOf(`b:${'2'.repeat(32)}`);
      const signing = await signedBy(at, under, rotated);
      await signing.appendEvents([told('c')], NOW);
      await expect(pruning(at, signing, { keys: alone })).rejects.toMatchObject({
        code: 'unsound_audit',
        message: expect.stringContaining('give the old key as well, behind the one that signs (it only checks)'),
      });
      expect((await pruning(at, signing, { keys: rotated })).cut).toMatchObject({ throughSeq: 2 });
      const { chains, findingsTotal } = await verified(at.store, rotated);
      expect({ chains, findingsTotal }).toMatchObject({ findingsTotal: 0, chains: [{ rows: 2, signed: 2, checked: 2 }] });
      // All that the old key signed is gone.
      expect(await findings(at.store, alone)).toEqual([]);
      await signing.close();
    });

    test('of a take-over keeps what it says about the chain that it ended', async () => {
      const at = store();
      const signing = await signedBy(at, under, KEYS);
      await signing.appendEvents([anEvent({ eventId: 'f1', agentId: 'former' }), anEvent({ eventId: 'f2', agentId: 'former' })], ago(600));
      const [, last] = (await at.store.readChainPage({ agentId: 'former', after: null, limit: 9 })).rows;
      const owner = { agentId: 'former', auditSeq: 2, auditHash: last?.hash ?? null };
      await signing.appendEvents([takenOver({ agentId: AGENT, runId: 'r' }, owner), told('a')], ago(500));
      await signing.appendEvents([told('b')], NOW);
      expect((await pruning(at, signing, { keys: KEYS })).cut).toMatchObject({ throughSeq: 2 });
      await pruning(at, signing, { keys: KEYS, runId: 'prune-2' });
      expect(await findings(at.store, KEYS)).toEqual([]);
      await under.unprotectAudit(at.outside);
      await at.outside.run(`DELETE FROM agent_events WHERE event_id = 'f2'`);
      expect(await findings(at.store, KEYS)).toEqual(['cut 2']);
      await signing.close();
    });

    test('waits for nobody, and says so, while another run holds the lease', async () => {
      const at = store();
      await history(at);
      const other = await at.another({ lock: false });
      await leaseOf(other.store, 'a-cycle');
      await expect(pruning(at, other.store)).rejects.toMatchObject({ code: 'conflict', message: 'a cycle holds the lease' });
      expect((await at.store.readHealth()).health).toMatchObject([{ leaseOwner: 'a-cycle' }]);
    });

    test('stops where another run took the lease meanwhile, with a sound audit', async () => {
      const at = store();
      const { store: shared } = await at.another({ lock: false });
      await shared.appendEvents([told('a'), told('b')], ago(500));
      const robbed = changed(shared, {
        pruneRows: async (lease, before) => {
          await at.outside.run(`UPDATE agent_health SET lease_epoch = lease_epoch + 1, lease_owner = 'thief'`);
          return shared.pruneRows(lease, before);
        },
      });
      await expect(pruning(at, robbed)).rejects.toMatchObject({ code: 'conflict', remedy: 'run it again' });
      expect(await subjects(at)).toEqual(['1 a', '2 b', '3 pruned']);
      expect(await findings(at.store)).toEqual([]);
      expect((await at.store.readHealth()).health).toMatchObject([{ leaseOwner: 'thief' }]);
    });

    test('an answer that is lost is no mistake: what is gone is read', async () => {
      const at = store();
      await at.outside.insert('agent_events', [oldRow(at, 'old-1', ago(600))]);
      await history(at);
      await at.store.appendEvents([told('gone'), told('newest'), told('open order')], ago(500));
      const lost: string[] = [];
      const { store: unlucky } = await at.another({
        lock: false,
        loses: (sql) => {
          const isDeletion = /^(?:DELETE FROM|MERGE INTO) \W?(?:agent_events|operator_sessions)\b/.test(sql);
          if (isDeletion) lost.push(sql);
          return isDeletion;
        },
      });
      const report = await pruning(at, unlucky);
      expect(new Set(lost).size).toBe(3);
      expect(report.rows).toEqual({ recommendations: 1, commands: 1, workOrders: 1, sessions: 1, notifications: 1 });
      expect(await left(at)).toEqual(KEPT);
      expect(await subjects(at)).toEqual(['4 open order', '5 pruned']);
      expect(await findings(at.store)).toEqual([]);
      expect(await at.store.checkSchema(AGENT)).toEqual({ state: 'up_to_date', problems: [], remedy: '' });
    });

    test('keeps its hold, however long the audit is read and its rows are taken away', async () => {
      const at = store();
      const { store: shared } = await at.another({ lock: false });
      const thief = await at.another({ lock: false });
      await shared.appendEvents([told('a'), told('b')], ago(500));
      const timePasses = () => at.outside.run('UPDATE agent_health SET lease_expires = :past', { past: at.time(ago(1)) });
      const steal = async () => {
        await thief.store.takeLease({ agentId: AGENT, runId: 'thief', leaseSeconds: SETTINGS.store.leaseSeconds });
        expect((await at.store.readHealth()).health).toMatchObject([{ leaseOwner: 'prune-1' }]);
      };
      const slow = changed(shared, {
        countPrunable: async (before) => {
          await timePasses();
          return shared.countPrunable(before);
        },
        pruneRows: async (lease, before) => {
          await steal();
          return shared.pruneRows(lease, before);
        },
        pruneAudit: async (lease, range) => {
          await timePasses();
          const done = await shared.pruneAudit(lease, range);
          await steal();
          return done;
        },
      });
      await pruning(at, slow);
      expect(await subjects(at)).toEqual(['3 pruned']);
    });

    test('ends with an error where other rows went than those that the audit was told of', async () => {
      const at = store();
      await history(at);
      await at.store.appendEvents([told('gone'), told('newest')], ago(500));
      const raced = changed(at.store, {
        pruneRows: async (lease, before) => {
          await at.outside.run(`UPDATE operator_sessions SET logout_timestamp = :past WHERE session_id = 'lately over'`, {
            past: at.time(ago(500)),
          });
          return at.store.pruneRows(lease, before);
        },
      });
      await expect(pruning(at, raced)).rejects.toMatchObject({
        code: 'conflict',
        message:
          'not what was planned and told to the audit is gone: planned were recommendations 1, commands 1, work orders 1, sessions 1, notifications 1, gone are recommendations 1, commands 1, work orders 1, sessions 2, notifications 1',
      });
      expect(await subjects(at)).toEqual(['1 gone', '2 newest', '3 pruned']);
      expect(await findings(at.store)).toEqual([]);
      await pruning(at);
      expect((await subjects(at))[0]).toBe('3 pruned');
    });

    test.each(['watermark_timestamp', 'detected_timestamp'])(
      'keeps what the next cycle reads again after a long downtime, by %s, and says so',
      async (column) => {
        const at = store();
        await history(at);
        await at.store.appendEvents([told('gone'), told('newest')], ago(500));
        await at.outside.run(`UPDATE agent_health SET ${column} = :seen`, { seen: at.time(ago(500)) });
        const before = await left(at);
        const report = await pruning(at);
        expect(report).toMatchObject({ keptForWatermark: ago(500), cut: { rows: 0 }, stop: { chainSeq: 1, why: 'too_young' } });
        expect(ago(500) - report.before).toBeGreaterThan(0);
        expect(await left(at)).toEqual(before);
        await at.outside.run(`UPDATE agent_health SET ${column} = :seen`, { seen: at.time(ago(1)) });
        expect(await pruning(at)).toMatchObject({ keptForWatermark: null, rows: { recommendations: 1 } });
      },
    );

    test('keeps what cycles look back to: a shorter time is refused', async () => {
      const at = store();
      await expect(pruning(at, at.store, { keepSeconds: 29 * 86_400 })).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('--keep must be at least 30d'),
      });
    });
  });

  if (under.dialect.name === 'embedded') keptCommands(under);
}
