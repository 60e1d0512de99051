import { describe, expect, test } from '@jest/globals';
import { FINDINGS_ID_LENGTH } from '../../src/cycle/accept-audit.ts';
import { chained } from '../../src/domain/audit-chain.ts';
import { takenOver } from '../../src/domain/ownership.ts';
import { accepting, findings, pruning, state, verified } from '../support/audit.ts';
import { AGENT, type AtHand, leaseOf, type StoreUnderTest } from '../support/stores.ts';
import { anEvent, HEARTBEAT } from './samples.ts';
import { withStore } from './with-store.ts';

const DAY_MS = 86_400_000;
const NOW = Date.now();
const ago = (days: number) => NOW - days * DAY_MS;

const numbered = (count: number, from = 1, agentId = AGENT) =>
  Array.from({ length: count }, (_, index) => anEvent({ eventId: `${agentId === AGENT ? 'e' : 'f'}${from + index}`, agentId }));

type Edit = (at: AtHand) => Promise<unknown>;

const sql =
  (...statements: readonly string[]): Edit =>
  async (at) => {
    for (const statement of statements) await at.outside.run(statement);
  };

/** Rows that follow each other say something else, with hashes that fit, as whoever knows how they are made writes them. */
const rewritten =
  (actor: string, ids: readonly string[], agentId = AGENT): Edit =>
  async (at) => {
    const { rows } = await at.store.readChainPage({ agentId, after: null, limit: 99 });
    const told = rows.filter(({ eventId }) => ids.includes(eventId)).map((row) => ({ ...row, actor, at: row.at ?? 0 }));
    const tail = { seq: (told[0]?.chainSeq ?? 0) - 1, hash: told[0]?.previousHash ?? null };
    for (const { eventId, hash, previousHash } of chained(tail, told, []))
      await at.outside.run(`UPDATE agent_events SET actor = :actor, hash = :hash, previous_hash = :previous WHERE event_id = :id`, {
        actor,
        hash,
        previous: previousHash,
        id: eventId,
      });
  };

const gone = (...ids: readonly string[]) => sql(`DELETE FROM agent_events WHERE event_id IN ('${ids.join("', '")}')`);

/** Another row at the place of e5, before it in the order of the ids, that says who wrote it and follows as e5 does. */
const beside: Edit = async (at) => {
  await sql(
    `CREATE TABLE more AS SELECT * FROM agent_events WHERE event_id = 'e5'`,
    `UPDATE more SET event_id = 'e0'`,
    'INSERT INTO agent_events SELECT * FROM more',
  )(at);
  await rewritten('mallory', ['e0'])(at);
};

/** As if it were so many days ago. */
const daysBack = ({ store }: AtHand, days: number) => ({
  ...store,
  readOpenWork: async (agentId: string) => ({ ...(await store.readOpenWork(agentId)), now: ago(days), newestEventAt: ago(days) }),
});

export function auditAcceptedExtentContract(under: StoreUnderTest): void {
  describe('a finding that somebody answered for', () => {
    const store = withStore(under);

    /** Three old rows and five of today. */
    async function withRows(): Promise<AtHand> {
      const at = store();
      await at.store.appendEvents(numbered(3), ago(500));
      await at.store.appendEvents(numbered(5, 4), NOW - 1000);
      await under.unprotectAudit(at.outside);
      return at;
    }

    /** The same, on tables that an agent with four rows had before; `told` is what its end is said to be. */
    async function withFormer(edit: Edit, told?: string): Promise<AtHand> {
      const at = store();
      await at.store.appendEvents(numbered(4, 1, 'former'), ago(600));
      const { rows } = await at.store.readChainPage({ agentId: 'former', after: null, limit: 9 });
      const owner = { agentId: 'former', auditSeq: 4, auditHash: told ?? rows[3]?.hash ?? null };
      await at.store.appendEvents([takenOver({ agentId: AGENT, runId: 'r' }, owner)], ago(550));
      await withRows();
      await edit(at);
      return at;
    }

    const nothing = sql();
    const changed = sql(`UPDATE agent_events SET actor = 'mallory' WHERE event_id = 'e6'`);

    test.each([
      ['a gap that grows', gone('e6'), ['missing 7'], gone('e5'), ['missing 7']],
      [
        'a gap with all rows before it written anew',
        gone('e6'),
        ['missing 7'],
        rewritten('eve', ['e1', 'e2', 'e3', 'e4', 'e5']),
        ['missing 7'],
      ],
      ['a row that was replaced and is again', rewritten('mallory', ['e5']), ['replaced 6'], rewritten('eve', ['e5']), ['replaced 6']],
      [
        'a row that was replaced, with all before it written anew',
        rewritten('mallory', ['e5']),
        ['replaced 6'],
        rewritten('eve', ['e1', 'e2', 'e3', 'e4', 'e5']),
        ['replaced 6'],
      ],
      [
        'a changed row with all before it written anew',
        changed,
        ['changed 6'],
        rewritten('eve', ['e1', 'e2', 'e3', 'e4', 'e5']),
        ['replaced 6'],
      ],
      ['two rows at one place of which the first becomes another', beside, ['inserted 5'], rewritten('eve', ['e0']), ['inserted 5']],
    ] as const)('is one again as soon as it is worse: %s', async (_what, edit, wrong, worse, then) => {
      const at = await withRows();
      await edit(at);
      expect(await findings(at.store)).toEqual(wrong);
      await accepting(at.store);
      expect(await findings(at.store)).toEqual([]);
      await worse(at);
      expect(await findings(at.store)).toEqual(then);
    });

    test.each([
      ['cut further', gone('f3')],
      ['written anew up to there', rewritten('eve', ['f1', 'f2', 'f3'], 'former')],
      ['all gone', gone('f1', 'f2', 'f3')],
    ] as const)('about the end of a chain that has ended is one again as soon as the chain is %s', async (_what, worse) => {
      const at = await withFormer(gone('f4'));
      expect(await findings(at.store)).toEqual(['cut 4']);
      await accepting(at.store);
      expect(await findings(at.store)).toEqual([]);
      await worse(at);
      expect(await findings(at.store)).toEqual(['cut 4']);
    });

    test('about a row that is another one than is known does not cover what somebody else knows of it', async () => {
      const at = await withFormer(nothing, 'x');
      expect(await findings(at.store)).toEqual(['head 4']);
      await accepting(at.store);
      expect(await findings(at.store)).toEqual([]);
      await at.store.appendEvents([takenOver({ agentId: AGENT, runId: 's' }, { agentId: 'former', auditSeq: 4, auditHash: 'y' })], NOW);
      expect(await state(at.store)).toEqual({ wrong: ['head 4'], accepted: ['head 4'] });
    });

    test('about a row that is another one than is known is one again as soon as that row is written anew', async () => {
      const at = await withFormer(nothing, 'x');
      await accepting(at.store);
      expect(await findings(at.store)).toEqual([]);
      await rewritten('eve', ['f4'], 'former')(at);
      expect(await findings(at.store)).toEqual(['head 4']);
    });

    test('about an end that was cut off is answered for as it was seen: where more is cut by now, nothing is accepted', async () => {
      const at = await withRows();
      await at.store.endCycle(await leaseOf(at.store), HEARTBEAT);
      await gone('e8')(at);
      const { findingsId } = await verified(at.store);
      await gone('e7')(at);
      await expect(accepting(at.store, { findingsId: findingsId?.slice(0, FINDINGS_ID_LENGTH) ?? '' })).rejects.toMatchObject({
        code: 'conflict',
      });
      expect(await findings(at.store)).toEqual(['cut 8']);
    });

    test.each([
      ['a gap', gone('e6'), ['missing 7']],
      ['a row that was replaced', rewritten('mallory', ['e5']), ['replaced 6']],
      ['a row that was changed', changed, ['changed 6']],
      ['two rows at one place', beside, ['inserted 5']],
    ] as const)('stays accepted while honest rows come and old ones go: %s', async (_what, edit, wrong) => {
      const at = await withRows();
      await edit(at);
      await accepting(at.store);
      await at.store.appendEvents(numbered(2, 20), NOW);
      expect(await state(at.store)).toEqual({ wrong: [], accepted: wrong });
      expect((await pruning(at.store)).cut).toMatchObject({ throughSeq: 3 });
      expect(await state(at.store)).toEqual({ wrong: [], accepted: wrong });
    });

    test.each([
      ['was cut', gone('f4'), undefined, ['cut 4']],
      ['ends with another row', nothing, 'x', ['head 4']],
    ] as const)('stays accepted when who told of it goes: another agent’s chain %s', async (_what, edit, told, wrong) => {
      const at = await withFormer(edit, told);
      await accepting(at.store);
      await at.store.appendEvents(numbered(2, 20), NOW);
      expect((await pruning(at.store)).cut).toMatchObject({ throughSeq: 4 });
      expect(await state(at.store)).toEqual({ wrong: [], accepted: wrong });
    });

    /** Another agent had the tables for a while and knows an end of our chain, at place `end`, that was cut off then. The next row is at place 4. */
    async function withCutMeanwhile(end = 4): Promise<AtHand> {
      const at = store();
      await at.store.appendEvents(numbered(end), ago(500));
      const { rows } = await at.store.readChainPage({ agentId: AGENT, after: null, limit: 9 });
      await at.store.appendEvents(
        [takenOver({ agentId: 'other', runId: 'r' }, { agentId: AGENT, auditSeq: end, auditHash: rows.at(-1)?.hash ?? null })],
        ago(490),
      );
      await under.unprotectAudit(at.outside);
      await gone(...numbered(end - 2, 3).map(({ eventId }) => eventId))(at);
      await at.store.appendEvents(
        [takenOver({ agentId: AGENT, runId: 's' }, { agentId: 'other', auditSeq: null, auditHash: null })],
        ago(480),
      );
      expect(await findings(at.store)).toEqual([`cut ${end}`]);
      return at;
    }

    test('about our own chain’s end stays accepted when the chain goes on past it, and when that is taken away', async () => {
      const at = await withCutMeanwhile();
      await accepting(daysBack(at, 450));
      expect(await state(at.store)).toEqual({ wrong: [], accepted: ['cut 4'] });
      await at.store.appendEvents(numbered(3, 20), NOW);
      expect(await state(at.store)).toEqual({ wrong: [], accepted: ['cut 4'] });
      await at.outside.run('UPDATE agent_health SET audit_seq = NULL, audit_hash = NULL');
      expect((await pruning(at.store)).cut).toMatchObject({ throughSeq: 4 });
      expect(await state(at.store)).toEqual({ wrong: [], accepted: ['cut 4'] });
    });

    test.each([
      ['has gone on past it', 4],
      ['ends before it', 9],
    ])('about our own chain’s end stays accepted when another agent takes the tables over and the chain %s', async (_where, end) => {
      const at = await withCutMeanwhile(end);
      await accepting(at.store);
      await at.store.endCycle(await leaseOf(at.store), HEARTBEAT);
      const { health } = await at.store.readHealth();
      const [owner] = health;
      if (!owner) throw new Error('nobody owns the tables');
      await at.store.appendEvents([takenOver({ agentId: 'heir', runId: 't' }, owner)], NOW);
      await at.store.takeOver('heir');
      expect(await state(at.store)).toEqual({ wrong: [], accepted: [`cut ${end}`] });
    });

    test('about our own chain’s end is one again when the chain is cut before who answered for it', async () => {
      const at = await withCutMeanwhile();
      await accepting(at.store);
      await at.outside.run('UPDATE agent_health SET audit_seq = NULL, audit_hash = NULL');
      await at.outside.run(`DELETE FROM agent_events WHERE agent_id = '${AGENT}' AND chain_seq > 3`);
      expect(await findings(at.store)).toEqual(['cut 4']);
    });
  });
}
