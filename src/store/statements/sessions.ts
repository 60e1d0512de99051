import { APPROVING_EVENTS, REJECTING_EVENTS } from '../../domain/event.ts';
import { ENDED_SESSION_STATUSES } from '../../domain/operator-session.ts';
import type { Lease } from '../../ports/store.ts';
import { type Statement, write } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { wordList } from '../word-list.ts';
import { LEASE_GUARD, leaseParams } from './lease.ts';

/** Whether a session has not ended, as a condition on a row of operator_sessions: as `isOpenAt` says it of the present. */
export function isOpen(alias: string): string {
  return `(${alias}.login_timestamp IS NOT NULL AND ${alias}.logout_timestamp IS NULL AND LOWER(TRIM(COALESCE(${alias}.status, ''))) NOT IN ${wordList(ENDED_SESSION_STATUSES)})`;
}

/** What a dispatch could not store takes no decision back. Recommendations, not events: a decision that a dead run announced is announced once more by the next. */
function decided(kinds: readonly string[], d: Dialect): string {
  return `(SELECT COUNT(DISTINCT e.subject_id) FROM agent_events e
    LEFT JOIN agent_events n ON n.subject_id = e.subject_id AND n.run_id = e.run_id AND n.event = 'not_applied'
      AND n.to_status NOT IN ('executed', 'failed') AND n.${d.quote('at')} >= e.${d.quote('at')}
    WHERE e.session_id = operator_sessions.session_id AND e.event IN ${wordList(kinds)} AND n.event_id IS NULL)`;
}

/** The counts of some sessions, made anew from the audit: never one more than before, so that repeating gives the same. */
export function countDecisionsStatement(lease: Lease, sessionIds: readonly string[], d: Dialect): Statement {
  return write(
    `UPDATE operator_sessions SET
  approved_recommendations = ${decided(APPROVING_EVENTS, d)},
  rejected_recommendations = ${decided(REJECTING_EVENTS, d)}
WHERE session_id IN (SELECT value FROM ${d.jsonList('ids')} l) AND ${LEASE_GUARD}`,
    { ...leaseParams(lease), ids: JSON.stringify(sessionIds) },
  );
}
