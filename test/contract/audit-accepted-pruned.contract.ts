import { describe, expect, test } from '@jest/globals';
import { prunedEvent } from '../../src/domain/prune.ts';
import { accepting, findings, pruning, signedBy, state, verified } from '../support/audit.ts';
import { ringOf } from '../support/keys.ts';
import { AGENT, type AtHand, type StoreUnderTest } from '../support/stores.ts';
import { anEvent } from './samples.ts';
import { withStore } from './with-store.ts';

const DAY_MS = 86_400_000;
const NOW = Date.now();
const ago = (days: number) => NOW - days * DAY_MS;
const OLD_KEY = ringOf(`a:${'1'.repeat(32)}`);
const NEW_KEY = ringOf(`b:${'2'.repeat(32)}`);

const numbered = (count: number, from = 1) => Array.from({ length: count }, (_, index) => anEvent({ eventId: `e${from + index}` }));

/** Puts another row beside this one, at its place. */
const second = (of: string, id: string, changes: string) => [
  `CREATE TABLE more AS SELECT * FROM agent_events WHERE event_id = '${of}'`,
  `UPDATE more SET event_id = '${id}', ${changes}`,
  'INSERT INTO agent_events SELECT * FROM more',
];

export function auditAcceptedPrunedContract(under: StoreUnderTest): void {
  describe('prune over findings that somebody answered for', () => {
    const store = withStore(under);

    /** Old rows and two of today, as somebody left them. */
    async function left(old: number, edits: readonly string[]): Promise<AtHand> {
      const at = store();
      await at.store.appendEvents(numbered(old), ago(500));
      await at.store.appendEvents(numbered(2, old + 1), NOW - 1000);
      await under.unprotectAudit(at.outside);
      for (const edit of edits) await at.outside.run(edit);
      return at;
    }

    const today = `${under.dialect.quote('at')} = (SELECT ${under.dialect.quote('at')} FROM agent_events WHERE event_id = 'e4')`;

    test.each([
      ['a gap where the cut ends', 4, [`DELETE FROM agent_events WHERE event_id = 'e4'`], ['missing 5'], 4, 3, []],
      ['a gap of many places', 9, [`DELETE FROM agent_events WHERE event_id IN ('e7', 'e8', 'e9')`], ['missing 10'], 9, 6, []],
      [
        'a first row that stays and does not follow',
        3,
        [`UPDATE agent_events SET hash = 'other' WHERE event_id = 'e3'`],
        ['changed 3', 'replaced 4'],
        3,
        3,
        [],
      ],
      [
        'a first row that stays and was changed',
        3,
        [`UPDATE agent_events SET previous_hash = 'other' WHERE event_id = 'e4'`],
        ['replaced 4', 'changed 4'],
        3,
        3,
        ['changed 4'],
      ],
      ['a second row where the cut ends', 3, second('e3', 'e3x', `hash = '00'`), ['inserted 3', 'changed 3'], 3, 4, []],
      ['one before the true row there', 3, second('e3', 'e0', `hash = '00'`), ['changed 3', 'inserted 3'], 3, 4, []],
      [
        'a second row of today at an old place',
        3,
        second('e3', 'e3x', today),
        ['inserted 3', 'changed 3'],
        2,
        2,
        ['inserted 3', 'changed 3'],
      ],
    ] as const)('leaves %s sound, and goes on the next time', async (_what, old, edits, wrong, throughSeq, rows, stays) => {
      const at = await left(old, edits);
      expect(await findings(at.store)).toEqual(wrong);
      await accepting(at.store);
      expect((await pruning(at.store)).cut).toMatchObject({ throughSeq, rows });
      expect(await state(at.store)).toEqual({ wrong: [], accepted: stays });
      const [first] = (await verified(at.store)).chains;
      expect(first).toMatchObject({ firstSeq: throughSeq + 1, prunedThrough: throughSeq });
      expect((await pruning(at.store, [], 'prune-2')).cut).toMatchObject({ rows: 0 });
      expect(await findings(at.store)).toEqual([]);
    });

    test('leaves nothing wrong where all that there was goes', async () => {
      const at = store();
      await at.store.appendEvents(numbered(3), ago(500));
      await under.unprotectAudit(at.outside);
      for (const edit of second('e3', 'e3x', `hash = '00'`)) await at.outside.run(edit);
      const past = {
        ...at.store,
        readOpenWork: async (agentId: string) => ({ ...(await at.store.readOpenWork(agentId)), now: ago(450), newestEventAt: ago(450) }),
      };
      await accepting(past);
      expect((await pruning(at.store)).cut).toMatchObject({ throughSeq: 4, rows: 5 });
      expect(await state(at.store)).toEqual({ wrong: [], accepted: [] });
    });

    test('that is not answered for: what the first row names does not become the anchor', async () => {
      const at = await left(4, []);
      const between = {
        ...at.store,
        readHeldSubjects: async (before: number) => {
          await at.outside.run(`DELETE FROM agent_events WHERE event_id = 'e4'`);
          return at.store.readHeldSubjects(before);
        },
      };
      expect((await pruning(between)).cut).toMatchObject({ throughSeq: 3, rows: 3 });
      expect(await findings(at.store)).toEqual(['beginning 5']);
    });

    test('that had nothing to carry on, however often, does not push out what was accepted', async () => {
      const at = await left(3, [`UPDATE agent_events SET actor = 'mallory' WHERE event_id = 'e2'`]);
      await accepting(at.store);
      const cut = { throughSeq: 0, throughHash: null, rows: 0, unchained: 0 };
      const pruned = Array.from({ length: 1200 }, (_, index) =>
        prunedEvent({ agentId: AGENT, runId: `p${index}` }, 'cron via cli', cut, { before: ago(400), rows: {}, carried: {} }),
      );
      await at.store.appendEvents(pruned, NOW + DAY_MS);
      expect(await state(at.store)).toEqual({ wrong: [], accepted: ['changed 2'] });
    });

    test('of rows with a lost key keeps it accepted when some of them go, and not when another one comes', async () => {
      const at = store();
      const old = await signedBy(at, under, OLD_KEY);
      await old.appendEvents(numbered(3), ago(500));
      await old.appendEvents(numbered(3, 4), NOW - 1000);
      const signing = await signedBy(at, under, NEW_KEY);
      expect(await findings(signing, NEW_KEY)).toEqual(['unknown_key']);
      await accepting(signing, { keys: NEW_KEY });
      expect((await pruning(signing, NEW_KEY)).cut).toMatchObject({ throughSeq: 3, rows: 3 });
      expect(await state(signing, NEW_KEY)).toEqual({ wrong: [], accepted: ['unknown_key -'] });
      await old.appendEvents(numbered(1, 9), NOW);
      expect(await findings(signing, NEW_KEY)).toEqual(['unknown_key']);
      await old.close();
      await signing.close();
    });
  });
}
