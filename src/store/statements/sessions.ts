import { APPROVING_EVENTS, REJECTING_EVENTS } from '../../domain/event.ts';
import { ENDED_SESSION_STATUSES } from '../../domain/operator-session.ts';
import { CLOCK_GRAIN_SECONDS } from '../../domain/policy.ts';
import type { Lease } from '../../ports/lease.ts';
import { type Statement, write } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { OPERATOR_SESSIONS } from '../tables.ts';
import { wordList } from '../word-list.ts';
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

/** Sessions that are open, or ended no longer ago than `:session_seconds`, as rows of operator_sessions. */
export function lateSessions(d: Dialect): string {
  const conditions = openSince(d.plusSeconds(d.now, ':session_seconds'), 'o', d);
  return `(${conditions.map((condition) => `SELECT * FROM operator_sessions o WHERE ${condition}`).join('\nUNION ALL ')})`;
}

/** Of how many recommendations the session has a decision of these kinds. A decision that a dead run announced is announced once more by the next. */
function decided(kinds: readonly string[]): string {
  return `COUNT(DISTINCT CASE WHEN e.event IN ${wordList(kinds)} AND n.event_id IS NULL THEN e.subject_id END)`;
}

/** The decisions on record of the sessions that a relation `l` names. What a dispatch could not store takes no decision back. */
function decisionsOf(sessions: string, d: Dialect, condition = 'true'): string {
  const at = d.quote('at');
  return `SELECT l.session_id, ${decided(APPROVING_EVENTS)} AS approved, ${decided(REJECTING_EVENTS)} AS rejected
  FROM ${sessions} l LEFT JOIN agent_events e ON e.session_id = l.session_id
    LEFT JOIN agent_events n ON n.subject_id = e.subject_id AND n.run_id = e.run_id AND n.event = 'not_applied'
      AND n.to_status NOT IN ('executed', 'failed') AND n.${at} >= e.${at}
  WHERE ${condition} GROUP BY l.session_id`;
}

/** Of the sessions of a relation those in which more was decided than they say, by their ids. */
export function uncountedSelect(sessions: string, d: Dialect): string {
  return `SELECT o.session_id FROM ${sessions} o JOIN (${decisionsOf(`(SELECT session_id FROM ${sessions})`, d)}) c ON c.session_id = o.session_id
  WHERE COALESCE(o.approved_recommendations, 0) < c.approved OR COALESCE(o.rejected_recommendations, 0) < c.rejected`;
}

/** The counts of some sessions, made anew from the audit: never one more than before, so that repeating gives the same. */
export function countDecisionsStatement(lease: Lease, sessionIds: readonly string[], d: Dialect): Statement {
  const counted = decisionsOf(`(SELECT value AS session_id FROM ${d.jsonList('ids')})`, d, LEASE_GUARD);
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
