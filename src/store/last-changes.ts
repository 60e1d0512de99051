import type { Command } from '../domain/command.ts';
import type { ChainPlace, LastChange } from '../ports/cycle-store.ts';
import { read } from './connection.ts';
import type { Session } from './session.ts';
import { fromRow } from './row-mapping.ts';
import { COMMANDS, RECOMMENDATIONS, type Table } from './tables.ts';

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

/** Commands by their ids; a row that is not there is not in it. */
export async function commandsNow(session: Session, ids: readonly string[]): Promise<ReadonlyMap<string, Command>> {
  const d = session.dialect;
  const columns = COMMANDS.columns.map(({ name }) => `${d.asRead(d.quote(name))} AS ${d.quote(name)}`).join(', ');
  const sql = `SELECT ${columns} FROM agent_commands WHERE command_id IN (SELECT value FROM ${d.jsonList('ids')} l)`;
  const { rows } = await session.run(read(sql, { ids: JSON.stringify(ids) }));
  return new Map(rows.map((row) => [String(row['command_id']), fromRow<Command>(COMMANDS, row, d)]));
}

/** Where recommendations stand in their chains, by their ids; a row that is not there is not in it. */
export async function placesIn(session: Session, ids: readonly string[]): Promise<ReadonlyMap<string, ChainPlace>> {
  const sql = `SELECT recommendation_id, equipment_id, issue_family, COALESCE(status, '') AS status, created_timestamp FROM agent_recommendations
WHERE recommendation_id IN (SELECT value FROM ${session.dialect.jsonList('ids')} l)`;
  const { rows } = await session.run(read(sql, { ids: JSON.stringify(ids) }));
  return new Map(rows.map((row) => [String(row['recommendation_id']), fromRow<ChainPlace>(RECOMMENDATIONS, row, session.dialect)]));
}
