import { OPEN_COMMAND_STATUSES, OPEN_STATUSES } from '../../domain/transitions.ts';
import type { Dialect } from '../dialect.ts';
import { COMMANDS, OPERATOR_SESSIONS, RECOMMENDATIONS, type Table, WORK_ORDERS } from '../tables.ts';
import { NOTIFICATIONS } from '../notification-table.ts';
import { wordList } from '../word-list.ts';
import { ENDED_NOTIFICATIONS } from './notifications.ts';
import { isOpen } from './sessions.ts';
import { openOrder } from './work-orders.ts';

/**
 * Conditions on a row, all written so that in doubt it stays: what is NULL or unreadable where it should not be, and a time that is not
 * before `:before`, keeps it. `x` is the row.
 */

/** None of its times is `:before` or later. A text that is no time is greater than one. */
function untouched(table: Table, alias: string): string {
  const times = table.columns.filter(({ kind }) => kind === 'time').map(({ name }) => `${alias}.${name}`);
  return times.map((time) => `(${time} IS NULL OR ${time} < :before)`).join(' AND ');
}

function commandEnded(alias: string): string {
  return `${alias}.status IS NOT NULL AND ${alias}.status NOT IN ${wordList(OPEN_COMMAND_STATUSES)} AND ${untouched(COMMANDS, alias)}`;
}

/** What an open one follows: its commands and its ticket say what can be put back. */
const FOLLOWED = `SELECT f.follows_recommendation_id FROM agent_recommendations f
    WHERE f.status IN ${wordList(OPEN_STATUSES)} AND f.follows_recommendation_id IS NOT NULL`;

/** Ended, judged, as the agent left it, with no command that has not ended and nothing open that follows it. */
function recommendationEnded(alias: string): string {
  return `${alias}.status NOT IN ${wordList(OPEN_STATUSES)} AND ${alias}.status = ${alias}.guarded_status
  AND NOT (${alias}.status = 'executed' AND ${alias}.outcome IS NULL) AND ${alias}.created_timestamp IS NOT NULL AND ${untouched(RECOMMENDATIONS, alias)}
  AND ${alias}.recommendation_id NOT IN (${FOLLOWED})
  AND NOT EXISTS (SELECT 1 FROM agent_commands c WHERE c.recommendation_id = ${alias}.recommendation_id AND NOT (${commandEnded('c')}))`;
}

/** Not the newest of its family: the next one's id is made from that, and what it accounts for is known by it. */
export function prunableRecommendation(): string {
  return `${recommendationEnded('x')} AND EXISTS (SELECT 1 FROM agent_recommendations n
    WHERE n.equipment_id = x.equipment_id AND n.issue_family = x.issue_family AND n.created_timestamp > x.created_timestamp)`;
}

/** Of people's own rows, which name no signal, none. */
function workOrderEnded(alias: string, d: Dialect): string {
  return `${alias}.signal IS NOT NULL AND NOT (${openOrder({ wordAsRead: (column) => d.wordAsRead(`${alias}.${column}`) })})
  AND ${alias}.status = ${alias}.guarded_status AND ${alias}.created_timestamp IS NOT NULL AND ${untouched(WORK_ORDERS, alias)}`;
}

/** Nor the newest of its sensor, for the same reason. */
export function prunableWorkOrder(d: Dialect): string {
  return `${workOrderEnded('x', d)} AND EXISTS (SELECT 1 FROM work_orders n
    WHERE n.equipment_id = x.equipment_id AND n.signal = x.signal AND n.created_timestamp > x.created_timestamp)`;
}

export function prunableSession(d: Dialect): string {
  return `x.logout_timestamp IS NOT NULL AND NOT ${isOpen('x', d)} AND ${untouched(OPERATOR_SESSIONS, 'x')}`;
}

/** The place up to which the audit is dealt with has no such status. */
export function prunableNotification(): string {
  return `x.status IN ${ENDED_NOTIFICATIONS} AND x.created_timestamp IS NOT NULL AND ${untouched(NOTIFICATIONS, 'x')}`;
}

export function prunableCommand(): string {
  return `x.recommendation_id IN (SELECT x.recommendation_id FROM agent_recommendations x WHERE ${prunableRecommendation()})`;
}

/** In doubt, where the condition is NULL, it does not hold. */
function not(condition: string): string {
  return `COALESCE(NOT (${condition}), true)`;
}

/** The subjects of `readHeldSubjects`. A condition that is NULL holds the row as well. */
export function heldSubjects(d: Dialect): string {
  const open = `SELECT r.recommendation_id FROM agent_recommendations r WHERE ${not(recommendationEnded('r'))}`;
  return [
    `SELECT h.recommendation_id AS id FROM (${open}) h`,
    `SELECT m.command_id FROM agent_commands m WHERE ${not(commandEnded('m'))} OR m.recommendation_id IN (${open})`,
    `SELECT w.work_order_id FROM work_orders w WHERE w.signal IS NOT NULL AND ${not(workOrderEnded('w', d))}`,
    `SELECT k.control_id FROM agent_controls k WHERE ${not(`k.${d.quote('until')} < :before`)}`,
  ].join('\nUNION ALL ');
}
