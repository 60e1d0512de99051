import type { LastChange } from '../ports/store.ts';
import { read } from './connection.ts';
import type { Session } from './session.ts';
import type { Table } from './tables.ts';

/** What tells whether rows took a write, by their ids; a row that is not there is not in it. */
export async function lastChanges(
  session: Session,
  { name, key }: Table,
  ids: readonly string[],
): Promise<ReadonlyMap<string, LastChange>> {
  const d = session.dialect;
  const id = d.quote(key ?? '');
  const sql = `SELECT ${id} AS id, status, updated_timestamp FROM ${d.quote(name)} WHERE ${id} IN (SELECT value FROM ${d.jsonList('ids')} l)`;
  const { rows } = await session.run(read(sql, { ids: JSON.stringify(ids) }));
  return new Map(
    rows.map(({ id: found, status, updated_timestamp: at }) => [
      String(found),
      { status: typeof status === 'string' ? status : null, updatedTimestamp: d.decodeTime(at) },
    ]),
  );
}
