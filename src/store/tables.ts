import { flag, integer, json, real, type Table, text, time } from './column.ts';
import { NOTIFICATIONS } from './notification-table.ts';

export type { Column, ColumnKind, ParameterColumn, Table } from './column.ts';

const required = { notNull: true };

/** The specification's columns first, in its order, then ours. */
export const RECOMMENDATIONS: Table = {
  name: 'agent_recommendations',
  key: 'recommendation_id',
  columns: [
    text('recommendation_id', required),
    text('equipment_id', required),
    text('issue_type', required),
    text('severity', required),
    real('temperature_reading'),
    real('pressure_reading'),
    real('flow_rate_reading'),
    text('root_cause_analysis'),
    text('recommended_action', required),
    real('confidence_score', required),
    text('status', { default: "'pending'" }),
    time('created_timestamp', required),
    text('created_by_agent'),
    time('approved_timestamp'),
    text('approved_by_operator'),
    text('operator_notes'),
    time('rejected_timestamp'),
    time('executed_timestamp'),
    text('execution_result'),
    text('issue_family'),
    integer('priority'),
    text('rule_id'),
    text('rules_hash'),
    time('first_detected_timestamp'),
    real('peak_value'),
    time('last_accounted_timestamp'),
    time('quiet_until'),
    json('actions'),
    text('action_hash'),
    text('guarded_status'),
    time('escalated_timestamp'),
    text('predecessor_id'),
    text('follows_recommendation_id'),
    text('rejected_by_operator'),
    text('rejection_reason'),
    text('second_approver'),
    text('approved_via'),
    time('defer_until'),
    time('expires_timestamp'),
    text('outcome'),
    time('verified_timestamp'),
    time('updated_timestamp'),
    flag('may_have_written'),
    time('chattering_timestamp'),
    text('tried_before'),
    text('revert_requested_by'),
    text('approved_hash', { isNullTelling: true }),
  ],
};

export const COMMANDS: Table = {
  name: 'agent_commands',
  key: 'command_id',
  columns: [
    text('command_id', required),
    text('recommendation_id'),
    text('equipment_id'),
    text('tag_path'),
    text('new_value'),
    text('action_description'),
    text('severity'),
    text('status', { default: "'pending'" }),
    time('created_timestamp'),
    text('created_by_agent'),
    time('executed_timestamp'),
    text('execution_result'),
    integer('sequence'),
    text('value_type'),
    text('unit'),
    text('direction'),
    real('old_value'),
    real('read_back_value'),
    text('claimed_by'),
    time('claimed_timestamp'),
    time('started_timestamp'),
    time('completed_timestamp'),
    time('not_after'),
    integer('attempt'),
    text('failure_code'),
    text('signature'),
  ],
};

export const HEALTH: Table = {
  name: 'agent_health',
  key: 'agent_id',
  columns: [
    text('agent_id', required),
    time('last_heartbeat'),
    text('status'),
    integer('polls_completed', { default: '0' }),
    time('created_timestamp'),
    text('lease_owner'),
    time('lease_expires'),
    integer('lease_epoch', { default: '0' }),
    time('watermark_timestamp'),
    time('newest_reading_timestamp'),
    time('detected_timestamp'),
    // Decisions that are on record by then are counted in their sessions.
    time('counted_timestamp'),
    time('next_due'),
    integer('last_cycle_ms'),
    text('last_error'),
    integer('consecutive_errors', { default: '0' }),
    text('rules_hash'),
    text('version'),
    text('last_process_id'),
    text('other_process_id'),
    time('other_due'),
    // The end of the audit's chain as the last cycle knew it.
    integer('audit_seq'),
    text('audit_hash'),
    text('lease_holder'),
  ],
};

/** No stricter types or checks than the specification's: what a historian sends must be storable. */
export const SENSOR_DATA: Table = {
  name: 'sensor_data',
  key: null,
  columns: [
    text('sensor_id'),
    text('equipment_id'),
    real('temperature'),
    real('pressure'),
    real('flow_rate'),
    text('sensor_status'),
    time('timestamp'),
    text('recorded_by'),
  ],
};

export const WORK_ORDERS: Table = {
  name: 'work_orders',
  key: 'work_order_id',
  columns: [
    text('work_order_id', required),
    text('recommendation_id'),
    text('equipment_id'),
    text('description'),
    text('status'),
    text('assigned_to'),
    time('created_timestamp'),
    time('completed_timestamp'),
    text('signal'),
    text('fault'),
    text('predecessor_id'),
    text('guarded_status'),
    time('quiet_until'),
    time('updated_timestamp'),
    text('created_by_agent'),
  ],
};

export const OPERATOR_SESSIONS: Table = {
  name: 'operator_sessions',
  key: 'session_id',
  columns: [
    text('session_id', required),
    text('operator_id'),
    time('login_timestamp'),
    time('logout_timestamp'),
    text('status'),
    integer('approved_recommendations', { default: '0' }),
    integer('rejected_recommendations', { default: '0' }),
  ],
};

export const EVENTS: Table = {
  name: 'agent_events',
  key: 'event_id',
  columns: [
    text('event_id', required),
    time('at', required),
    // Orders the events of one run that were recorded at one moment.
    integer('ordinal', { notNull: true, default: '0' }),
    text('agent_id', required),
    text('run_id', required),
    text('actor', required),
    text('subject_type', required),
    text('subject_id', required),
    text('event', required),
    text('from_status'),
    text('to_status'),
    text('reason'),
    json('before'),
    json('after'),
    text('session_id'),
    // The row's place in its agent's chain, from 1; NULL in rows that are older than the chain.
    integer('chain_seq'),
    text('previous_hash'),
    text('hash'),
    text('signature'),
  ],
};

export const CONTROLS: Table = {
  name: 'agent_controls',
  key: 'control_id',
  columns: [
    text('control_id', required),
    text('kind', required),
    text('scope', required),
    text('by', required),
    text('reason', required),
    time('since', required),
    time('until'),
  ],
};

export const SCHEMA: Table = {
  name: 'agent_schema',
  key: 'version',
  columns: [integer('version', required), integer('min_supported', required), time('applied_timestamp')],
};

/** In the order in which the specification's setup makes them; ours follow. */
export const SPECIFIED_TABLES: readonly Table[] = [RECOMMENDATIONS, COMMANDS, HEALTH, SENSOR_DATA, WORK_ORDERS, OPERATOR_SESSIONS];
export const ALL_TABLES: readonly Table[] = [...SPECIFIED_TABLES, EVENTS, CONTROLS, NOTIFICATIONS, SCHEMA];

/** The readings' table where it is the agent's own to make; null where the source is a table of the user's, or in another database. */
export function ownReadings(sourceTable: string | null): string | null {
  return sourceTable === SENSOR_DATA.name ? sourceTable : null;
}

/** The agent's tables: without sensor_data where the readings are in a table of the user's own, or in another database (null). */
export function tablesWith(sourceTable: string | null): readonly Table[] {
  return ownReadings(sourceTable) !== null ? ALL_TABLES : ALL_TABLES.filter((table) => table !== SENSOR_DATA);
}
