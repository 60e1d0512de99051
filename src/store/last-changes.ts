import type { Command } from '../domain/command.ts';
import type { ChainPlace, LastChange } from '../ports/cycle-store.ts';
import type { Lease } from '../ports/lease.ts';
import type { Instant } from '../domain/instant.ts';
import { read } from './connection.ts';
import type { Session } from './session.ts';
import { fromRow } from './row-mapping.ts';
import { inChain } from './statements/audit-chain.ts';
import { LEASE_GUARD, leaseParams } from './statements/lease.ts';
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

/** The subjects of which another run than the lease's told last, of what was told up to `at`, where that lease is lost. */
export async function overtakenIn(
  session: Session,
  lease: Lease,
  subjectIds: readonly string[],
  at: Instant,
): Promise<ReadonlySet<string>> {
  const d = session.dialect;
  const sql = `SELECT n.subject_id FROM (
  SELECT e.subject_id, e.run_id, ROW_NUMBER() OVER (PARTITION BY e.subject_id ORDER BY e.chain_seq DESC) AS place FROM agent_events e
  WHERE e.agent_id = :agent AND ${inChain('e', d)} AND e.${d.quote('at')} <= :at AND e.subject_id IN (SELECT value FROM ${d.jsonList('ids')} l)
  AND NOT ${LEASE_GUARD}) n
WHERE n.place = 1 AND n.run_id <> :run`;
  const { rows } = await session.run(read(sql, { ...leaseParams(lease), at: d.encodeTime(at), ids: JSON.stringify(subjectIds) }));
  return new Set(rows.map(({ subject_id: id }) => String(id)));
}

/** Where recommendations stand in their chains, by their ids; a row that is not there is not in it. */
export async function placesIn(session: Session, ids: readonly string[]): Promise<ReadonlyMap<string, ChainPlace>> {
  const sql = `SELECT recommendation_id, equipment_id, issue_family, COALESCE(status, '') AS status, created_timestamp FROM agent_recommendations
WHERE recommendation_id IN (SELECT value FROM ${session.dialect.jsonList('ids')} l)`;
  const { rows } = await session.run(read(sql, { ids: JSON.stringify(ids) }));
  return new Map(rows.map((row) => [String(row['recommendation_id']), fromRow<ChainPlace>(RECOMMENDATIONS, row, session.dialect)]));
}
