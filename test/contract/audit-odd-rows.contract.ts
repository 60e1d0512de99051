import { describe, expect, test } from '@jest/globals';
import { exportedPieces, type ExportFormat } from '../../src/cli/audit/export-rows.ts';
import { testimoniesOf } from '../../src/cycle/audit-rows.ts';
import { checkAudit } from '../../src/cycle/check-audit.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Statement } from '../../src/store/connection.ts';
import { Session } from '../../src/store/session.ts';
import { createSqlStore } from '../../src/store/sql-store.ts';
import { EVENTS } from '../../src/store/tables.ts';
import { accepting, findings, state, verified } from '../support/audit.ts';
import { AGENT, type AtHand, type StoreUnderTest } from '../support/stores.ts';
import { anEvent } from './samples.ts';
import { withStore } from './with-store.ts';

const AT = Date.UTC(2026, 1, 19, 10, 30, 46, 123);
/** More than a page, of each kind. */
const MANY = 600;
/** Reading so few rows takes a few statements; who goes on for ever is stopped here. */
const MOST_STATEMENTS = 200;

/** A text of these bytes. */
const textOf = (hex: string) => `CAST(x'${hex}' AS TEXT)`;

const numbered = (count: number) => Array.from({ length: count }, (_, index) => anEvent({ eventId: `e${1 + index}` }));

/** Copies of the first row with other values, written by whoever can get around what protects the audit. */
async function putCopies(at: AtHand, under: StoreUnderTest, count: number, given: Readonly<Record<string, string>>): Promise<void> {
  const names = EVENTS.columns.map(({ name }) => under.dialect.quote(name));
  const values = EVENTS.columns.map(({ name }) => given[name] ?? `e.${under.dialect.quote(name)}`);
  await at.outside.run(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
INSERT INTO agent_events (${names.join(', ')}) SELECT ${values.join(', ')} FROM n, agent_events e WHERE e.event_id = 'e1'`,
  );
}

/** Its lines. */
async function exported(store: Store, format: ExportFormat): Promise<readonly string[]> {
  let all = '';
  for await (const { text } of exportedPieces(store, format, null)) all += text;
  return all.split('\n').slice(0, -1);
}

async function exportedRows(store: Store): Promise<number> {
  return (await exported(store, 'jsonl')).length;
}

export function auditOddRowsContract(under: StoreUnderTest): void {
  // Where types rule them out, there are no such rows.
  if (!under.takesAnyValue) return;

  describe('rows of the audit whose keys are no texts', () => {
    const store = withStore(under);

    async function withRows(): Promise<{ readonly at: AtHand; readonly reader: Store }> {
      const at = store();
      await at.store.appendEvents(numbered(3), AT);
      await under.unprotectAudit(at.outside);
      let statements = 0;
      const { store: reader } = await at.another({
        lock: false,
        watch: () => {
          if ((statements += 1) > MOST_STATEMENTS) throw new Error('the reading does not end');
        },
      });
      return { at, reader };
    }

    const ids = [
      ['bytes', `CAST(printf('y%05d', n.i) AS BLOB)`],
      ['texts that are no UTF-8', `CAST(CAST(printf('y%05d', n.i) AS BLOB) || x'ff' AS TEXT)`],
      ['texts that begin alike in no UTF-8', `CAST(x'ff' || CAST(printf('y%05d', n.i) AS BLOB) AS TEXT)`],
      ['texts with a NUL in them', `'y' || char(0) || printf('%05d', n.i)`],
    ] as const;

    test.each(ids)('outside of the chains, with ids that are %s, are all found and exported, each once', async (_what, id) => {
      const { at, reader } = await withRows();
      await putCopies(at, under, MANY, { event_id: id, chain_seq: 'NULL' });
      const report = await verified(reader);
      expect(report).toMatchObject({ findingsTotal: MANY, unchained: MANY });
      expect(await exportedRows(reader)).toBe(MANY + 3);
    });

    test.each(ids)('at one place of a chain, with ids that are %s, are all found and exported, each once', async (_what, id) => {
      const { at, reader } = await withRows();
      await putCopies(at, under, MANY, { event_id: id, chain_seq: '2' });
      const report = await verified(reader);
      expect(report.chains).toMatchObject([{ agentId: AGENT, rows: MANY + 3 }]);
      expect(await exportedRows(reader)).toBe(MANY + 3);
    });

    test.each(ids)(
      'that would answer for something, with ids that are %s, do not keep anybody from reading what was answered for',
      async (_what, id) => {
        const { at, reader } = await withRows();
        const asTold = { event: `'audit_accepted'`, subject_type: `'agent'`, subject_id: 'e.agent_id' };
        await putCopies(at, under, MANY, { event_id: id, chain_seq: 'NULL', ...asTold });
        expect(await testimoniesOf(reader, AGENT)).toEqual([]);
      },
    );

    test.each([
      ['bytes', `x'61'`],
      ['bytes that would be the name of the agent', `CAST(e.agent_id AS BLOB)`],
      ['a text that is no UTF-8', `CAST(x'61ff' AS TEXT)`],
      ['a text that is no UTF-8 and would be the first name', `CAST(x'01ff' AS TEXT)`],
    ])('in the chain of an agent that is %s, are found as inserted, and exported', async (_what, owner) => {
      const { at, reader } = await withRows();
      await putCopies(at, under, 3, { event_id: `'odd ' || n.i`, agent_id: owner, chain_seq: 'n.i' });
      expect(await findings(reader)).toEqual(['inserted', 'inserted', 'inserted']);
      expect(await verified(reader)).toMatchObject({ unchained: 3, chains: [{ agentId: AGENT, rows: 3 }] });
      expect(await exportedRows(reader)).toBe(6);
    });

    test.each([
      ['outside of the chains', { event_id: textOf('79ff'), chain_seq: 'NULL' }, { event_id: textOf('79fe'), chain_seq: 'NULL' }],
      [
        'in the chain of an agent whose name is no text',
        { event_id: textOf('79ff'), agent_id: textOf('61ff'), chain_seq: '1' },
        { event_id: textOf('79fe'), agent_id: textOf('61ff'), chain_seq: '2' },
      ],
    ] as const)('%s: whoever answers for one does not answer for another that reads alike', async (_which, one, other) => {
      const { at, reader } = await withRows();
      await putCopies(at, under, 1, one);
      await accepting(at.store);
      expect(await state(reader)).toEqual({ wrong: [], accepted: ['inserted -'] });
      await putCopies(at, under, 1, other);
      expect(await state(reader)).toEqual({ wrong: ['inserted'], accepted: ['inserted -'] });
    });

    test('and were answered for are findings again as soon as they are of another owner that reads alike', async () => {
      const { at, reader } = await withRows();
      await putCopies(at, under, 1, { event_id: `'odd'`, agent_id: textOf('61ff'), chain_seq: '1' });
      await accepting(at.store);
      expect(await findings(reader)).toEqual([]);
      await at.outside.run(`UPDATE agent_events SET agent_id = ${textOf('61fe')} WHERE event_id = 'odd'`);
      expect(await findings(reader)).toEqual(['inserted']);
    });

    test('are exported with the places that they stand at, and with bytes as the text that says which', async () => {
      const { at, reader } = await withRows();
      await putCopies(at, under, 2, {
        event_id: `'odd ' || n.i`,
        agent_id: `x'61ff'`,
        reason: `x'00'`,
        before: `x'7b7d'`,
        chain_seq: 'n.i',
      });
      const rows = (await exported(reader, 'jsonl')).map((line): unknown => JSON.parse(line));
      expect(rows.slice(3)).toMatchObject(
        [1, 2].map((place) => ({
          event_id: `odd ${place}`,
          agent_id: 'bytes 61FF',
          reason: 'bytes 00',
          before: 'bytes 7B7D',
          chain_seq: place,
        })),
      );
      const csv = (await exported(reader, 'csv')).slice(4).map((line) => line.split(','));
      expect(csv.map((cells) => [cells[0], cells[3], cells[11], cells[15]])).toEqual(
        [1, 2].map((place) => [`odd ${place}`, 'bytes 61FF', 'bytes 00', String(place)]),
      );
    });

    test('and say as bytes what the text said before are changed', async () => {
      const { at, reader } = await withRows();
      await at.store.appendEvents([anEvent({ eventId: 'e4', reason: 'bytes 61' })], AT);
      expect(await findings(reader)).toEqual([]);
      await at.outside.run(`UPDATE agent_events SET reason = x'61' WHERE event_id = 'e4'`);
      expect(await findings(reader)).toEqual(['changed 4']);
    });

    test.each(['event_id', 'agent_id', 'subject_id', 'event', 'actor', 'reason', 'after', 'hash'])(
      'and say more behind U+0000, where drivers end a text, are not what was written: %s',
      async (column) => {
        const { at, reader } = await withRows();
        const name = under.dialect.quote(column);
        await at.outside.run(`UPDATE agent_events SET ${name} = COALESCE(${name}, 'x') || char(0) || 'more' WHERE event_id = 'e2'`);
        expect(await findings(reader)).not.toEqual([]);
        const said = (await exported(reader, 'jsonl')).join('\n');
        expect(said).toContain(Buffer.from('\0more').toString('hex').toUpperCase());
      },
    );

    test('are read no further than the next page once somebody wants it to end', async () => {
      const { at, reader } = await withRows();
      await putCopies(at, under, 3 * MANY, { event_id: `'y' || n.i`, chain_seq: 'NULL' });
      const ending = new AbortController();
      // A signal is heard where the process has a turn of its own to hear it in.
      setImmediate(() => ending.abort());
      const asked = { keys: [], heads: [], mostFindings: 1, signal: ending.signal };
      await expect(checkAudit(reader, asked)).rejects.toMatchObject({ code: 'interrupted' });
    });

    test('that come twice, because the store does not get on, end the reading with an error', async () => {
      const { at } = await withRows();
      await putCopies(at, under, MANY, { event_id: `'y' || n.i`, chain_seq: 'NULL' });
      const stuck = { ...under.dialect, ofExactKey: (parameter: string) => `substr(:${parameter}, 1, 0)` };
      const session = new Session(await at.database.connect(), stuck);
      const broken = createSqlStore({ session, lock: null, sourceTable: 'sensor_data', description: 'one that does not get on', keys: [] });
      const { next } = await broken.readUnchainedPage({ after: null, limit: 9 });
      expect(next).not.toBeNull();
      await expect(broken.readUnchainedPage({ after: next, limit: 9 })).rejects.toMatchObject({ code: 'bug' });
      await broken.close();
    });

    test('that come without a place in a page of a chain, because the store is at fault, end the reading with an error', async () => {
      const { at } = await withRows();
      const inner = await at.database.connect();
      const execute = async (statement: Statement) => {
        const result = await inner.execute(statement);
        return { ...result, rows: result.rows.map((row) => ({ ...row, chain_seq: null })) };
      };
      const session = new Session({ ...inner, execute }, under.dialect);
      const broken = createSqlStore({ session, lock: null, sourceTable: 'sensor_data', description: 'one without places', keys: [] });
      await expect(broken.readChainPage({ agentId: AGENT, after: null, limit: 3 })).rejects.toMatchObject({ code: 'bug' });
      await broken.close();
    });

    if (under.dialect.name === 'embedded')
      test.each([
        ['event_id', `x'61'`],
        ['agent_id', `x'61'`],
        ['subject_id', `x'61'`],
        ['event', `x'61'`],
        ['at', `x'61'`],
        ['at', `'no time'`],
        ['ordinal', '9007199254740993'],
        ['ordinal', '-1'],
        ['ordinal', '0.5'],
        ['ordinal', `'x'`],
      ])('are refused by a trigger: %s as %s', async (name, value) => {
        const at = store();
        await at.store.appendEvents(numbered(1), AT);
        const put = (given: Readonly<Record<string, string>>) =>
          putCopies(at, under, 1, { event_id: `'other'`, chain_seq: 'NULL', ...given });
        await expect(put({ [name]: value })).rejects.toThrow('a row of agent_events ');
        await put({});
        expect(await findings(at.store)).toEqual(['inserted']);
      });
  });
}
