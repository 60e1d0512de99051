import { describe, expect, test } from '@jest/globals';
import { MOST_CHAIN_SEQ } from '../../src/domain/audit-chain.ts';
import type { Control } from '../../src/domain/control.ts';
import { EVENTS } from '../../src/store/tables.ts';
import { findings } from '../support/audit.ts';
import { AGENT, type AtHand, leaseOf, type StoreUnderTest } from '../support/stores.ts';
import { anEvent, HEARTBEAT } from './samples.ts';
import { withStore } from './with-store.ts';

const AT = Date.UTC(2026, 1, 19, 10, 30, 46, 123);

const numbered = (count: number, from = 1) => Array.from({ length: count }, (_, index) => anEvent({ eventId: `e${from + index}` }));

const ADVISORY: Control = { kind: 'advisory', scope: 'all', by: 'anna', reason: 'smoke', since: AT, until: null };
const ORDERED = anEvent({ eventId: 'ordered', event: 'control_set', subjectType: 'control', subjectId: 'advisory:all', actor: 'anna' });

async function places(at: AtHand): Promise<readonly unknown[]> {
  const rows = await at.outside.rows('SELECT chain_seq FROM agent_events WHERE chain_seq < 100 ORDER BY chain_seq, event_id');
  return rows.map((row) => row['chain_seq']);
}

export function auditPlacesContract(under: StoreUnderTest): void {
  describe('a row at a place where nothing can come behind it', () => {
    const store = withStore(under);

    /** As on an engine that cannot forbid it. */
    async function withRowAt(place: string, rows = 3): Promise<AtHand> {
      const at = store();
      await at.store.appendEvents(numbered(rows), AT);
      await under.unprotectAudit(at.outside);
      await putAt(at, 'far', place);
      return at;
    }

    async function putAt(at: AtHand, id: string, place: string): Promise<void> {
      const names = EVENTS.columns.map(({ name }) => under.dialect.quote(name));
      const values = EVENTS.columns.map(({ name }) => ({ event_id: `'${id}'`, chain_seq: place })[name] ?? under.dialect.quote(name));
      await at.outside.run(
        `INSERT INTO agent_events (${names.join(', ')}) SELECT ${values.join(', ')} FROM agent_events WHERE event_id = 'e1'`,
      );
    }

    const odd = under.takesAnyValue ? ['3.5', "'x'"] : [];
    test.each([
      String(MOST_CHAIN_SEQ),
      String(MOST_CHAIN_SEQ - 1),
      String(MOST_CHAIN_SEQ - 2 ** 20 - 1),
      String(MOST_CHAIN_SEQ * 2),
      '-3',
      '0',
      ...odd,
    ])('at %s stops nobody from recording: the chain goes on where it was, in a new process too', async (place) => {
      const at = await withRowAt(place);
      // A cycle in which nothing happens takes no such row for the end.
      await at.store.endCycle(await leaseOf(at.store), HEARTBEAT);
      expect([null, 3]).toContain((await at.store.readHealth()).health[0]?.auditSeq);
      const lease = await leaseOf(at.store);
      expect(await at.store.appendEvents(numbered(2, 4), AT, lease)).toBe(true);
      await at.store.endCycle(lease, HEARTBEAT);
      const other = await at.another({ lock: false });
      await other.store.readOpenWork(AGENT);
      await other.store.appendEvents(numbered(2, 6), AT);
      await at.store.appendEvents(numbered(1, 8), AT);
      const seqs = (await places(at)).filter((seq) => Number.isInteger(seq) && Number(seq) > 0);
      expect(seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect((await at.store.readHealth()).health).toMatchObject([{ auditSeq: 5 }]);
      expect(await findings(at.store)).not.toEqual([]);
    });

    test('stops nobody either where several stand there, or where there is no other row', async () => {
      const at = await withRowAt(String(MOST_CHAIN_SEQ));
      for (const back of [1, 2, 4, 5, 9]) await putAt(at, `far ${back}`, String(MOST_CHAIN_SEQ - 2 ** 20 - back));
      await at.outside.run(`DELETE FROM agent_events WHERE event_id LIKE 'e%'`);
      await at.store.appendEvents(numbered(12), AT);
      expect(await places(at)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    });

    if (under.dialect.name === 'embedded')
      test('stops nobody either once the triggers are there again, which still refuse any other place', async () => {
        const at = await withRowAt(String(MOST_CHAIN_SEQ));
        await at.store.migrate(AGENT);
        await at.store.appendEvents(numbered(2, 4), AT);
        expect(await places(at)).toEqual([1, 2, 3, 4, 5]);
        await expect(putAt(at, 'in between', '9')).rejects.toThrow('at the next place of its chain or at none');
      });

    test('at one place with another is always the same one that the chain goes on with', async () => {
      const at = store();
      await at.store.appendEvents(numbered(3), AT);
      await under.unprotectAudit(at.outside);
      const forked = async (ids: readonly string[]) => {
        for (const id of ids) {
          await putAt(at, id, '4');
          await at.outside.run(`UPDATE agent_events SET hash = '${id}' WHERE event_id = '${id}'`);
        }
        const other = await at.another({ lock: false });
        await other.store.appendEvents([anEvent({ eventId: `next ${ids.join()}` })], AT);
        const [next] = await at.outside.rows('SELECT previous_hash FROM agent_events WHERE chain_seq = 5');
        await at.outside.run('DELETE FROM agent_events WHERE chain_seq > 3');
        return next?.['previous_hash'];
      };
      expect([await forked(['x', 'y']), await forked(['y', 'x'])]).toEqual(['x', 'x']);
    });
  });

  describe('the kill switch', () => {
    let seen: readonly unknown[] = [];
    const store = withStore(under, {
      watch: async ({ sql }) => {
        if (sql.startsWith('INSERT INTO') && sql.includes('agent_events') && seen.length === 0)
          seen = await store().outside.rows('SELECT kind, "until" FROM agent_controls');
      },
    });

    test('is in force before the audit is told of it; a shorter one only then', async () => {
      const at = store();
      seen = [];
      expect(await at.store.setControl(ADVISORY, ORDERED)).toBeNull();
      expect(seen).toEqual([{ kind: 'advisory', until: null }]);
      seen = [];
      await at.store.setControl({ ...ADVISORY, until: AT + 60_000 }, anEvent({ eventId: 'shorter' }));
      expect(seen).toEqual([{ kind: 'advisory', until: null }]);
      expect((await at.store.readControls()).controls).toMatchObject([{ until: AT + 60_000 }]);
      expect(await at.outside.rows(`SELECT event_id FROM agent_events ORDER BY chain_seq`)).toEqual([
        { event_id: 'ordered' },
        { event_id: 'shorter' },
      ]);
    });
  });

  describe('where the audit cannot be written', () => {
    const store = withStore(under);

    async function withoutAudit(): Promise<AtHand> {
      const at = store();
      await at.outside.run('ALTER TABLE agent_events RENAME TO elsewhere');
      return at;
    }

    test('the kill switch is set all the same, and says that the audit was not told', async () => {
      const at = await withoutAudit();
      const untold = await at.store.setControl(ADVISORY, ORDERED);
      expect(untold).toMatchObject({ name: 'AgentError', message: expect.stringContaining('agent_events') });
      expect((await at.store.readControls()).controls).toMatchObject([ADVISORY]);
    });

    test.each([
      ['later', AT + 60_000, AT + 60_001],
      ['at the same time', AT + 60_000, AT + 60_000],
      ['never', AT + 60_000, null],
    ])('one takes the place of another that ends earlier than it, also where it ends %s', async (_when, before, until) => {
      const at = store();
      await at.store.setControl({ ...ADVISORY, until: before }, ORDERED);
      await at.outside.run('ALTER TABLE agent_events RENAME TO elsewhere');
      const longer = { ...ADVISORY, by: 'bernd', until };
      expect(await at.store.setControl(longer, anEvent({ eventId: 'longer' }))).toMatchObject({ name: 'AgentError' });
      expect((await at.store.readControls()).controls).toMatchObject([longer]);
    });

    test.each([
      ['never ends', '', AT + 60_000],
      ['ends later', `UPDATE agent_controls SET "until" = '9999-01-01 00:00:00.000'`, AT + 60_000],
      ...(under.takesAnyValue
        ? ([['has no end that can be read', `UPDATE agent_controls SET "until" = '0 o''clock'`, AT + 60_000]] as const)
        : []),
      ['is another order', `UPDATE agent_controls SET kind = 'out_of_service'`, null],
    ])('one that %s is not replaced by a shorter one', async (_what, edit, until) => {
      const at = store();
      await at.store.setControl(ADVISORY, ORDERED);
      if (edit !== '') await at.outside.run(edit);
      const before = await at.outside.rows('SELECT * FROM agent_controls');
      await at.outside.run('ALTER TABLE agent_events RENAME TO elsewhere');
      await expect(at.store.setControl({ ...ADVISORY, by: 'bernd', until }, anEvent({ eventId: 'shorter' }))).rejects.toThrow(
        'agent_events',
      );
      expect(await at.outside.rows('SELECT * FROM agent_controls')).toEqual(before);
    });

    test('no other order is given, and none is lifted', async () => {
      const at = store();
      expect(await at.store.setControl(ADVISORY, ORDERED)).toBeNull();
      await at.outside.run('ALTER TABLE agent_events RENAME TO elsewhere');
      for (const kind of ['out_of_service', 'shelved'] as const)
        await expect(at.store.setControl({ ...ADVISORY, kind }, anEvent({ eventId: kind }))).rejects.toThrow('agent_events');
      await expect(at.store.clearControl('advisory', 'all', anEvent({ eventId: 'cleared' }))).rejects.toThrow('agent_events');
      expect((await at.store.readControls()).controls).toMatchObject([ADVISORY]);
    });
  });
}
