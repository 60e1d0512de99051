import { APPROVING_EVENTS, REJECTING_EVENTS } from '../../domain/event.ts';
import { ENDED_SESSION_STATUSES } from '../../domain/operator-session.ts';
import { CLOCK_GRAIN_SECONDS } from '../../domain/policy.ts';
import type { Lease } from '../../ports/lease.ts';
import { type Statement, write } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { OPERATOR_SESSIONS } from '../tables.ts';
import { wordList } from '../word-list.ts';
import { latestTime } from './latest-time.ts';
import { LEASE_GUARD, leaseParams } from './lease.ts';

/** Whether nobody says when a session ends; an index of the engines that have one says the same. */
export function withoutEnd(alias: string, d: Pick<Dialect, 'timeAsRead'>): string {
  return `${d.timeAsRead(`${alias}.logout_timestamp`)} IS NULL`;
}

/**
 * Which sessions were open at a moment or later, as conditions on a row of operator_sessions of which at most one holds: each can be found
 * by an index, which one condition of both could not.
 */
export function openSince(moment: string, alias: string, d: Dialect): readonly string[] {
  const begun = `${d.timeAsRead(`${alias}.login_timestamp`)} <= ${d.plusSeconds(d.now, String(CLOCK_GRAIN_SECONDS))}`;
  return [
    `${alias}.logout_timestamp >= ${moment} AND NOT ${withoutEnd(alias, d)} AND ${begun}`,
    `${withoutEnd(alias, d)} AND ${d.wordAsRead(`${alias}.status`)} NOT IN ${wordList(ENDED_SESSION_STATUSES)} AND ${begun}`,
  ];
}

/** Whether a session is open, as a condition on a row of operator_sessions: as `isOpenAt` says it of the present. */
export function isOpen(alias: string, d: Dialect): string {
  return `(${openSince(d.now, alias, d).join(' OR ')})`;
}

/** Of how many recommendations the session has a decision of these kinds. A decision that a dead run announced is announced once more by the next. */
function decided(kinds: readonly string[]): string {
  return `COUNT(DISTINCT CASE WHEN e.event IN ${wordList(kinds)} AND n.event_id IS NULL THEN e.subject_id END)`;
}

/** Long before any agent. */
const EVER_SECONDS = 100 * 366 * 86_400;

/** Sessions in which somebody decided, by the audit, since a cycle of `:agent` counted last. What is stamped as later than now waits until then. */
export function uncountedSelect(d: Dialect): string {
  const at = `e.${d.quote('at')}`;
  const latest = latestTime(d);
  return `SELECT DISTINCT e.session_id FROM agent_events e
  WHERE ${at} > COALESCE((SELECT MAX(h.counted_timestamp) FROM agent_health h WHERE h.agent_id = :agent AND h.counted_timestamp <= ${latest}),
      ${d.plusSeconds(d.now, String(-EVER_SECONDS))})
    AND ${at} <= ${latest} AND e.session_id IS NOT NULL AND e.event IN ${wordList([...APPROVING_EVENTS, ...REJECTING_EVENTS])}`;
}

/**
 * The counts of some sessions, made anew from the audit: never one more than before, so that repeating gives the same. What a dispatch could
 * not store takes no decision back.
 */
export function countDecisionsStatement(lease: Lease, sessionIds: readonly string[], d: Dialect): Statement {
  const at = d.quote('at');
  const counted = `SELECT l.value AS session_id, ${decided(APPROVING_EVENTS)} AS approved, ${decided(REJECTING_EVENTS)} AS rejected
  FROM ${d.jsonList('ids')} l LEFT JOIN agent_events e ON e.session_id = l.value
    LEFT JOIN agent_events n ON n.subject_id = e.subject_id AND n.run_id = e.run_id AND n.event = 'not_applied'
      AND COALESCE(n.to_status, '') NOT IN ('executed', 'failed') AND n.${at} >= e.${at}
  WHERE ${LEASE_GUARD} GROUP BY l.value`;
  return write(
    d.joinedUpdate({
      table: OPERATOR_SESSIONS,
      source: counted,
      on: ['session_id'],
      set: { approved_recommendations: 's.approved', rejected_recommendations: 's.rejected' },
      where: 'true',
    }),
    { ...leaseParams(lease), ids: JSON.stringify(sessionIds) },
  );
}
