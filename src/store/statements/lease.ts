import type { Lease, LeaseRequest } from '../../ports/lease.ts';
import { type Statement, write } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { SCHEMA_VERSION } from '../schema-version.ts';
import { HEALTH } from '../tables.ts';

/**
 * Takes the lease where it is free, expired, ours already, or so far ahead that a clock must have jumped. `force` is set
 * where a lock has proved that no other holder lives. Nothing is touched in a schema that refuses this version.
 */
export function takeLeaseStatement(request: LeaseRequest & { readonly holderId: string }, force: boolean, d: Dialect): Statement {
  return write(
    d.joinedUpdate({
      table: HEALTH,
      source: 'SELECT :agent AS agent_id WHERE NOT EXISTS (SELECT 1 FROM agent_schema WHERE min_supported > :version)',
      on: ['agent_id'],
      set: {
        lease_owner: ':run',
        lease_holder: ':holder',
        lease_epoch: 'COALESCE(t.lease_epoch, 0) + 1',
        lease_expires: d.plusSeconds(d.now, ':lease_seconds'),
      },
      where: `(:force = 1 OR t.lease_owner IS NULL OR t.lease_owner = :run OR t.lease_expires IS NULL
  OR t.lease_expires <= ${d.now} OR t.lease_expires > ${d.plusSeconds(d.now, ':lease_seconds')})`,
    }),
    {
      run: request.runId,
      holder: request.holderId,
      agent: request.agentId,
      lease_seconds: request.leaseSeconds,
      force: force ? 1 : 0,
      version: SCHEMA_VERSION,
    },
  );
}

/** The condition under which this run may still write: it holds the lease, in the epoch that it was given. */
export const LEASE_GUARD =
  'EXISTS (SELECT 1 FROM agent_health h WHERE h.agent_id = :agent AND h.lease_owner = :run AND h.lease_epoch = :epoch)';

/**
 * The agent is off, unless another process works on its tables as well: of two, the one that ends first must not call the other dead.
 * Then the row is the other's again, with the heartbeat that it promised. Who was not the last one only takes its own promise back, unless
 * the last one was a run that stands alone.
 */
export function offlineStatement(agentId: string, processId: string | null, d: Dialect): Statement {
  const isOurs = '(last_process_id IS NOT DISTINCT FROM :process OR (last_process_id IS NULL AND other_process_id = :process))';
  const isOtherAlive = `(other_due IS NOT NULL AND other_due > ${d.now} AND other_process_id IS DISTINCT FROM :process)`;
  return write(
    `UPDATE agent_health SET
  status = CASE WHEN ${isOurs} AND NOT ${isOtherAlive} THEN 'offline' ELSE status END,
  next_due = CASE WHEN ${isOurs} AND ${isOtherAlive} THEN other_due ELSE next_due END,
  last_process_id = CASE WHEN ${isOurs} AND ${isOtherAlive} THEN other_process_id ELSE last_process_id END,
  other_due = NULL, other_process_id = NULL
WHERE agent_id = :agent AND (last_process_id IS NOT DISTINCT FROM :process OR other_process_id = :process)`,
    { agent: agentId, process: processId },
  );
}

function ownOf(column: string): string {
  return `CASE WHEN t.agent_id = :agent THEN t.${column} END`;
}

/** Makes one row the agent's, where there is one its own; whoever holds the lease of it has it no longer. */
export function takeOverSql(d: Dialect): string {
  return d.joinedUpdate({
    table: HEALTH,
    source: `SELECT COALESCE(MAX(CASE WHEN h.agent_id = :agent THEN h.agent_id END), MIN(h.agent_id)) AS agent_id,
  MAX(COALESCE(h.lease_epoch, 0)) + 1 AS next_epoch FROM agent_health h`,
    on: ['agent_id'],
    set: {
      agent_id: ':agent',
      lease_owner: 'NULL',
      lease_expires: 'NULL',
      lease_epoch: 's.next_epoch',
      audit_seq: ownOf('audit_seq'),
      audit_hash: ownOf('audit_hash'),
    },
    where: 'true',
  });
}

/** The lease for as long again, as of now. */
export function renewLeaseStatement(lease: Lease, leaseSeconds: number, d: Dialect): Statement {
  return write(
    `UPDATE agent_health SET lease_expires = ${d.plusSeconds(d.now, ':lease_seconds')}
WHERE agent_id = :agent AND lease_owner = :run AND lease_epoch = :epoch`,
    { ...leaseParams(lease), lease_seconds: leaseSeconds },
  );
}

/** Gives the lease back without a heartbeat: for whoever held it and was no cycle. */
export function giveLeaseBackStatement(lease: Lease): Statement {
  return write(
    'UPDATE agent_health SET lease_owner = NULL, lease_expires = NULL WHERE agent_id = :agent AND lease_owner = :run AND lease_epoch = :epoch',
    leaseParams(lease),
  );
}

export function leaseParams(lease: Lease) {
  return { agent: lease.agentId, run: lease.runId, epoch: lease.epoch };
}
