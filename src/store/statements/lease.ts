import type { ChainTail } from '../../domain/audit-chain.ts';
import { FUTURE_TOLERANCE_SECONDS } from '../../domain/window.ts';
import type { Heartbeat } from '../../ports/cycle-store.ts';
import type { Lease, LeaseRequest } from '../../ports/lease.ts';
import { type Statement, write } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { SCHEMA_VERSION } from '../schema-version.ts';

/**
 * Takes the lease where it is free, expired, ours already, or so far ahead that a clock must have jumped. `force` is set
 * where a lock has proved that no other holder lives. Nothing is touched in a schema that refuses this version.
 */
export function takeLeaseStatement(request: LeaseRequest & { readonly holderId: string }, force: boolean, d: Dialect): Statement {
  return write(
    `UPDATE agent_health
SET lease_owner = :run, lease_holder = :holder, lease_epoch = COALESCE(lease_epoch, 0) + 1, lease_expires = ${d.plusSeconds(d.now, ':lease_seconds')}
WHERE agent_id = :agent
  AND (:force = 1 OR lease_owner IS NULL OR lease_owner = :run OR lease_expires IS NULL
    OR lease_expires <= ${d.now} OR lease_expires > ${d.plusSeconds(d.now, ':lease_seconds')})
  AND NOT EXISTS (SELECT 1 FROM agent_schema WHERE min_supported > :version)`,
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
  const isOther = `last_process_id IS NOT NULL AND status = 'online' AND last_heartbeat <= ${latest(d)}`;
  return `CASE WHEN last_process_id IS DISTINCT FROM :process THEN CASE WHEN ${isOther} THEN ${theirs} END ELSE ${kept} END`;
}

/**
 * Whether the audit's chain still has the row that is noted, or nothing is noted yet. Else its end was cut off, and the note is the evidence
 * of that: it stays as it is, however long the chain grows again.
 */
const EXTENDS_THE_AUDIT = `:audit_seq IS NOT NULL AND (audit_seq IS NULL OR (audit_seq <= :audit_seq AND EXISTS (
    SELECT 1 FROM agent_events e WHERE e.agent_id = :agent AND e.chain_seq = agent_health.audit_seq AND e.hash = agent_health.audit_hash)))`;

/**
 * The heartbeat, and the lease given back. A watermark never moves back, whoever writes it, unless it lies in the future: no cycle of ours put it there.
 * A newest reading of the future is forgotten even where there is no other, by a cycle that could tell of the silence.
 */
export function endCycleStatement(lease: Lease, beat: Heartbeat, tail: ChainTail | null, d: Dialect): Statement {
  const time = (instant: number | null) => (instant === null ? null : d.encodeTime(instant));
  const otherDue = ofOther('next_due', 'other_due', d);
  return write(
    `UPDATE agent_health SET
  last_heartbeat = ${d.now}, status = CASE WHEN :status = 'offline' AND ${otherDue} > ${d.now} THEN 'online' ELSE :status END, polls_completed = COALESCE(polls_completed, 0) + 1,
  watermark_timestamp = CASE WHEN :watermark IS NULL OR (watermark_timestamp > :watermark AND watermark_timestamp <= ${d.now}) THEN watermark_timestamp ELSE :watermark END,
  newest_reading_timestamp = CASE WHEN :detected = 1 AND newest_reading_timestamp > ${latest(d)} THEN :newest WHEN :newest IS NULL OR (newest_reading_timestamp > :newest AND newest_reading_timestamp <= ${d.now}) THEN newest_reading_timestamp ELSE :newest END,
  detected_timestamp = CASE WHEN :detected = 1 THEN ${d.now} ELSE detected_timestamp END,
  next_due = ${d.plusSeconds(d.now, ':next_due_seconds')}, last_cycle_ms = :cycle_ms, last_error = :last_error,
  consecutive_errors = CASE WHEN :last_error IS NULL THEN 0 ELSE COALESCE(consecutive_errors, 0) + 1 END,
  rules_hash = :rules_hash, version = :version, last_process_id = :process,
  other_process_id = ${ofOther('last_process_id', 'other_process_id', d)}, other_due = ${otherDue}, lease_owner = NULL, lease_expires = NULL,
  audit_seq = CASE WHEN ${EXTENDS_THE_AUDIT} THEN :audit_seq ELSE audit_seq END,
  audit_hash = CASE WHEN ${EXTENDS_THE_AUDIT} THEN :audit_hash ELSE audit_hash END
WHERE agent_id = :agent AND lease_owner = :run AND lease_epoch = :epoch`,
    {
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
    },
  );
}
