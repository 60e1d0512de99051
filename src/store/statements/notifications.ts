import { LEAST_FAR_SEQ } from '../../domain/audit-chain.ts';
import { TELLING_EVENTS } from '../../domain/notification-events.ts';
import type { NotificationStatus } from '../../domain/notification-tries.ts';
import { FLOOD_EVENTS, QUEUE_SUBJECT } from '../../domain/queue.ts';
import { read, type Statement, write } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { NOTIFICATIONS } from '../notification-table.ts';
import { jsonParts } from '../row-mapping.ts';
import { type Column, integer, type ParameterColumn, real, text, time } from '../column.ts';
import { wordList } from '../word-list.ts';
import { rowJson } from './newest-event.ts';

const NOT_ENDED = ['pending', 'sending'] as const satisfies readonly NotificationStatus[];
/** A condition of an index: as literals. */
export const OPEN_NOTIFICATIONS = wordList(NOT_ENDED);

export const ENDED_NOTIFICATIONS = wordList(['delivered', 'given_up', 'superseded'] satisfies readonly NotificationStatus[]);

/** The one row that is no notification: up to which place of the audit events are dealt with. */
export const PLACE_KIND = 'place';

/** As many events and rows as one round takes; the next one takes more. */
export const MOST_EVENTS = 500;
const MOST_DUE = 100;
/** A new outbox begins with what was recorded lately, and not with the history. */
const FIRST_LOOKBACK_SECONDS = 3600;

export const EVENT_COLUMNS: readonly Column[] = [
  ...['event_id', 'run_id', 'subject_type', 'subject_id', 'event', 'to_status', 'reason', 'recommendation_id', 'status'].map((name) =>
    text(name),
  ),
  ...['severity', 'equipment_id', 'issue_type', 'cause', 'action', 'tag_path', 'new_value', 'unit'].map((name) => text(name)),
  integer('chain_seq'),
  time('at'),
];
export const DUE_COLUMNS: readonly Column[] = [...NOTIFICATIONS.columns, text('recommendation_status'), integer('last_reminder_seq')];
export const TOLD_COLUMNS: readonly Column[] = ['kind', 'subject_id', 'severity', 'channel'].map((name) => text(name));
export const CLOCK_COLUMNS: readonly Column[] = [time('now'), integer('dealt_with'), integer('noted')];

const NOTED = `(SELECT MAX(p.chain_seq) FROM agent_notifications p WHERE p.notification_id = :place)`;

/** A row at the end of all places is none of the agent's: it would end the telling for ever. */
const OF_AGENT = `e.agent_id = :agent AND e.chain_seq < ${LEAST_FAR_SEQ}`;

function dealtWith(d: Dialect): string {
  const lately = d.plusSeconds(d.now, String(-FIRST_LOOKBACK_SECONDS));
  const newest = `SELECT MAX(e.chain_seq) FROM agent_events e WHERE ${OF_AGENT}`;
  const first = `SELECT MIN(e.chain_seq) - 1 FROM agent_events e WHERE ${OF_AGENT} AND e.${d.quote('at')} > ${lately}`;
  return `COALESCE(${NOTED}, (${first}), (${newest}), 0)`;
}

/**
 * A cycle tells the audit first and stores the effect then. What it has announced counts when no cycle holds the lease, and in any case once its
 * lease would have ended: an event is never taken for one without an effect because that is still to come.
 */
function settled(d: Dialect): string {
  const holders = `SELECT COUNT(*) FROM agent_health h WHERE h.agent_id = :agent AND h.lease_owner IS NOT NULL AND h.lease_expires > ${d.now}`;
  return `((${holders}) = 0 OR e.${d.quote('at')} <= ${d.plusSeconds(d.now, ':lease_back')})`;
}

/** Behind the place, of the kinds that are told. */
function newEvents(d: Dialect): string {
  return `${OF_AGENT} AND e.chain_seq > ${dealtWith(d)} AND e.event IN ${wordList(TELLING_EVENTS)} AND ${settled(d)}`;
}

function eventsSelect(d: Dialect): string {
  const at = d.quote('at');
  const known = `SELECT v.event_id, v.run_id, v.subject_type, v.subject_id, v.event, v.to_status, v.reason, v.chain_seq, v.${at},
    c.action_description, c.tag_path, c.new_value, c.unit, c.equipment_id AS command_equipment, c.severity AS command_severity,
    CASE WHEN v.subject_type = 'recommendation' THEN v.subject_id ELSE c.recommendation_id END AS row_id
  FROM (SELECT * FROM agent_events e WHERE ${newEvents(d)} ORDER BY e.chain_seq LIMIT ${MOST_EVENTS}) v
    LEFT JOIN agent_commands c ON v.subject_type = 'command' AND c.command_id = v.subject_id`;
  return `SELECT k.event_id, k.run_id, k.subject_type, k.subject_id, k.event, k.to_status, k.reason, k.chain_seq, k.${at},
    r.recommendation_id, r.status, r.issue_type, r.root_cause_analysis AS cause,
    COALESCE(r.severity, k.command_severity) AS severity, COALESCE(r.equipment_id, k.command_equipment) AS equipment_id,
    COALESCE(k.action_description, r.recommended_action) AS action, k.tag_path, k.new_value, k.unit
  FROM (${known}) k LEFT JOIN agent_recommendations r ON r.recommendation_id = k.row_id`;
}

function isDue(alias: string, d: Dialect): string {
  return `((${alias}.status = 'pending' AND ${alias}.next_attempt_timestamp <= ${d.now}) OR (${alias}.status = 'sending' AND ${alias}.claim_expires_timestamp <= ${d.now}))`;
}

function dueSelect(d: Dialect): string {
  // In turn by channel: what has piled up for one that is away keeps none of another's out of the round.
  const inTurn = `SELECT n.*, ROW_NUMBER() OVER (PARTITION BY n.channel ORDER BY n.next_attempt_timestamp, n.notification_id) AS place_in_channel
    FROM agent_notifications n WHERE n.agent_id = :agent AND n.status IN ${OPEN_NOTIFICATIONS} AND ${isDue('n', d)}`;
  const due = `SELECT * FROM (${inTurn}) i ORDER BY i.place_in_channel, i.next_attempt_timestamp, i.notification_id LIMIT ${MOST_DUE}`;
  // By the index of what has not ended, and not by that which is in the group's order and has everything.
  const ahead = d.computedOnce(`SELECT m.subject_id, m.chain_seq FROM agent_notifications m
    WHERE m.agent_id = :agent AND m.status IN ${OPEN_NOTIFICATIONS} AND m.status = 'pending' AND m.reminder > 0`);
  const reminders = `SELECT w.subject_id AS about, MAX(w.chain_seq) AS last_reminder_seq FROM ${ahead} w GROUP BY w.subject_id`;
  return `SELECT o.*, r.status AS recommendation_status, l.last_reminder_seq FROM (${due}) o
    LEFT JOIN agent_recommendations r ON r.recommendation_id = o.subject_id LEFT JOIN (${reminders}) l ON l.about = o.subject_id`;
}

function toldSelect(d: Dialect): string {
  const since = d.plusSeconds(d.now, ':quiet_back');
  return `SELECT t.kind, t.subject_id, t.severity, t.channel FROM agent_notifications t
    WHERE t.agent_id = :agent AND t.reminder = 0 AND t.created_timestamp > ${since}
      AND t.subject_id IN (SELECT e.subject_id FROM agent_events e WHERE ${newEvents(d)})`;
}

function floodSelect(d: Dialect): string {
  return `SELECT e.event FROM agent_events e WHERE ${OF_AGENT} AND e.subject_type = 'queue' AND e.subject_id = '${QUEUE_SUBJECT}'
    AND e.event IN ${wordList(FLOOD_EVENTS)} AND e.chain_seq <= ${dealtWith(d)} ORDER BY e.chain_seq DESC LIMIT 1`;
}

/** The id of the row with the place. */
export function placeId(agentId: string): string {
  return `${PLACE_KIND} of ${agentId}`;
}

/** All of one look, each part under its `kind`. */
export function lookStatement(agentId: string, leaseSeconds: number, quietSeconds: number, d: Dialect): Statement {
  const part = (kind: string, select: string, columns: readonly Column[]) =>
    `SELECT '${kind}' AS kind, ${rowJson(d, 'x', columns)} AS content FROM (${select}) x`;
  const clock = `SELECT ${d.now} AS ${d.quote('now')}, ${dealtWith(d)} AS dealt_with, ${NOTED} AS noted`;
  return read(
    [
      part('clock', clock, CLOCK_COLUMNS),
      part('event', eventsSelect(d), EVENT_COLUMNS),
      part('due', dueSelect(d), DUE_COLUMNS),
      part('told', toldSelect(d), TOLD_COLUMNS),
      part('flood', floodSelect(d), [text('event')]),
    ].join('\nUNION ALL '),
    { agent: agentId, place: placeId(agentId), lease_back: -leaseSeconds, quiet_back: -quietSeconds },
  );
}

/** Rows that are there stay as they are, but for the place, which only goes on. Parts of one write; the place is in the last one. */
export function saveStatements(rows: readonly object[], upTo: number, d: Dialect): readonly Statement[] {
  const sql = d.upsert({
    table: NOTIFICATIONS,
    source: d.jsonRows('rows', NOTIFICATIONS.columns),
    where: `t.kind = '${PLACE_KIND}' AND t.chain_seq < :up_to`,
  });
  return jsonParts(rows, d.maxParameterBytes).map((part) => write(sql, { rows: part, up_to: upTo }));
}

/** Claimed in one statement: of two processes one has the row, and it has it no longer than the claim lasts. */
export function claimStatement(claimId: string, ids: readonly string[], seconds: number, d: Dialect): Statement {
  const sql = d.joinedUpdate({
    table: NOTIFICATIONS,
    source: `SELECT DISTINCT l.value AS notification_id FROM ${d.jsonList('ids')} l`,
    on: ['notification_id'],
    set: {
      status: "'sending'",
      claimed_by: ':claim',
      claim_expires_timestamp: d.plusSeconds(d.now, ':claim_seconds'),
    },
    where: isDue('t', d),
  });
  return write(sql, { claim: claimId, ids: JSON.stringify(ids), claim_seconds: seconds });
}

export function claimedStatement(claimId: string): Statement {
  return read(`SELECT n.notification_id FROM agent_notifications n WHERE n.claimed_by = :claim AND n.status = 'sending'`, {
    claim: claimId,
  });
}

const TRY_COLUMNS: readonly ParameterColumn[] = [
  text('notification_id'),
  text('status'),
  integer('tried'),
  real('wait_seconds'),
  text('last_error'),
];

export function recordStatements(claimId: string, tries: readonly object[], d: Dialect): readonly Statement[] {
  const sql = d.joinedUpdate({
    table: NOTIFICATIONS,
    source: `SELECT * FROM ${d.jsonRows('rows', TRY_COLUMNS)} w`,
    on: ['notification_id'],
    set: {
      status: 's.status',
      attempt: 'COALESCE(t.attempt, 0) + s.tried',
      next_attempt_timestamp: d.plusSeconds(d.now, 's.wait_seconds'),
      delivered_timestamp: `CASE WHEN s.status = 'delivered' THEN ${d.now} END`,
      last_error: 'COALESCE(s.last_error, t.last_error)',
      claimed_by: 'NULL',
      claim_expires_timestamp: 'NULL',
    },
    where: `t.status = 'sending' AND t.claimed_by = :claim`,
  });
  return jsonParts(tries, d.maxParameterBytes).map((part) => write(sql, { claim: claimId, rows: part }));
}

/** What is still to be delivered first, then what was given up, each the newest first. */
export function listStatement(statuses: readonly string[], limit: number, d: Dialect): Statement {
  const columns = NOTIFICATIONS.columns.map(({ name }) => `x.${d.quote(name)}`).join(', ');
  const wanted = statuses.length === 0 ? '' : ` AND x.status IN (SELECT l.value FROM ${d.jsonList('statuses')} l)`;
  const params = statuses.length === 0 ? { limit } : { limit, statuses: JSON.stringify(statuses) };
  return read(
    `SELECT ${columns} FROM agent_notifications x WHERE x.kind <> '${PLACE_KIND}'${wanted}
ORDER BY CASE WHEN x.status IN ${OPEN_NOTIFICATIONS} THEN 0 WHEN x.status = 'given_up' THEN 1 ELSE 2 END, x.created_timestamp DESC, x.notification_id
LIMIT :limit`,
    params,
  );
}

/** A reminder that is still to come is none that waits: nobody may ever need it. */
export function figuresStatement(agentId: string, d: Dialect): Statement {
  const waiting = `x.status IN ${OPEN_NOTIFICATIONS} AND (x.reminder = 0 OR x.attempt > 0 OR x.next_attempt_timestamp <= ${d.now})`;
  return read(
    `SELECT COALESCE(SUM(CASE WHEN ${waiting} THEN 1 ELSE 0 END), 0) AS waiting,
  COALESCE(SUM(CASE WHEN x.status IN ${OPEN_NOTIFICATIONS} AND x.attempt > 0 THEN 1 ELSE 0 END), 0) AS failing,
  COALESCE(SUM(CASE WHEN x.status = 'given_up' THEN 1 ELSE 0 END), 0) AS given_up
FROM agent_notifications x WHERE x.agent_id = :agent`,
    { agent: agentId },
  );
}
