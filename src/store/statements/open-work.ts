import { GIVEN_EVENTS } from '../../domain/decision-way.ts';
import { COMMAND_EVENTS, DECISION_EVENTS, TICKET_EVENTS } from '../../domain/event.ts';
import { read, type Statement } from '../connection.ts';
import { wordList } from '../word-list.ts';
import type { Dialect } from '../dialect.ts';
import { hasId, newestOfKind } from './has-id.ts';
import { latestTime } from './latest-time.ts';
import { leftOutSelect } from './left-out.ts';
import { newestEvent, rowJson } from './newest-event.ts';
import { OPEN, OPEN_COMMANDS } from './open-statuses.ts';
import { floodTable, queueSelects } from './queue.ts';
import { openSince, uncountedSelect } from './sessions.ts';
import { COMMANDS, CONTROLS, HEALTH, OPERATOR_SESSIONS, RECOMMENDATIONS, WORK_ORDERS } from '../tables.ts';
import { tailSelect } from './audit-chain.ts';
import { signingSelect } from './signing.ts';
import { chosenOrders, newestOrderAt } from './work-orders.ts';

const SIGNING_COLUMNS = ['newest_at', 'is_newest_signed', 'is_any_signed'] as const;
/** Bytes, and after them words, are greater than all numbers: one of them is seen whatever stands beside it. */
const SCHEMA_COLUMNS = [
  ['min_supported', 'MAX(s.min_supported)'],
  ['versions', 'COUNT(*)'],
] as const;
const TAIL_COLUMNS = ['chain_seq', 'hash', 'unchained'] as const;

/** What a successor has to know about the rows of its family. */
const HISTORY_COLUMNS: readonly string[] = [
  'recommendation_id',
  'equipment_id',
  'issue_family',
  'status',
  'severity',
  'action_hash',
  'created_timestamp',
  'first_detected_timestamp',
  'last_accounted_timestamp',
  'quiet_until',
  'outcome',
  'may_have_written',
  'updated_timestamp',
  'execution_result',
  'predecessor_id',
  'follows_recommendation_id',
  'tried_before',
];

/** The rows of each family that matter to a cycle, with the tickets of those that have ended: readings are compared with what the audit says of them. */
function familySelect(d: Dialect): string {
  const history = RECOMMENDATIONS.columns.filter((column) => HISTORY_COLUMNS.includes(column.name));
  return `SELECT 'family', ${rowJson(d, 'f', history)}, o.record, NULL, NULL
  FROM agent_recommendations f JOIN accounting a ON a.recommendation_id = f.recommendation_id
  LEFT JOIN old_tickets o ON o.subject_id = f.recommendation_id`;
}

/** What open rows follow that somebody asks to put back. */
const FOLLOWED = `SELECT x.follows_recommendation_id FROM agent_recommendations x WHERE x.status IN ${OPEN} AND x.revert_requested_by IS NOT NULL`;

/** What the command line announced about rows whose decision it may have made. */
const GIVEN = `SELECT 'given', g.subject_id, NULL, g.event, g.actor
  FROM agent_events g WHERE g.subject_type = 'recommendation' AND g.event IN ${wordList(GIVEN_EVENTS)} AND g.subject_id IN (
    SELECT recommendation_id FROM agent_recommendations WHERE status IS DISTINCT FROM guarded_status AND approved_via IS NOT NULL)`;

/** Operators' sessions that are open, or ended as lately as is asked for. */
function sessionSelects(d: Dialect): string {
  const select = `SELECT 'session', ${rowJson(d, 'o', OPERATOR_SESSIONS.columns)}, NULL, NULL, NULL FROM operator_sessions o`;
  const conditions = openSince(d.plusSeconds(d.now, ':session_seconds'), 'o', d);
  return conditions.map((condition) => `${select} WHERE ${condition}`).join('\nUNION ALL ');
}

/**
 * `recent`: the rows that account for what the cycle may read again; the window begins a while before the least of these times.
 * `accounting`: those, and the newest row of each family.
 */
function accounting(d: Dialect): string {
  const times = ['watermark_timestamp', 'detected_timestamp'].map((column) => `COALESCE(MIN(h.${column}), ${d.now})`);
  const least = times.reduce((a, b) => d.smallerOf(a, b), d.now);
  const since = `(SELECT ${d.plusSeconds(least, ':accounted_seconds')} FROM agent_health h)`;
  const isKnown = hasId(d, 'recommendation_id');
  return `recent AS ${d.once(`(SELECT recommendation_id FROM agent_recommendations WHERE last_accounted_timestamp > ${since} AND ${isKnown}
  UNION SELECT recommendation_id FROM agent_recommendations WHERE quiet_until > ${since} AND ${isKnown})`)},
accounting AS (SELECT r.recommendation_id FROM agent_recommendations r JOIN newest n
    ON n.equipment_id = r.equipment_id AND n.issue_family = r.issue_family AND n.created_timestamp = r.created_timestamp
    WHERE ${hasId(d, 'r.recommendation_id')}
  UNION SELECT recommendation_id FROM recent)`;
}

/** What has not ended, what belongs to something under way, and what somebody asks to put back. */
function commandSelects(d: Dialect): string {
  return `SELECT 'command', ${rowJson(d, 'm', COMMANDS.columns)}, NULL, NULL, NULL
  FROM agent_commands m WHERE m.status IN ${OPEN_COMMANDS} AND ${hasId(d, 'm.command_id')}
UNION ALL SELECT 'command', ${rowJson(d, 'm', COMMANDS.columns)}, NULL, NULL, NULL
  FROM agent_commands m JOIN agent_recommendations x ON x.recommendation_id = m.recommendation_id
  WHERE x.status IN ${OPEN} AND x.status = 'executing' AND m.status NOT IN ${OPEN_COMMANDS} AND ${hasId(d, 'm.command_id')}
UNION ALL SELECT 'followed_command', ${rowJson(d, 'm', COMMANDS.columns)}, t.record, NULL, NULL
  FROM agent_commands m LEFT JOIN followed_tickets t ON t.subject_id = m.recommendation_id WHERE m.recommendation_id IN (${FOLLOWED}) AND ${hasId(d, 'm.command_id')}`;
}

/**
 * What was announced as sent within the last minute and not given back since, for the limit: by the audit, whose rows nobody edits as they do a
 * command's times. What cannot be sent now must not keep the others waiting.
 */
function recentWrites(d: Dialect): string {
  const at = d.quote('at');
  return `SELECT 'recent_writes', ${d.jsonObject([['writes', 'COUNT(*)']])}, NULL, NULL, NULL FROM agent_events n
  WHERE n.${at} > ${d.plusSeconds(d.now, '-60')} AND n.${at} <= ${latestTime(d)}
    AND n.subject_type = 'command' AND n.event = 'dispatching'
    AND NOT EXISTS (SELECT 1 FROM agent_events b WHERE b.subject_id = n.subject_id AND b.event = 'returned' AND b.${at} >= n.${at})`;
}

function clock(d: Dialect): string {
  return d.jsonObject([
    ['now', d.now],
    ['newest_event', `(SELECT MAX(${d.quote('at')}) FROM agent_events)`],
  ]);
}

/** As readOpenWork takes it, and whether the store has no signing key. */
export interface OpenWorkAsked {
  readonly agentId: string;
  readonly isKeyless: boolean;
  readonly sessionSeconds: number;
  readonly accountedSeconds: number;
}

/**
 * Everything that a cycle has to know, in one statement and as of one moment: the number of statements must not depend on
 * how much is open. Each result row is a kind and a JSON text, with the newest ticket and decision beside a recommendation.
 * The open statuses stand beside a narrower one where an index holds the open rows alone: history grows for ever.
 * Whether the agent has signed is asked where `isKeyless`: who has a key goes on signing.
 */
export function openWorkStatement(d: Dialect, { agentId, isKeyless, sessionSeconds, accountedSeconds }: OpenWorkAsked): Statement {
  const chosen = 'SELECT recommendation_id FROM chosen';
  const isKnown = hasId(d, 'recommendation_id');
  const sql = `WITH chosen AS ${d.once(`(
  SELECT recommendation_id FROM agent_recommendations WHERE status IN ${OPEN} AND ${isKnown}
  UNION SELECT recommendation_id FROM agent_recommendations WHERE status IS DISTINCT FROM guarded_status AND ${isKnown}
    AND COALESCE(${d.asRead('status')}, '') IS DISTINCT FROM COALESCE(${d.asRead('guarded_status')}, '')
  UNION SELECT recommendation_id FROM agent_recommendations WHERE status = 'executed' AND outcome IS NULL AND ${isKnown})`)},
${chosenOrders(d)},
newest AS (${newestOfKind(d, RECOMMENDATIONS, ['equipment_id', 'issue_family'])}),
${accounting(d)},
${newestEvent(d, 'tickets', TICKET_EVENTS, chosen)},
${newestEvent(d, 'old_tickets', TICKET_EVENTS, `SELECT f.recommendation_id FROM recent c CROSS JOIN agent_recommendations f WHERE f.recommendation_id = c.recommendation_id AND f.status NOT IN ${OPEN}`)},
${newestEvent(d, 'followed_tickets', TICKET_EVENTS, FOLLOWED)},
${newestEvent(d, 'decisions', DECISION_EVENTS, chosen)},
${newestEvent(d, 'fates', COMMAND_EVENTS, `SELECT command_id FROM agent_commands WHERE status IN ${OPEN_COMMANDS}`, 'command')},
${newestEvent(d, 'openings', ['opened'], 'SELECT work_order_id FROM orders', 'work_order')},
${floodTable(d)}
SELECT 'clock' AS kind, ${clock(d)} AS content, NULL AS ticket, NULL AS decision_event, NULL AS decision
UNION ALL SELECT 'health', ${rowJson(d, 'h', HEALTH.columns)}, NULL, NULL, NULL FROM agent_health h
UNION ALL SELECT 'schema', ${d.jsonObject(SCHEMA_COLUMNS)}, NULL, NULL, NULL FROM agent_schema s
UNION ALL SELECT 'control', ${rowJson(d, 'k', CONTROLS.columns)}, NULL, NULL, NULL FROM agent_controls k
UNION ALL SELECT 'recommendation', ${rowJson(d, 'r', RECOMMENDATIONS.columns)}, t.record, NULL, e.record
  FROM agent_recommendations r JOIN chosen c ON c.recommendation_id = r.recommendation_id
  LEFT JOIN tickets t ON t.subject_id = r.recommendation_id
  LEFT JOIN decisions e ON e.subject_id = r.recommendation_id
UNION ALL ${GIVEN} UNION ALL ${familySelect(d)}
UNION ALL ${commandSelects(d)}
UNION ALL ${sessionSelects(d)}
UNION ALL SELECT 'uncounted', u.session_id, NULL, NULL, NULL FROM (${uncountedSelect(d)}) u
UNION ALL SELECT 'work_order', ${rowJson(d, 'w', WORK_ORDERS.columns)}, NULL, NULL, NULL
  FROM work_orders w JOIN orders o ON o.work_order_id = w.work_order_id
UNION ALL SELECT 'opened_for', subject_id, record, NULL, NULL FROM openings
UNION ALL SELECT a.kind, a.content, NULL, NULL, NULL FROM (${newestOrderAt(d)}) a
UNION ALL SELECT 'command_event', subject_id, record, NULL, NULL FROM fates
UNION ALL ${recentWrites(d)}
UNION ALL ${leftOutSelect(d)}
UNION ALL SELECT 'tail', ${d.jsonObject(TAIL_COLUMNS.map((name) => [name, `z.${name}`]))}, NULL, NULL, NULL FROM (${tailSelect(d)}) z
${isKeyless ? `UNION ALL SELECT 'signing', ${d.jsonObject(SIGNING_COLUMNS.map((name) => [name, `s.${name}`]))}, NULL, NULL, NULL FROM (${signingSelect(d)}) s` : ''}
${queueSelects(d)
  .map((select) => `UNION ALL SELECT q.kind, q.content, NULL, NULL, NULL FROM (${select}) q`)
  .join('\n')}`;
  return read(sql, { agent: agentId, session_seconds: -sessionSeconds, accounted_seconds: -accountedSeconds });
}
