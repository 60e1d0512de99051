import {
  CHATTER_RUNS,
  CHATTER_WINDOW_SECONDS,
  FLOOD_ENDS_BELOW,
  FLOOD_EVENTS,
  FLOOD_WINDOW_SECONDS,
  QUEUE_SUBJECT,
  STALE_SECONDS,
} from '../../domain/queue.ts';
import { KPI_WINDOW_HOURS } from '../../domain/queue-kpis.ts';
import { read, type Statement } from '../connection.ts';
import { wordList } from '../word-list.ts';
import type { Dialect } from '../dialect.ts';
import { APPROVED, OPEN, UNDECIDED } from './open-statuses.ts';

/** A row that is stamped later than this after now was written by hand: it must not hold a flood up for ever. */
const AHEAD_SECONDS = 60;

/** Opened after `since`, as a condition on the alias. */
function openedAfter(d: Dialect, alias: string, since: string): string {
  return `${alias}.created_timestamp > ${since} AND ${alias}.created_timestamp <= ${d.plusSeconds(d.now, String(AHEAD_SECONDS))}`;
}

/**
 * Made by the agent, which alone writes by which rules, and not stored as over from the start: every later withdrawal says its reason. What
 * somebody inserts by hand is refused by the next cycle: a flood of it would begin and never have been.
 */
function askedForAttention(alias: string): string {
  return `${alias}.rules_hash IS NOT NULL AND (COALESCE(${alias}.status, '') <> 'withdrawn' OR ${alias}.execution_result IS NOT NULL)`;
}

/**
 * Rows with the moment at which the second episode before theirs, of the same equipment and family, began. Not when they were made: a cycle
 * that catches up records episodes of hours ago in one moment.
 */
function withSecondBefore(d: Dialect, since: string): string {
  return `SELECT x.recommendation_id, x.equipment_id, x.issue_family, x.status, x.chattering_timestamp, x.first_detected_timestamp,
    LAG(x.first_detected_timestamp, ${CHATTER_RUNS - 1}) OVER (PARTITION BY x.equipment_id, x.issue_family ORDER BY x.first_detected_timestamp) AS run_from
    FROM agent_recommendations x WHERE ${openedAfter(d, 'x', since)}`;
}

function isThirdWithinAMinute(d: Dialect, alias: string): string {
  return `${alias}.run_from IS NOT NULL AND ${d.secondsBetween(`${alias}.run_from`, `${alias}.first_detected_timestamp`)} <= ${CHATTER_WINDOW_SECONDS}`;
}

/** The newest event about a flood, as a common table expression `flood` of at most one row. */
export function floodTable(d: Dialect): string {
  const at = d.quote('at');
  return `flood AS (SELECT event_id, event, happened FROM (
  SELECT event_id, event, ${at} AS happened, ROW_NUMBER() OVER (ORDER BY ${at} DESC, ordinal DESC) AS place FROM agent_events
  WHERE subject_type = 'queue' AND subject_id = '${QUEUE_SUBJECT}' AND event IN ${wordList(FLOOD_EVENTS)}) flood_events
  WHERE place = 1)`;
}

/**
 * The facts that a flood and chatter are judged by, each a SELECT of `kind` and `content`; they need the table `flood`. All look at what
 * was opened lately, by its time: what they cost does not grow with the history.
 */
export function queueSelects(d: Dialect): readonly string[] {
  const recently = d.plusSeconds(d.now, String(-FLOOD_WINDOW_SECONDS));
  // Without a flood in force the range is empty, and not the whole history after an old one.
  const fromItsBeginning = `CASE WHEN f.event = 'flood_began' THEN ${d.plusSeconds('f.happened', String(-FLOOD_WINDOW_SECONDS))} END`;
  const json = (names: readonly string[]) => d.jsonObject(names.map((name) => [name, `o.${d.quote(name)}`]));
  return [
    `SELECT 'opened' AS kind, ${json(['severity', 'issue_family', 'opened', 'first_at'])} AS content FROM (
  SELECT COALESCE(x.severity, 'low') AS severity, COALESCE(x.issue_family, '-') AS issue_family, COUNT(*) AS opened, MIN(x.created_timestamp) AS first_at
  FROM agent_recommendations x WHERE ${openedAfter(d, 'x', recently)} AND ${askedForAttention('x')}
  GROUP BY COALESCE(x.severity, 'low'), COALESCE(x.issue_family, '-')) o`,
    `SELECT 'flood' AS kind, ${json(['event_id', 'event', 'happened', 'opened'])} AS content FROM (
  SELECT f.event_id, f.event, f.happened, COUNT(x.recommendation_id) AS opened
  FROM flood f LEFT JOIN agent_recommendations x ON ${openedAfter(d, 'x', fromItsBeginning)} AND ${askedForAttention('x')}
  GROUP BY f.event_id, f.event, f.happened) o`,
    `SELECT 'fifth_newest' AS kind, ${json(['first_at'])} AS content FROM (SELECT MIN(n.created_timestamp) AS first_at FROM (
  SELECT x.created_timestamp FROM agent_recommendations x
  WHERE x.created_timestamp <= ${d.plusSeconds(d.now, String(AHEAD_SECONDS))} AND ${askedForAttention('x')}
  ORDER BY x.created_timestamp DESC LIMIT ${FLOOD_ENDS_BELOW}) n) o`,
    `SELECT 'opened_often' AS kind, ${json(['recommendation_id'])} AS content FROM (${withSecondBefore(d, recently)}) o
  WHERE ${isThirdWithinAMinute(d, 'o')} AND o.chattering_timestamp IS NULL AND o.status IN ${OPEN}`,
  ];
}

/** The same for whoever asks about the queue alone. */
export function queueStatement(d: Dialect): Statement {
  return read(`WITH ${floodTable(d)}
SELECT 'clock' AS kind, ${d.jsonObject([['now', d.now]])} AS content
${queueSelects(d)
  .map((select) => `UNION ALL SELECT q.kind, q.content FROM (${select}) q`)
  .join('\n')}`);
}

/**
 * When each recommendation got the decision that is in force, of those that got it in a span of time. The status says which of its times that is: a row
 * keeps that of an approval which its rejection outlived. A SELECT for each, so that each reads a time's own index.
 */
function decisionsBetween(since: string, until: string): string {
  const decided = (column: string, statuses: string) => `SELECT x.created_timestamp, x.${column} AS decided FROM agent_recommendations x
    WHERE x.${column} > ${since} AND x.${column} <= ${until} AND x.status IN ${statuses}`;
  return `${decided('approved_timestamp', APPROVED)} UNION ALL ${decided('rejected_timestamp', wordList(['rejected']))}`;
}

/** The last 24 hours: what was opened by moment and severity, how long decisions took, and what there is now. */
export function queueDayStatement(d: Dialect): Statement {
  const since = d.plusSeconds(d.now, String(-KPI_WINDOW_HOURS * 3600));
  const until = d.plusSeconds(d.now, String(AHEAD_SECONDS));
  const json = (names: readonly string[]) => d.jsonObject(names.map((name) => [name, `o.${d.quote(name)}`]));
  return read(`SELECT 'opened' AS kind, ${json(['opened_at', 'severity', 'opened', 'withdrawn'])} AS content FROM (
  SELECT x.created_timestamp AS opened_at, COALESCE(x.severity, 'low') AS severity, COUNT(*) AS opened,
    SUM(CASE WHEN x.status = 'withdrawn' THEN 1 ELSE 0 END) AS withdrawn
  FROM agent_recommendations x WHERE ${openedAfter(d, 'x', since)} AND ${askedForAttention('x')}
  GROUP BY x.created_timestamp, COALESCE(x.severity, 'low')) o
UNION ALL SELECT 'decision', ${d.jsonObject([['seconds', d.jsonReal('o.seconds')]])} FROM (
  SELECT ${d.secondsBetween('w.created_timestamp', 'w.decided')} AS seconds FROM (${decisionsBetween(since, until)}) w) o WHERE o.seconds IS NOT NULL
UNION ALL SELECT 'open', ${json(['unanswered', 'stale'])} FROM (
  SELECT COALESCE(SUM(CASE WHEN x.status IN ${UNDECIDED} THEN 1 ELSE 0 END), 0) AS unanswered,
    COALESCE(SUM(CASE WHEN x.created_timestamp < ${d.plusSeconds(d.now, String(-STALE_SECONDS))} THEN 1 ELSE 0 END), 0) AS stale
  FROM agent_recommendations x WHERE x.status IN ${OPEN}) o
UNION ALL SELECT 'chattering', ${json(['pairs'])} FROM (SELECT COUNT(*) AS pairs FROM (
  SELECT x.equipment_id, x.issue_family FROM agent_recommendations x WHERE x.chattering_timestamp > ${since} AND x.chattering_timestamp <= ${until}
  UNION SELECT c.equipment_id, c.issue_family FROM (${withSecondBefore(d, since)}) c WHERE ${isThirdWithinAMinute(d, 'c')}) p) o
UNION ALL SELECT 'floods', ${json(['began'])} FROM (SELECT COUNT(*) AS began FROM agent_events e
  WHERE e.subject_type = 'queue' AND e.subject_id = '${QUEUE_SUBJECT}' AND e.event = 'flood_began' AND e.${d.quote('at')} > ${since}) o`);
}
