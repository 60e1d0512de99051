import { MOST_CHAIN_SEQ } from '../../domain/audit-chain.ts';
import { read, type Statement } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { EVENTS } from '../tables.ts';
import type { Lease } from '../../ports/lease.ts';
import { LEASE_GUARD } from './lease.ts';

/** Whether a row stands in a chain. Where a column takes any value, a text is greater than every number, and between two places are others. */
export function inChain(alias: string, d: Dialect): string {
  return `(${alias}.chain_seq >= 1 AND ${isPlaceFromOneOn(alias, d)})`;
}

/** The same of what is known not to stand before the first place. */
export function isPlaceFromOneOn(alias: string, d: Dialect): string {
  return `(${alias}.chain_seq <= ${MOST_CHAIN_SEQ} AND ${d.isWhole(`${alias}.chain_seq`)})`;
}

/** The last row of the chain of `:agent`, or of its places before `:below`; where somebody put several at one place, always the same of them. */
function chainEnd(columns: string, below: string, d: Dialect): string {
  return `SELECT ${columns} FROM agent_events e WHERE e.agent_id = :agent AND ${inChain('e', d)}${below} ORDER BY e.chain_seq DESC, e.event_id LIMIT 1`;
}

/**
 * The end of the chain of `:agent`, at most one row, which the index on (agent_id, chain_seq) finds. `unchained`: where nothing at all is
 * in a chain, how many rows there are; else NULL.
 */
export function tailSelect(d: Dialect, below = ''): string {
  const unchained = `CASE WHEN t.chain_seq IS NULL AND NOT EXISTS (SELECT 1 FROM agent_events o WHERE ${inChain('o', d)})
    THEN (SELECT COUNT(*) FROM agent_events) END`;
  return `SELECT c.clock, (SELECT MAX(m.${d.quote('at')}) FROM agent_events m) AS newest_at, t.chain_seq, t.hash, ${unchained} AS unchained
  FROM (SELECT ${d.now} AS clock) c LEFT JOIN (${chainEnd('e.chain_seq, e.hash', below, d)}) t ON true`;
}

/** Of the places that an append may look at. */
const BELOW = ' AND e.chain_seq < :below';

/** The tail as in tailSelect, of the places before `below`, in the first row, with whether `lease` is held, then the ids of `:ids` that are there. */
export function tailStatement(agentId: string, eventIds: readonly string[], below: number, d: Dialect, lease?: Lease): Statement {
  const isHeld = lease ? `CASE WHEN ${LEASE_GUARD} THEN 1 ELSE 0 END` : '1';
  return read(
    `SELECT a.clock, a.newest_at, a.chain_seq, a.hash, a.unchained, ${isHeld} AS is_held, NULL AS event_id FROM (${tailSelect(d, BELOW)}) a
UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, p.event_id FROM agent_events p WHERE p.event_id IN (SELECT l.value FROM ${d.jsonList('ids')} l)`,
    { ...(lease && { run: lease.runId, epoch: lease.epoch }), agent: agentId, below, ids: JSON.stringify(eventIds) },
  );
}

/**
 * Appends the rows of `:rows`, which are of `:agent` and follow each other, all or none: while the chain, as far as it is below `:below`, ends right before the first of them
 * and none of their ids is there, and `guard` holds. The guard stands in the statement, so that of two writers one finds nothing written and reads the tail anew.
 */
export function appendSql(d: Dialect, guard = 'true'): string {
  const names = EVENTS.columns.map((column) => d.quote(column.name)).join(', ');
  const rows = (wanted: readonly string[]) =>
    d.jsonRows(
      'rows',
      EVENTS.columns.filter(({ name }) => wanted.includes(name)),
    );
  return `INSERT INTO ${d.quote(EVENTS.name)} (${names})
SELECT ${names} FROM ${d.jsonRows('rows', EVENTS.columns)} r
WHERE ${guard} AND COALESCE((SELECT MAX(e.chain_seq) FROM agent_events e WHERE e.agent_id = :agent AND ${inChain('e', d)}${BELOW}), 0)
    = (SELECT MIN(f.chain_seq) - 1 FROM ${rows(['chain_seq'])} f)
  AND NOT EXISTS (SELECT 1 FROM agent_events p WHERE p.event_id IN (SELECT i.event_id FROM ${rows(['event_id'])} i))`;
}

/** The first place of the rows without a gap that end at `last`. */
export function runStartStatement(agentId: string, last: number, d: Dialect): Statement {
  return read(
    `SELECT MAX(e.chain_seq) AS seq FROM agent_events e WHERE e.agent_id = :agent AND ${inChain('e', d)} AND e.chain_seq <= :last
  AND NOT EXISTS (SELECT 1 FROM agent_events p WHERE p.agent_id = :agent AND p.chain_seq = e.chain_seq - 1)`,
    { agent: agentId, last },
  );
}
