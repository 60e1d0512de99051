import { expect, test } from '@jest/globals';
import { databricksDialect } from '../../src/store/databricks/dialect.ts';
import { ALL_TABLES, CONTROLS, EVENTS } from '../../src/store/tables.ts';

const DIALECT = databricksDialect({ catalog: 'plant', schema: 'ops' });

test('every table is tried by a statement that finds no row, and those that the agent writes by a write', () => {
  const probes = DIALECT.accessProbes(ALL_TABLES);
  expect(probes.map(({ what }) => what)).toEqual([
    'SELECT and MODIFY on agent_recommendations',
    'SELECT and MODIFY on agent_commands',
    'SELECT and MODIFY on agent_health',
    'SELECT on sensor_data',
    'SELECT and MODIFY on work_orders',
    'SELECT and MODIFY on operator_sessions',
    'SELECT and MODIFY on agent_events',
    'SELECT on agent_controls',
    'SELECT and MODIFY on agent_notifications',
    'SELECT on agent_schema',
  ]);
  for (const { statement } of probes) expect(statement.sql).toMatch(/ WHERE 1 = 0$/);
  expect(DIALECT.accessProbes([EVENTS, CONTROLS]).map(({ statement }) => statement.sql)).toEqual([
    'UPDATE `plant`.`ops`.`agent_events` SET `event_id` = `event_id` WHERE 1 = 0',
    'SELECT 1 AS one FROM `plant`.`ops`.`agent_controls` WHERE 1 = 0',
  ]);
});

test('that the audit is append-only is told only to who may write to it', () => {
  const [probe] = DIALECT.accessProbes([EVENTS]);
  expect(probe?.provesIt?.test('[DELTA_CANNOT_MODIFY_APPEND_ONLY] This table is configured to only allow appends.')).toBe(true);
  expect(probe?.provesIt?.test('[INSUFFICIENT_PERMISSIONS] Insufficient privileges')).toBe(false);
});
