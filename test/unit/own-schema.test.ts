import { describe, expect, test } from '@jest/globals';
import { refuseToUndo } from '../../src/store/own-schema.ts';

const OWN = { tables: ['agent_events', 'sensor_data'], extras: [], readings: 'sensor_data' };
const refusal = (sql: string, namespace: string | null = '`plant`.`ops_agent`') => {
  try {
    refuseToUndo(sql, OWN, { name: 'databricks', namespace });
  } catch (thrown) {
    return (thrown as Error).message;
  }
  return null;
};

describe('on a warehouse a statement that would undo what setting up made', () => {
  test.each([
    ['RESTORE agent_events TO VERSION AS OF 1', "agent_events is the agent's own table: it is not put back"],
    ['restore `plant` . ops_agent.agent_events version as of 1', "agent_events is the agent's own table: it is not put back"],
    ['RESTORE TABLE agent_events TO VERSION AS OF 1', "agent_events is the agent's own table: it is not put back"],
    ['DROP SCHEMA ops_agent CASCADE', "ops_agent is the agent's own schema: it is not dropped"],
    ['drop database if exists plant.`Ops_Agent`', "ops_agent is the agent's own database: it is not dropped"],
    ['DROP CATALOG plant CASCADE', "plant is the agent's own catalog: it is not dropped"],
    ['/* /* */ */ DROP TABLE agent_events', "agent_events is the agent's own table: it is not dropped"],
    ["EXECUTE IMMEDIATE 'DROP TABLE agent_events'", 'what EXECUTE IMMEDIATE is to run is not looked into'],
    ["DROP TABLE IDENTIFIER('agent_' || 'events')", 'what is to be dropped is computed by IDENTIFIER'],
    ["RESTORE IDENTIFIER ('agent_events') TO VERSION AS OF 1", 'what is to be put back is computed by IDENTIFIER'],
  ])('is refused: %s', (sql, message) => expect(refusal(sql)).toBe(message));

  test.each([
    'RESTORE TABLE recipes TO VERSION AS OF 1',
    'RESTORE recipes TO VERSION AS OF 1',
    'DROP SCHEMA other.ops_agent',
    'DROP SCHEMA scratch CASCADE',
    'DROP CATALOG other',
    "ALTER SCHEMA ops_agent SET DBPROPERTIES ('owner' = 'plant')",
    'CREATE OR REPLACE TABLE identifiers (id STRING)',
    'DROP TABLE ops_agent.agent_events_of_before',
  ])('is no other one: %s', (sql) => expect(refusal(sql)).toBeNull());

  test('may name its schema as the session does, where the configuration names none, or no catalog', () => {
    expect(refusal('DROP SCHEMA default CASCADE', null)).not.toBeNull();
    expect(refusal('DROP SCHEMA ops_agent', null)).toBeNull();
    expect(refusal('DROP SCHEMA anything.ops_agent', '`ops_agent`')).not.toBeNull();
  });
});
