import type { ChainTail } from '../../domain/audit-chain.ts';
import { FUTURE_TOLERANCE_SECONDS } from '../../domain/window.ts';
import type { Heartbeat } from '../../ports/cycle-store.ts';
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

/** Makes one row the agent's, where there is one its own; whoever holds the lease of it has it no longer. */
export function takeOverSql(d: Dialect): string {
  const own = (column: string) => `CASE WHEN t.agent_id = :agent THEN t.${column} END`;
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
      audit_seq: own('audit_seq'),
      audit_hash: own('audit_hash'),
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

/** The latest that a time of ours can be. */
function latest(d: Dialect): string {
  return d.plusSeconds(d.now, String(FUTURE_TOLERANCE_SECONDS));
}

/**
 * What is known of the process before ours: whoever goes on and had the last heartbeat, if not us, unless it said that it stops. What it
 * promised under a clock that was ahead would keep it alive until that time comes: it is known again by its next heartbeat.
 */
function ofOther(theirs: string, kept: string, d: Dialect): string {
  const isOther = `t.last_process_id IS NOT NULL AND t.status = 'online' AND t.last_heartbeat <= ${latest(d)}`;
  return `CASE WHEN t.last_process_id IS DISTINCT FROM :process THEN CASE WHEN ${isOther} THEN ${theirs} END ELSE ${kept} END`;
}

/**
 * Whether the audit's chain still has the row that is noted, or nothing is noted yet. Else its end was cut off, and the note is the evidence
 * of that: it stays as it is, however long the chain grows again.
 */
const EXTENDS_THE_AUDIT = `:audit_seq IS NOT NULL AND (h.audit_seq IS NULL OR (h.audit_seq <= :audit_seq AND EXISTS (
    SELECT 1 FROM agent_events e WHERE e.agent_id = :agent AND e.chain_seq = h.audit_seq AND e.hash = h.audit_hash)))`;

/**
 * The heartbeat, and the lease given back. A watermark never moves back, whoever writes it, unless it lies in the future: no cycle of ours put it there.
 * A newest reading of the future is forgotten even where there is no other, by a cycle that could tell of the silence.
 */
export function endCycleStatement(lease: Lease, beat: Heartbeat, tail: ChainTail | null, d: Dialect): Statement {
  const time = (instant: number | null) => (instant === null ? null : d.encodeTime(instant));
  const otherDue = ofOther('t.next_due', 't.other_due', d);
  const isPast = (column: string) => `t.${column} <= ${d.now}`;
  const sql = d.joinedUpdate({
    table: HEALTH,
    source: `SELECT h.agent_id, CASE WHEN ${EXTENDS_THE_AUDIT} THEN 1 ELSE 0 END AS extends_audit FROM agent_health h WHERE h.agent_id = :agent`,
    on: ['agent_id'],
    set: {
      last_heartbeat: d.now,
      status: `CASE WHEN :status = 'offline' AND ${otherDue} > ${d.now} THEN 'online' ELSE :status END`,
      polls_completed: 'COALESCE(t.polls_completed, 0) + 1',
      watermark_timestamp: `CASE WHEN :watermark IS NULL OR (t.watermark_timestamp > :watermark AND ${isPast('watermark_timestamp')}) THEN t.watermark_timestamp ELSE :watermark END`,
      newest_reading_timestamp: `CASE WHEN :detected = 1 AND t.newest_reading_timestamp > ${latest(d)} THEN :newest
    WHEN :newest IS NULL OR (t.newest_reading_timestamp > :newest AND ${isPast('newest_reading_timestamp')}) THEN t.newest_reading_timestamp ELSE :newest END`,
      detected_timestamp: `CASE WHEN :detected = 1 THEN ${d.now} ELSE t.detected_timestamp END`,
      next_due: d.plusSeconds(d.now, ':next_due_seconds'),
      last_cycle_ms: ':cycle_ms',
      last_error: ':last_error',
      consecutive_errors: 'CASE WHEN :last_error IS NULL THEN 0 ELSE COALESCE(t.consecutive_errors, 0) + 1 END',
      rules_hash: ':rules_hash',
      version: ':version',
      last_process_id: ':process',
      other_process_id: ofOther('t.last_process_id', 't.other_process_id', d),
      other_due: otherDue,
      lease_owner: 'NULL',
      lease_expires: 'NULL',
      audit_seq: 'CASE WHEN s.extends_audit = 1 THEN :audit_seq ELSE t.audit_seq END',
      audit_hash: 'CASE WHEN s.extends_audit = 1 THEN :audit_hash ELSE t.audit_hash END',
    },
    where: 't.lease_owner = :run AND t.lease_epoch = :epoch',
  });
  return write(sql, {
    ...leaseParams(lease),
    status: beat.status,
    watermark: time(beat.watermark),
    newest: time(beat.newestReadingAt),
    detected: beat.detected ? 1 : 0,
    next_due_seconds: beat.nextDueInSeconds,
    cycle_ms: beat.cycleMs,
    last_error: beat.lastError,
    rules_hash: beat.rulesHash,
    version: beat.version,
    process: beat.processId,
    audit_seq: tail === null || tail.seq === 0 ? null : tail.seq,
    audit_hash: tail?.hash ?? null,
  });
}
