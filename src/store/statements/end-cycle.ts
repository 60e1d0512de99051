import type { ChainTail } from '../../domain/audit-chain.ts';
import type { Heartbeat } from '../../ports/cycle-store.ts';
import type { Lease } from '../../ports/lease.ts';
import { type Statement, write } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { HEALTH } from '../tables.ts';
import { latestTime } from './latest-time.ts';
import { leaseParams } from './lease.ts';

/**
 * What is known of the process before ours: whoever goes on and had the last heartbeat, if not us, unless it said that it stops. What it
 * promised under a clock that was ahead would keep it alive until that time comes: it is known again by its next heartbeat.
 */
function ofOther(theirs: string, kept: string, d: Dialect): string {
  const isOther = `t.last_process_id IS NOT NULL AND t.status = 'online' AND t.last_heartbeat <= ${latestTime(d)}`;
  return `CASE WHEN t.last_process_id IS DISTINCT FROM :process THEN CASE WHEN ${isOther} THEN ${theirs} END ELSE ${kept} END`;
}

/**
 * Whether the audit's chain still has the row that is noted, or nothing is noted yet. Else its end was cut off, and the note is the evidence
 * of that: it stays as it is, however long the chain grows again.
 */
const EXTENDS_THE_AUDIT = `:audit_seq IS NOT NULL AND (h.audit_seq IS NULL OR (h.audit_seq <= :audit_seq AND EXISTS (
    SELECT 1 FROM agent_events e WHERE e.agent_id = :agent AND e.chain_seq = h.audit_seq AND e.hash = h.audit_hash)))`;

function heartbeat(d: Dialect): Readonly<Record<string, string>> {
  const otherDue = ofOther('t.next_due', 't.other_due', d);
  return {
    last_heartbeat: d.now,
    status: `CASE WHEN :status = 'offline' AND ${otherDue} > ${d.now} THEN 'online' ELSE :status END`,
    polls_completed: 'COALESCE(t.polls_completed, 0) + 1',
    watermark_timestamp: `CASE WHEN :watermark IS NULL OR (t.watermark_timestamp > :watermark AND ${isPast('watermark_timestamp', d)}) THEN t.watermark_timestamp ELSE :watermark END`,
    newest_reading_timestamp: `CASE WHEN :detected = 1 AND t.newest_reading_timestamp > ${latestTime(d)} THEN :newest
    WHEN :newest IS NULL OR (t.newest_reading_timestamp > :newest AND ${isPast('newest_reading_timestamp', d)}) THEN t.newest_reading_timestamp ELSE :newest END`,
    detected_timestamp: `CASE WHEN :detected = 1 THEN ${d.now} ELSE t.detected_timestamp END`,
    counted_timestamp: `CASE WHEN :counted = 1 THEN ${d.now} ELSE t.counted_timestamp END`,
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
  };
}

function isPast(column: string, d: Dialect): string {
  return `t.${column} <= ${d.now}`;
}

/**
 * The heartbeat, and the lease given back. A watermark never moves back, whoever writes it, unless it lies in the future: no cycle of ours put it there.
 * A newest reading of the future is forgotten even where there is no other, by a cycle that could tell of the silence.
 */
export function endCycleStatement(lease: Lease, beat: Heartbeat, tail: ChainTail | null, d: Dialect): Statement {
  const time = (instant: number | null) => (instant === null ? null : d.encodeTime(instant));
  const sql = d.joinedUpdate({
    table: HEALTH,
    source: `SELECT h.agent_id, CASE WHEN ${EXTENDS_THE_AUDIT} THEN 1 ELSE 0 END AS extends_audit FROM agent_health h WHERE h.agent_id = :agent`,
    on: ['agent_id'],
    set: heartbeat(d),
    where: 't.lease_owner = :run AND t.lease_epoch = :epoch',
  });
  return write(sql, {
    ...leaseParams(lease),
    status: beat.status,
    watermark: time(beat.watermark),
    newest: time(beat.newestReadingAt),
    detected: beat.detected ? 1 : 0,
    counted: beat.counted ? 1 : 0,
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
