import { describe, expect, test } from '@jest/globals';
import { FINDINGS_ID_LENGTH } from '../../src/cycle/accept-audit.ts';
import { testimoniesOf } from '../../src/cycle/audit-rows.ts';
import { accepting, findings, oldRow, pruning, signedBy, state, verified } from '../support/audit.ts';
import { ringOf } from '../support/keys.ts';
import { AGENT, type AtHand, leaseOf, type StoreUnderTest } from '../support/stores.ts';
import { anEvent, HEARTBEAT } from './samples.ts';
import { withStore } from './with-store.ts';

const DAY_MS = 86_400_000;
const NOW = Date.now();
const ago = (days: number) => NOW - days * DAY_MS;
const KEYS = ringOf(`a:${'1'.repeat(32)}`);

const numbered = (count: number, from = 1) => Array.from({ length: count }, (_, index) => anEvent({ eventId: `e${from + index}` }));

export function auditAcceptedContract(under: StoreUnderTest): void {
  describe('a finding that somebody answered for', () => {
    const store = withStore(under);

    async function withRows(count = 5, at = NOW): Promise<AtHand> {
      const hand = store();
      await hand.store.appendEvents(numbered(count), at);
      await under.unprotectAudit(hand.outside);
      return hand;
    }

    test('is told as accepted, by whom, when and why, and is on record row by row', async () => {
      const at = await withRows();
      await at.outside.run(`UPDATE agent_events SET actor = 'mallory' WHERE event_id = 'e2'`);
      await at.outside.run(`DELETE FROM agent_events WHERE event_id = 'e4'`);
      await at.outside.insert('agent_events', [oldRow(at, 'by hand', NOW)]);
      expect(await findings(at.store)).toEqual(['changed 2', 'missing 5', 'inserted']);
      expect(await accepting(at.store)).toHaveLength(3);
      const { accepted, findingsTotal, findingsId } = await verified(at.store);
      expect({ findingsTotal, findingsId }).toEqual({ findingsTotal: 0, findingsId: null });
      expect(accepted.map(({ kind, eventId, acceptance }) => [kind, eventId, acceptance.by, acceptance.reason])).toEqual([
        ['changed', 'e2', 'anna via cli', 'we know'],
        ['missing', 'e5', 'anna via cli', 'we know'],
        ['inserted', 'by hand', 'anna via cli', 'we know'],
      ]);
      const [told] = await at.store.listEvents({ subjectId: AGENT, limit: 1 });
      expect(told).toMatchObject({ event: 'audit_accepted', actor: 'anna via cli', reason: 'we know', chainSeq: 6 });
      expect(told?.after).toMatchObject({
        findings: [
          { kind: 'changed', chain_seq: 2, event_id: 'e2', evidence: expect.stringMatching(/^[0-9a-f]{64}$/) },
          { kind: 'missing', event_id: 'e5' },
          { kind: 'inserted', event_id: 'by hand' },
        ],
      });
      expect(await accepting(at.store)).toEqual([]);
    });

    test.each([
      ['is edited once more', `UPDATE agent_events SET actor = 'again' WHERE event_id = 'e2'`, ['changed 2']],
      ['has another neighbour', `UPDATE agent_events SET actor = 'again' WHERE event_id = 'e3'`, ['changed 3']],
      ['lost its neighbour', `DELETE FROM agent_events WHERE event_id = 'e5'`, ['missing 6']],
      ['was signed by a stranger', `UPDATE agent_events SET signature = 'x:1' WHERE event_id = 'e2'`, ['changed 2']],
      ['is one of two by now', `INSERT INTO agent_events SELECT * FROM more`, ['inserted']],
    ])('is one again as soon as its row %s', async (_what, sql, wrong) => {
      const at = await withRows();
      await at.outside.run(`UPDATE agent_events SET actor = 'mallory' WHERE event_id = 'e2'`);
      await at.outside.insert('agent_events', [oldRow(at, 'by hand', NOW)]);
      await at.outside.run(`CREATE TABLE more AS SELECT * FROM agent_events WHERE event_id = 'by hand'`);
      await at.outside.run(`UPDATE more SET event_id = 'more'`);
      await accepting(at.store);
      expect(await findings(at.store)).toEqual([]);
      await at.outside.run(sql);
      expect(await findings(at.store)).toEqual(wrong);
    });

    test('is answered for as it was seen: where there is another one by now, nothing is accepted', async () => {
      const at = await withRows();
      await at.outside.run(`UPDATE agent_events SET actor = 'mallory' WHERE event_id = 'e2'`);
      const { findingsId } = await verified(at.store);
      await at.outside.run(`UPDATE agent_events SET actor = 'mallory' WHERE event_id = 'e3'`);
      await expect(accepting(at.store, { findingsId: findingsId?.slice(0, FINDINGS_ID_LENGTH) ?? '' })).rejects.toMatchObject({
        code: 'conflict',
        message: 'the findings are not those that were seen',
      });
      expect((await state(at.store)).accepted).toEqual([]);
    });

    test('with keys needs a signature: an event that anybody may have written accepts nothing', async () => {
      const at = store();
      const signing = await signedBy(at, under, KEYS);
      await signing.appendEvents(numbered(3), NOW);
      await under.unprotectAudit(at.outside);
      await at.outside.run(`UPDATE agent_events SET actor = 'mallory' WHERE event_id = 'e2'`);
      await expect(accepting(at.store)).rejects.toMatchObject({ code: 'usage', remedy: 'set OPS_AGENT_SIGNING_KEY' });
      const unsigned = await verified(at.store, KEYS);
      await accepting(signing, { keys: KEYS });
      expect(await state(signing, KEYS)).toEqual({ wrong: [], accepted: ['changed 2'] });
      expect(unsigned.findingsTotal).toBe(1);
      await at.outside.run(`UPDATE agent_events SET signature = NULL WHERE event = 'audit_accepted'`);
      expect(await state(signing, KEYS)).toEqual({ wrong: ['changed 2', 'unsigned 4'], accepted: [] });
      await signing.close();
    });

    test('about the end of the chain does not hide the next end that is cut off', async () => {
      const at = await withRows();
      await at.store.endCycle(await leaseOf(at.store), HEARTBEAT);
      await at.outside.run(`DELETE FROM agent_events WHERE event_id IN ('e4', 'e5')`);
      await at.outside.run('UPDATE agent_health SET audit_seq = 5');
      expect(await findings(at.store)).toEqual(['cut 5']);
      await accepting(at.store);
      expect(await findings(at.store)).toEqual([]);
      expect((await at.store.readHealth()).health).toMatchObject([{ auditSeq: 4 }]);
      const lease = await leaseOf(at.store);
      await at.store.appendEvents(numbered(2, 6), NOW);
      await at.store.endCycle(lease, HEARTBEAT);
      expect((await at.store.readHealth()).health).toMatchObject([{ auditSeq: 6 }]);
      await at.outside.run(`DELETE FROM agent_events WHERE event_id = 'e7'`);
      expect(await findings(at.store)).toEqual(['cut 6']);
    });

    test('lets prune go on, which says in its own event what is still wrong with what stays', async () => {
      const at = await withRows(3, ago(500));
      await at.outside.run(`UPDATE agent_events SET actor = 'mallory' WHERE event_id = 'e2'`);
      await at.outside.insert('agent_events', [oldRow(at, 'by hand', NOW)]);
      await expect(pruning(at.store)).rejects.toMatchObject({ code: 'unsound_audit' });
      await accepting(at.store);
      // As if a year had gone by since somebody answered for it.
      const told = await testimoniesOf(at.store, AGENT);
      expect(told).toHaveLength(1);
      expect((await pruning(at.store)).cut).toMatchObject({ throughSeq: 3, unchained: 0 });
      expect(await state(at.store)).toEqual({ wrong: [], accepted: ['inserted -'] });
    });

    test('stays accepted when the row that says so is taken away as well', async () => {
      const at = store();
      await at.store.appendEvents(numbered(2), ago(500));
      await at.outside.insert('agent_events', [oldRow(at, 'by hand', NOW)]);
      const past = {
        ...at.store,
        readOpenWork: async (agentId: string) => ({ ...(await at.store.readOpenWork(agentId)), now: ago(450), newestEventAt: ago(450) }),
      };
      await accepting(past);
      expect(await state(at.store)).toEqual({ wrong: [], accepted: ['inserted -'] });
      for (const [through, rows] of [
        [3, 3],
        [3, 0],
      ] as const) {
        expect((await pruning(at.store)).cut).toMatchObject({ throughSeq: rows === 0 ? 0 : through, rows });
        const { accepted, findingsTotal } = await verified(at.store);
        expect(findingsTotal).toBe(0);
        expect(accepted.map(({ acceptance }) => acceptance)).toEqual([{ by: 'anna via cli', at: ago(450), reason: 'we know' }]);
      }
    });
  });
}
