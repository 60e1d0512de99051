import { describe, expect, test } from '@jest/globals';
import { array, asyncProperty, assert, string } from 'fast-check';
import { chained, type ChainedEvent, NO_CHAIN } from '../../src/domain/audit-chain.ts';
import type { AgentEvent } from '../../src/domain/event.ts';
import type { KeyRing } from '../../src/domain/key-ring.ts';
import { ringOf } from '../support/keys.ts';
import { SCHEMA_VERSION } from '../../src/store/schema-version.ts';
import { ALL_TABLES, EVENTS } from '../../src/store/tables.ts';
import { appendsToAudit, findings, oldRow, signedBy, verified } from '../support/audit.ts';
import { AGENT, type AtHand, leaseOf, type StoreUnderTest } from '../support/stores.ts';
import { anEvent, aRecommendation, HEARTBEAT, inserting, issued } from './samples.ts';
import { withStore } from './with-store.ts';

const AT = Date.UTC(2026, 1, 19, 10, 30, 46, 123);
const KEYS = ringOf(`b:${'2'.repeat(32)},a:${'1'.repeat(32)}`);
const OLDER_KEY = ringOf(`a:${'1'.repeat(32)}`);

const numbered = (count: number, from = 1) => Array.from({ length: count }, (_, index) => anEvent({ eventId: `e${from + index}` }));

/** The chain as plain SQL sees it. */
async function places(at: AtHand): Promise<readonly string[]> {
  const rows = await at.outside.rows('SELECT event_id, chain_seq FROM agent_events ORDER BY chain_seq, event_id');
  return rows.map((row) => `${String(row['chain_seq'])} ${String(row['event_id'])}`);
}

export function auditContract(under: StoreUnderTest): void {
  describe('the chain of the audit', () => {
    const store = withStore(under);

    test('has every row at its place, with the hash of the one before it', async () => {
      const at = store();
      await at.store.appendEvents(numbered(2), AT);
      await at.store.appendEvents(numbered(1, 3), AT + 1);
      const expected = chained(
        NO_CHAIN,
        numbered(3).map((event, ordinal) => ({ ...event, at: ordinal < 2 ? AT : AT + 1, ordinal })),
        [],
      );
      expect((await at.store.listEvents({ subjectId: null, limit: 9 })).toReversed()).toEqual(expected);
      expect((await at.store.readChainPage({ agentId: AGENT, after: null, limit: 9 })).rows).toEqual(
        expected.map((row) => ({ ...row, asWritten: true, eventKey: expect.any(String) })),
      );
      expect(await verified(at.store)).toMatchObject({
        findingsTotal: 0,
        unchained: 0,
        chains: [{ agentId: AGENT, rows: 3, firstSeq: 1, lastSeq: 3, headHash: expected[2]?.hash, from: AT, to: AT + 1 }],
      });
    });

    test('grows in one statement where nobody wrote since the tail was read, in parts as well', async () => {
      const at = store();
      await at.store.readOpenWork(AGENT);
      const before = at.store.statements;
      await at.store.appendEvents(numbered(3), AT);
      const reason = 'é'.repeat(under.dialect.maxParameterBytes / 5);
      await at.store.appendEvents(
        numbered(5, 4).map((event) => ({ ...event, reason })),
        AT,
      );
      expect(at.store.statements - before).toBe(2);
      expect(await places(at)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((seq) => `${seq} e${seq}`));
      expect(await findings(at.store)).toEqual([]);
    });

    test('goes on behind what another writer appended in between', async () => {
      const at = store();
      const other = await at.another({ lock: false });
      await at.store.readOpenWork(AGENT);
      await other.store.appendEvents(numbered(2), AT);
      await at.store.appendEvents(numbered(2, 3), AT);
      await other.store.appendEvents(numbered(1, 5), AT);
      expect(await places(at)).toEqual([1, 2, 3, 4, 5].map((seq) => `${seq} e${seq}`));
      expect(await findings(at.store)).toEqual([]);
    });

    test('is one, and whole, when many writers append at once', async () => {
      const at = store();
      const writers = await Promise.all(Array.from({ length: under.manyWriters }, () => at.another({ lock: false })));
      await Promise.all(
        writers.map(async ({ store: writer }, index) => {
          for (const event of numbered(5, index * 5 + 1)) await writer.appendEvents([event], AT + index);
        }),
      );
      expect(await places(at)).toHaveLength(5 * under.manyWriters);
      expect(await findings(at.store)).toEqual([]);
    });

    test('has an event once that is told again: alone, among others, and after others were appended', async () => {
      const at = store();
      const other = await at.another({ lock: false });
      await at.store.appendEvents([...numbered(2), ...numbered(1)], AT);
      await at.store.appendEvents(numbered(2), AT + 1);
      await other.store.appendEvents(numbered(1, 3), AT + 2);
      await at.store.appendEvents(numbered(4), AT + 3);
      await at.store.appendEvents(numbered(5), AT + 4);
      expect(await places(at)).toEqual([1, 2, 3, 4, 5].map((seq) => `${seq} e${seq}`));
      expect(await findings(at.store)).toEqual([]);
    });

    test('has what was written before the answer got lost once', async () => {
      const at = store();
      let repeated = 0;
      const losing = await at.another({
        lock: false,
        watch: async (statement) => {
          if (!appendsToAudit(statement, under) || (repeated += 1) > 1) return;
          await at.outside.connection.execute(statement);
        },
      });
      await losing.store.readOpenWork(AGENT);
      await losing.store.appendEvents(numbered(3), AT);
      await losing.store.appendEvents(numbered(1, 4), AT);
      expect(repeated).toBe(2);
      expect(await places(at)).toEqual([1, 2, 3, 4].map((seq) => `${seq} e${seq}`));
      expect(await findings(at.store)).toEqual([]);
    });

    test(
      'gives up where others come first again and again, and says what to do',
      async () => {
        const at = store();
        let count = 0;
        const late = await at.another({
          lock: false,
          watch: async (statement) => {
            if (appendsToAudit(statement, under)) await at.store.appendEvents([anEvent({ eventId: `first-${(count += 1)}` })], AT);
          },
        });
        await expect(late.store.appendEvents([anEvent({ eventId: 'late' })], AT)).rejects.toMatchObject({
          code: 'store_unavailable',
          remedy: 'try again in a moment',
        });
        expect(await findings(at.store)).toEqual([]);
      },
      under.longMs,
    );

    test("has operators' rows as well, at the store's time, and behind those of a clock that was ahead", async () => {
      const at = store();
      const row = aRecommendation(AT);
      await at.store.saveRecommendations(await leaseOf(at.store), [inserting(row)]);
      await at.store.appendEvents([issued(row)], AT);
      const { now } = await at.store.readControls();
      const decision = {
        recommendationId: row.recommendationId,
        by: 'anna',
        via: 'cli:anna',
        kind: 'approve',
        seenHash: 'another',
      } as const;
      await at.store.decide({ ...decision, seenHash: row.actionHash ?? '' }, anEvent({ eventId: 'given', event: 'approval_given' }));
      await at.store.openSession('s1', 'anna', anEvent({ eventId: 'opened', subjectId: 's1' }));
      const ahead = Date.now() + 3_600_000;
      await at.store.appendEvents([anEvent({ eventId: 'ahead' })], ahead);
      await at.store.closeSession('s1', anEvent({ eventId: 'closed', subjectId: 's1' }));
      const events = await at.store.listEvents({ subjectId: null, limit: 9 });
      expect(events.map(({ eventId }) => eventId)).toEqual(['closed', 'ahead', 'opened', 'given', `created-${row.recommendationId}`]);
      expect((events[3]?.at ?? 0) - now).toBeGreaterThanOrEqual(0);
      expect(events[0]?.at).toBe(ahead + 1);
      expect(await findings(at.store)).toEqual([]);
    });

    test('is sound whatever the texts are', async () => {
      const at = store();
      let next = 0;
      const texts = string({ unit: 'binary' });
      await assert(
        asyncProperty(
          array(texts, { minLength: 6, maxLength: 6 }),
          string(),
          async ([a = '', b = '', c = '', d = '', e = '', f = ''], half) => {
            const odd = { actor: `${a}\u0000${half}`, reason: `\ud800${b}`, fromStatus: c, subjectId: d };
            await at.store.appendEvents(
              [anEvent({ eventId: `${(next += 1)}\u0000${e}\udfff`, ...odd, before: { [f]: odd }, after: [odd, null] })],
              AT,
            );
          },
        ),
        { numRuns: under.runs(50) },
      );
      expect(await findings(at.store)).toEqual([]);
      expect(await places(at)).toHaveLength(next);
    });

    test('is of each agent its own', async () => {
      const at = store();
      await at.store.appendEvents([anEvent(), anEvent({ eventId: 'o1', agentId: 'other' }), anEvent({ eventId: 'e2' })], AT);
      expect(await verified(at.store)).toMatchObject({
        findingsTotal: 0,
        chains: [
          { agentId: AGENT, rows: 2 },
          { agentId: 'other', rows: 1 },
        ],
      });
    });
  });

  describe('tables that are older than the chain', () => {
    const store = withStore(under, { migrate: false });

    test('are extended by setting up, and their rows are counted by the first row of the chain', async () => {
      const at = store();
      const added = ['chain_seq', 'previous_hash', 'hash', 'signature', 'audit_seq', 'audit_hash'];
      for (const table of ALL_TABLES) {
        const older = { ...table, columns: table.columns.filter(({ name }) => !added.includes(name)) };
        for (const ddl of under.dialect.createTable(older)) await at.outside.run(ddl);
      }
      await at.outside.insert('agent_schema', [{ version: SCHEMA_VERSION - 1, min_supported: SCHEMA_VERSION - 2 }]);
      await at.outside.insert('agent_health', [{ agent_id: AGENT, polls_completed: 7 }]);
      await at.outside.insert('agent_events', [oldRow(at, 'old-1', AT)]);
      await expect(at.store.requireSchema()).rejects.toMatchObject({ code: 'not_set_up', remedy: 'run: ops-agent setup' });
      expect((await at.store.checkSchema(AGENT)).state).toBe('behind');
      await at.store.migrate(AGENT);
      expect(await at.store.checkSchema(AGENT)).toEqual({ state: 'up_to_date', problems: [], remedy: '' });
      await at.store.requireSchema();
      const lease = await leaseOf(at.store);
      await at.store.appendEvents(numbered(1), AT);
      await at.store.endCycle(lease, HEARTBEAT);
      expect(await verified(at.store)).toMatchObject({ findingsTotal: 0, unchained: 1, chains: [{ rows: 2, rowsBefore: 1 }] });
      expect((await at.store.readHealth()).health).toMatchObject([{ pollsCompleted: 8, auditSeq: 2 }]);
    });
  });

  describe('verifying the audit', () => {
    const store = withStore(under);

    async function withRows(count = 5, keys: KeyRing = []): Promise<AtHand> {
      const at = store();
      const writer = await signedBy(at, under, keys);
      await writer.appendEvents(
        numbered(count).map((event) => ({
          ...event,
          before: { a: [1, 2] },
          after: { b: null },
          reason: 'why',
          fromStatus: 'x',
          sessionId: 's',
        })),
        AT,
      );
      await writer.close();
      await under.unprotectAudit(at.outside);
      return at;
    }

    test.each(EVENTS.columns.map(({ name, kind }) => [name, kind] as const))('finds that %s of a row was edited', async (name, kind) => {
      const at = await withRows();
      const value = { text: "'edited'", integer: '7', time: `'${at.time(AT + 1)}'`, json: `'{"a":[1,3]}'`, real: '1', flag: '1' }[kind];
      await at.outside.run(`UPDATE agent_events SET ${under.dialect.quote(name)} = ${value} WHERE event_id = 'e3'`);
      const found = await findings(at.store, OLDER_KEY);
      expect(found).toContain({ chain_seq: 'changed 7', signature: 'unknown_key' }[name] ?? 'changed 3');
    });

    if (under.takesAnyValue)
      test.each([
        ['before', `'{"a":[0],"a":[1,2]}'`],
        ['before', `'{ "a": [1, 2] }'`],
        ['after', `'no JSON'`],
        ['at', `'no time'`],
        ['ordinal', `'x'`],
        ['ordinal', '9007199254740993'],
        ['hash', 'NULL'],
      ])('finds that %s was replaced by %s', async (name, value) => {
        const at = await withRows();
        await at.outside.run(`UPDATE agent_events SET ${under.dialect.quote(name)} = ${value} WHERE event_id = 'e3'`);
        expect(await findings(at.store)).toContain('changed 3');
      });

    test('finds missing rows: in the middle, at the beginning, and at an end that a cycle knew', async () => {
      const at = await withRows();
      const lease = await leaseOf(at.store);
      await at.store.endCycle(lease, HEARTBEAT);
      await at.outside.run(`DELETE FROM agent_events WHERE event_id = 'e3'`);
      expect(await findings(at.store)).toEqual(['missing 4']);
      await at.outside.run(`DELETE FROM agent_events WHERE event_id = 'e1'`);
      expect(await findings(at.store)).toEqual(['missing 4', 'beginning 2']);
      await at.outside.run(`DELETE FROM agent_events WHERE event_id = 'e5'`);
      expect(await findings(at.store)).toEqual(['missing 4', 'beginning 2', 'cut 5']);
      await at.outside.run('DELETE FROM agent_events');
      expect(await findings(at.store)).toEqual(['cut 5']);
    });

    test('finds a cut end also when the chain has grown over it, and the end that a cycle notes is that of the whole chain', async () => {
      const at = await withRows();
      await at.store.endCycle(await leaseOf(at.store), HEARTBEAT);
      const known = (await at.store.readHealth()).health[0]?.auditHash;
      await at.outside.run(`DELETE FROM agent_events WHERE event_id IN ('e4', 'e5')`);
      const lease = await leaseOf(at.store);
      await at.store.appendEvents(numbered(4, 6), AT);
      await at.store.endCycle(lease, HEARTBEAT);
      expect(await findings(at.store)).toEqual(['head 5']);
      const { health } = await at.store.readHealth();
      expect(health).toMatchObject([{ auditSeq: 5, auditHash: known }]);
    });

    test.each(['-3', '0', '9007199254740991', ...(under.takesAnyValue ? ['2.5', "'x'", "''"] : [])])(
      'finds an end in agent_health that is none: %s would keep every cut from showing',
      async (value) => {
        const at = await withRows();
        await at.store.endCycle(await leaseOf(at.store), HEARTBEAT);
        await at.outside.run(`UPDATE agent_health SET audit_seq = ${value}`);
        await at.outside.run(`DELETE FROM agent_events WHERE event_id IN ('e4', 'e5')`);
        expect(await findings(at.store)).toEqual(['note']);
        await at.outside.run('UPDATE agent_health SET audit_seq = NULL');
        expect(await findings(at.store)).toEqual(['note']);
      },
    );

    test('notes the end anew with every cycle, and forgets it with a new owner', async () => {
      const at = store();
      await at.store.endCycle(await leaseOf(at.store), HEARTBEAT);
      expect((await at.store.readHealth()).health).toMatchObject([{ auditSeq: null, auditHash: null }]);
      for (const count of [1, 2]) {
        const lease = await leaseOf(at.store);
        await at.store.appendEvents(numbered(1, count), AT);
        await at.store.endCycle(lease, HEARTBEAT);
        const [newest] = (await at.store.readChainPage({ agentId: AGENT, after: null, limit: 9 })).rows.slice(-1);
        expect((await at.store.readHealth()).health).toMatchObject([{ auditSeq: count, auditHash: newest?.hash }]);
      }
      await at.store.takeOver('successor');
      expect((await at.store.readHealth()).health).toMatchObject([{ agentId: 'successor', auditSeq: null, auditHash: null }]);
    });

    test('finds rows that stand outside of the chain, or twice at one place, or at none that there is', async () => {
      const at = await withRows();
      const copy = (id: string, seq: string) => {
        const names = EVENTS.columns.map(({ name }) => under.dialect.quote(name));
        const values = EVENTS.columns.map(({ name }) => ({ event_id: `'${id}'`, chain_seq: seq })[name] ?? under.dialect.quote(name));
        return at.outside.run(
          `INSERT INTO agent_events (${names.join(', ')}) SELECT ${values.join(', ')} FROM agent_events WHERE event_id = 'e3'`,
        );
      };
      await copy('outside', 'NULL');
      expect(await findings(at.store)).toEqual(['inserted']);
      await copy('a-twin', '3');
      await copy('z-twin', '3');
      expect(await findings(at.store)).toEqual(['changed 3', 'inserted 3', 'inserted 3', 'changed 3', 'inserted']);
      await copy('far', '-4');
      expect((await verified(at.store)).unchained).toBe(2);
    });

    test('finds rows that changed places', async () => {
      const at = await withRows();
      for (const [from, to] of [
        [2, 1000],
        [4, 2],
        [1000, 4],
      ])
        await at.outside.run(`UPDATE agent_events SET chain_seq = ${to ?? 0} WHERE chain_seq = ${from ?? 0}`);
      const found = await findings(at.store);
      expect(found).toContain('changed 2');
      expect(found).toContain('changed 4');
    });

    test('finds an edit whose hash was made to fit by the row behind it, and one that goes on to the end by the signature or a known head', async () => {
      const at = await withRows(5, KEYS);
      const { rows } = await at.store.readChainPage({ agentId: AGENT, after: null, limit: 9 });
      const forge = async (from: number, count: number) => {
        const told = rows
          .slice(from - 1, from - 1 + count)
          .map((row): ChainedEvent & AgentEvent => ({ ...row, actor: 'mallory', at: AT, hash: '' }));
        const forged = chained({ seq: from - 1, hash: rows[from - 2]?.hash ?? null }, told, []);
        for (const { eventId, hash, previousHash } of forged)
          await at.outside.run(`UPDATE agent_events SET actor = 'mallory', hash = :hash, previous_hash = :previous WHERE event_id = :id`, {
            hash,
            previous: previousHash,
            id: eventId,
          });
      };
      await forge(3, 1);
      expect(await findings(at.store)).toEqual(['replaced 4']);
      expect(await findings(at.store, KEYS)).toEqual(['signature 3', 'replaced 4']);
      await forge(3, 3);
      expect(await findings(at.store)).toEqual([]);
      expect(await findings(at.store, KEYS)).toEqual(['signature 3', 'signature 4', 'signature 5']);
    });

    test('accepts as many rows from before the chain as its first row counted, and no other', async () => {
      const at = store();
      await at.outside.insert('agent_events', [oldRow(at, 'old-1', AT), oldRow(at, 'old-2', AT)]);
      await at.store.readOpenWork(AGENT);
      await at.store.appendEvents(numbered(2), AT);
      await (await at.another()).store.appendEvents([anEvent({ eventId: 'o', agentId: 'other' })], AT);
      expect(
        (await at.store.readChainPage({ agentId: AGENT, after: null, limit: 9 })).rows.map(({ event, chainSeq }) => [chainSeq, event]),
      ).toEqual([
        [1, 'chain_started'],
        [2, 'created'],
        [3, 'created'],
      ]);
      expect((await at.store.listEvents({ subjectId: AGENT, limit: 9 })).map(({ event, after }) => [event, after])).toEqual([
        ['chain_started', { rows_before: 2 }],
      ]);
      expect(await verified(at.store)).toMatchObject({ findingsTotal: 0, unchained: 2 });
      await at.outside.insert('agent_events', [oldRow(at, 'forged', AT)]);
      expect(await findings(at.store)).toEqual(['inserted']);
      await under.unprotectAudit(at.outside);
      await at.outside.run(`DELETE FROM agent_events WHERE event_id LIKE 'old%'`);
      expect(await findings(at.store)).toEqual(['missing']);
    });
  });
}
