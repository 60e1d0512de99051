import { DECISION_EVENTS, TICKET_EVENTS } from '../../domain/event.ts';
import { read, type Statement } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { COMMANDS, CONTROLS, HEALTH, RECOMMENDATIONS, type Table } from '../tables.ts';

export const OPEN_STATUSES = "('pending', 'awaiting_second', 'deferred', 'approved', 'executing')";

/** What a successor has to know about the newest row of its family. */
export const HISTORY_COLUMNS = [
  'recommendation_id',
  'equipment_id',
  'issue_family',
  'status',
  'severity',
  'created_timestamp',
  'first_detected_timestamp',
  'last_accounted_timestamp',
  'quiet_until',
  'outcome',
  'may_have_written',
] as const;

function names(list: readonly string[]): string {
  return list.map((name) => `'${name}'`).join(', ');
}

/** A row as one JSON text, so that rows of different tables can travel in one result. */
function rowJson(d: Dialect, alias: string, columns: readonly string[]): string {
  return d.jsonObject(columns.map((column) => [column, `${alias}.${d.quote(column)}`]));
}

function columnsOf(table: Table): readonly string[] {
  return table.columns.map((column) => column.name);
}

/** The newest event of some kinds about each of the chosen subjects. */
function newestEvent(d: Dialect, alias: string, kinds: readonly string[], subjects: string): string {
  return `${alias} AS (SELECT subject_id, event, ${d.quote('after')} AS copy FROM (
  SELECT subject_id, event, ${d.quote('after')}, ROW_NUMBER() OVER (PARTITION BY subject_id ORDER BY ${d.quote('at')} DESC, ordinal DESC) AS place
  FROM agent_events WHERE subject_type = 'recommendation' AND event IN (${names(kinds)}) AND subject_id IN (${subjects})) newest_events
  WHERE place = 1)`;
}

/**
 * Everything that a cycle has to know, in one statement and as of one moment: the number of statements must not depend on
 * how much is open. Each result row is a kind and a JSON text, with the newest ticket and decision beside a recommendation.
 */
export function openWorkStatement(d: Dialect): Statement {
  const chosen = 'SELECT recommendation_id FROM chosen';
  const sql = `WITH chosen AS (
  SELECT recommendation_id FROM agent_recommendations WHERE status IN ${OPEN_STATUSES}
  UNION SELECT recommendation_id FROM agent_recommendations WHERE status IS DISTINCT FROM guarded_status
  UNION SELECT recommendation_id FROM agent_recommendations WHERE status = 'executed' AND outcome IS NULL),
newest AS (
  SELECT equipment_id, issue_family, MAX(created_timestamp) AS created_timestamp FROM agent_recommendations GROUP BY equipment_id, issue_family),
${newestEvent(d, 'tickets', TICKET_EVENTS, chosen)},
${newestEvent(d, 'decisions', DECISION_EVENTS, chosen)}
SELECT 'clock' AS kind, ${d.now} AS content, NULL AS ticket, NULL AS decision_event, NULL AS decision
UNION ALL SELECT 'health', ${rowJson(d, 'h', columnsOf(HEALTH))}, NULL, NULL, NULL FROM agent_health h
UNION ALL SELECT 'schema', ${d.jsonObject([['min_supported', 'MAX(s.min_supported)']])}, NULL, NULL, NULL FROM agent_schema s
UNION ALL SELECT 'control', ${rowJson(d, 'k', columnsOf(CONTROLS))}, NULL, NULL, NULL FROM agent_controls k
UNION ALL SELECT 'recommendation', ${rowJson(d, 'r', columnsOf(RECOMMENDATIONS))}, t.copy, e.event, e.copy
  FROM agent_recommendations r JOIN chosen c ON c.recommendation_id = r.recommendation_id
  LEFT JOIN tickets t ON t.subject_id = r.recommendation_id
  LEFT JOIN decisions e ON e.subject_id = r.recommendation_id
UNION ALL SELECT 'family', ${rowJson(d, 'f', HISTORY_COLUMNS)}, NULL, NULL, NULL
  FROM agent_recommendations f JOIN newest n
    ON n.equipment_id = f.equipment_id AND n.issue_family = f.issue_family AND n.created_timestamp = f.created_timestamp
UNION ALL SELECT 'command', ${rowJson(d, 'm', columnsOf(COMMANDS))}, NULL, NULL, NULL
  FROM agent_commands m WHERE m.status IN ('pending', 'executing', 'unknown')
UNION ALL SELECT 'command', ${rowJson(d, 'm', columnsOf(COMMANDS))}, NULL, NULL, NULL
  FROM agent_commands m JOIN agent_recommendations x ON x.recommendation_id = m.recommendation_id
  WHERE x.status = 'executing' AND m.status NOT IN ('pending', 'executing', 'unknown')`;
  return read(sql);
}
