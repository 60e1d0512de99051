import { describe, expect, test } from '@jest/globals';
import { chained, NO_CHAIN } from '../../src/domain/audit-chain.ts';
import type { AgentEvent } from '../../src/domain/event.ts';
import { takenOver } from '../../src/domain/ownership.ts';
import { EVENTS } from '../../src/store/tables.ts';
import { toRow } from '../../src/store/row-mapping.ts';
import { findings, signedBy, verified } from '../support/audit.ts';
import { ringOf } from '../support/keys.ts';
import { AGENT, type AtHand, type StoreUnderTest } from '../support/stores.ts';
import { anEvent, HEARTBEAT } from './samples.ts';
import { withStore } from './with-store.ts';

const AT = Date.UTC(2026, 1, 19, 10, 30, 46, 123);
const KEYS = ringOf(`b:${'2'.repeat(32)},a:${'1'.repeat(32)}`);
const OLDER_KEY = ringOf(`a:${'1'.repeat(32)}`);
const STRANGER = ringOf(`x:${'3'.repeat(32)}`);
const AN_ORDER = anEvent({
  eventId: 'order',
  event: 'control_set',
  subjectType: 'control',
  subjectId: 'advisory:all',
  actor: 'anna via cli',
});

const numbered = (count: number, from = 1) => Array.from({ length: count }, (_, index) => anEvent({ eventId: `e${from + index}` }));

/** By somebody who knows how a chain is made and has no key: all rows of an agent anew, or a chain that never was. */
async function forge(at: AtHand, under: StoreUnderTest, agentId: string, events: readonly AgentEvent[]): Promise<void> {
  await under.unprotectAudit(at.outside);
  await at.outside.run('DELETE FROM agent_events WHERE agent_id = :agent', { agent: agentId });
  const told = events.map((event, ordinal) => ({ ...event, agentId, at: AT, ordinal }));
  const rows = chained(NO_CHAIN, told, []);
  await at.outside.insert(
    'agent_events',
    rows.map((row) => toRow(EVENTS, row, under.dialect)),
  );
  const last = rows.at(-1);
  await at.outside.run('UPDATE agent_health SET audit_seq = :seq, audit_hash = :hash WHERE agent_id = :agent', {
    seq: last?.chainSeq ?? null,
    hash: last?.hash ?? null,
    agent: agentId,
  });
}

export function auditSignaturesContract(under: StoreUnderTest): void {
  describe('the signatures of the audit', () => {
    const store = withStore(under);

    async function appended(at: AtHand, keys: typeof KEYS, events: readonly AgentEvent[]): Promise<void> {
      const writer = await signedBy(at, under, keys);
      await writer.appendEvents(events, AT);
      await writer.close();
    }

    test('are checked by every key of the ring; rows of keys that are not there are told apart, and are not checked', async () => {
      const at = store();
      await appended(at, OLDER_KEY, numbered(2));
      await appended(at, KEYS, numbered(1, 3));
      await at.store.appendEvents([AN_ORDER], AT);
      expect(await verified(at.store, KEYS)).toMatchObject({
        findingsTotal: 0,
        chains: [{ signed: 3, checked: 3, unsigned: 1, firstSignedSeq: 1 }],
      });
      const report = await verified(at.store, ringOf(`b:${'2'.repeat(32)}`));
      expect(report).toMatchObject({ findingsTotal: 1, chains: [{ signed: 3, checked: 1 }] });
      const { findings: found } = await verified(at.store, STRANGER);
      const remedy = 'give the old key as well, behind the one that signs (it only checks)';
      expect(found.map(({ kind, text }) => [kind, text])).toEqual([
        ['unknown_key', `2 rows are signed with the key 'a', which is not among the keys that were given: ${remedy}`],
        ['unknown_key', `1 row is signed with the key 'b', which is not among the keys that were given: ${remedy}`],
      ]);
    });

    test('may begin late: what is older than the keys is sound, and is told to be older', async () => {
      const at = store();
      await at.store.appendEvents(numbered(2), AT);
      expect(await findings(at.store, KEYS)).toEqual(['unsigned']);
      await appended(at, KEYS, numbered(2, 3));
      expect(await verified(at.store, KEYS)).toMatchObject({ findingsTotal: 0, chains: [{ unsigned: 2, firstSignedSeq: 3 }] });
    });

    test.each([
      ['a ticket', { event: 'renewed', actor: 'mallory' }],
      ['a decision', { event: 'approved', actor: 'mallory' }],
      ["a command's fate", { event: 'returned', subjectType: 'command', subjectId: 'c1', actor: 'mallory' }],
      ["a sensor's work order", { event: 'opened', subjectType: 'work_order', subjectId: 'w1', actor: 'mallory' }],
      ['what prune took away', { event: 'pruned', subjectType: 'agent', subjectId: AGENT, actor: 'mallory' }],
      ['a take-over', { event: 'taken_over', subjectType: 'agent', subjectId: AGENT, actor: 'mallory' }],
      ["the agent's own word", { event: 'noted' }],
    ] as const)('are wanted of %s behind a signed row', async (_what, given) => {
      const at = store();
      await appended(at, KEYS, numbered(1));
      await at.store.appendEvents([anEvent({ eventId: 'forged', ...given })], AT);
      expect(await findings(at.store, KEYS)).toEqual(['unsigned 2']);
      expect(await findings(at.store)).toEqual([]);
      await appended(at, KEYS, numbered(1, 2));
      expect(await findings(at.store, KEYS)).toEqual(['unsigned 2']);
    });

    test('are missed in a chain that somebody made anew without them, with the end that agent_health knows', async () => {
      const at = store();
      await appended(at, KEYS, numbered(3));
      await forge(
        at,
        under,
        AGENT,
        numbered(3).map((event) => ({ ...event, toStatus: 'approved' })),
      );
      expect(await findings(at.store)).toEqual([]);
      const { findings: found } = await verified(at.store, KEYS);
      expect(found.map(({ text }) => text)).toEqual([
        'none of its 3 rows is signed, although there is a key: they were written anew, or the agent has recorded nothing since it has the key',
      ]);
    });

    test('do not make an agent out of one that nobody knows', async () => {
      const at = store();
      await appended(at, KEYS, numbered(1));
      await forge(at, under, 'invented', [anEvent({ eventId: 'i1' })]);
      expect(await findings(at.store)).toEqual([]);
      const { findings: found } = await verified(at.store, KEYS);
      expect(found.map(({ kind, agentId }) => [kind, agentId])).toEqual([['stranger', 'invented']]);
      // Nor does a take-over of which anybody may tell.
      const told = takenOver({ agentId: AGENT, runId: 'r' }, { agentId: 'invented', auditSeq: null, auditHash: null }, 'mallory');
      await at.store.appendEvents([told], AT);
      expect(await findings(at.store, KEYS)).toEqual(['unsigned 2', 'stranger']);
    });

    test('are followed back through take-overs, signed ones and those of before the keys, with the ends of the chains that they took', async () => {
      const at = store();
      const known = async () => {
        const [row] = (await at.store.readHealth()).health;
        if (!row) throw new Error('agent_health has no row');
        return row;
      };
      const end = async (agentId: string, events: readonly AgentEvent[], keys = KEYS) => {
        const writer = await signedBy(at, under, keys);
        await writer.takeLease({ agentId, runId: 'run-1', leaseSeconds: 9 });
        const lease = { agentId, runId: 'run-1', epoch: (await known()).leaseEpoch };
        await writer.appendEvents(events, AT, lease);
        await writer.endCycle(lease, HEARTBEAT);
        await writer.close();
      };
      await end(AGENT, numbered(2), []);
      await at.store.appendEvents([takenOver({ agentId: 'second', runId: 'r2' }, await known())], AT);
      await at.store.takeOver('second');
      await end('second', [anEvent({ eventId: 's1', agentId: 'second' })]);
      const third = await signedBy(at, under, KEYS);
      await third.appendEvents([takenOver({ agentId: 'third', runId: 'r3' }, await known())], AT);
      await third.takeOver('third');
      await third.close();
      expect(await findings(at.store, KEYS)).toEqual([]);
      await under.unprotectAudit(at.outside);
      await at.outside.run(`DELETE FROM agent_events WHERE event_id IN ('e2', 's1')`);
      const { findings: found } = await verified(at.store, KEYS);
      expect(found.map(({ kind, agentId, text }) => [kind, agentId, text])).toEqual([
        ['cut', AGENT, 'the chain ends at 1, and the take-over by second knows this row: the end was cut off'],
        ['cut', 'second', 'the chain ends at 1, and the take-over by third knows this row: the end was cut off'],
      ]);
    });
  });
}
