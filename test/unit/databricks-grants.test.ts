import { describe, expect, test } from '@jest/globals';

import type { Roles } from '../../src/ports/schema-store.ts';
import { databricksDialect } from '../../src/store/databricks/dialect.ts';
import { embeddedDialect } from '../../src/store/embedded/dialect.ts';
import { ALL_TABLES, tablesWith } from '../../src/store/tables.ts';

const ROLES: Roles = { agent: 'ops_agents', operator: 'ops_operators', reader: 'ops_readers' };
const PLACE = { catalog: 'plant-1', schema: 'ops' };

function printed({
  sourceTable = 'sensor_data',
  roles = ROLES,
  place = PLACE,
}: {
  readonly sourceTable?: string | null;
  readonly roles?: Roles;
  readonly place?: Parameters<typeof databricksDialect>[0];
} = {}): string {
  return databricksDialect(place).grants({ tables: tablesWith(sourceTable), sourceTable, roles });
}

function statementsIn(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('--'));
}

/** What a principal may do with each object, as the statements say it. */
function granted(text: string, principal: string): Readonly<Record<string, string>> {
  const found = statementsIn(text).flatMap((line) => {
    const [, privileges = '', object = '', to] = /^GRANT ([A-Z, ]+) ON (.+) TO `([^`]+)`;$/.exec(line) ?? [];
    return to === principal ? [[object, privileges] as const] : [];
  });
  return Object.fromEntries(found);
}

const WAY = { 'CATALOG `plant-1`': 'USE CATALOG', 'SCHEMA `plant-1`.`ops`': 'USE SCHEMA' };
const of = (privileges: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(privileges).map(([table, each]) => [`TABLE \`plant-1\`.\`ops\`.\`${table}\``, each]));
const [READ, WRITE] = ['SELECT', 'SELECT, MODIFY'];
const OF_AGENT = {
  agent_recommendations: WRITE,
  agent_commands: WRITE,
  agent_health: WRITE,
  sensor_data: READ,
  work_orders: WRITE,
  operator_sessions: WRITE,
  agent_events: WRITE,
  agent_controls: READ,
  agent_schema: READ,
};
const OF_OPERATOR = {
  agent_recommendations: WRITE,
  agent_commands: READ,
  agent_health: READ,
  sensor_data: READ,
  work_orders: WRITE,
  operator_sessions: WRITE,
  agent_events: READ,
  agent_controls: READ,
  agent_schema: READ,
};

describe('the grants of a SQL warehouse', () => {
  test('say of every table what each role may do with it, so that one that is added is thought of', () => {
    expect(Object.keys(OF_AGENT).toSorted()).toEqual(ALL_TABLES.map(({ name }) => name).toSorted());
    const everything = Object.fromEntries(ALL_TABLES.map(({ name }) => [name, READ]));
    expect(granted(printed(), 'ops_agents')).toEqual({ ...WAY, ...of(OF_AGENT) });
    expect(granted(printed(), 'ops_operators')).toEqual({ ...WAY, ...of(OF_OPERATOR) });
    expect(granted(printed(), 'ops_readers')).toEqual({ ...WAY, ...of(everything) });
  });

  test('are nothing else than grants and comments', () => {
    for (const line of printed().split('\n')) expect(line).toMatch(/^(?:|-- .+|GRANT .+;)$/);
  });

  test('name principals between backticks, whatever is in them', () => {
    const roles = {
      agent: '2f1c9a3e-0000-4c5d-9e8f-7a6b5c4d3e2f',
      operator: 'o.brien@plant.example',
      reader: "Schicht; DROP TABLE 'x' -- ü",
    };
    for (const name of Object.values(roles)) expect(Object.keys(granted(printed({ roles }), name))).toHaveLength(ALL_TABLES.length + 2);
  });

  test.each([[''], ['a`b'], ['a\nDROP TABLE x'], ['a\u2028b'], ['a\u0000'], [' a'], ['a '], ['x'.repeat(256)]])(
    'refuse %j as a principal',
    (name) => {
      for (const role of ['agent', 'operator', 'reader'])
        expect(() => printed({ roles: { ...ROLES, [role]: name } })).toThrow('names no principal');
    },
  );

  test('refuse one principal in two roles, also where only the case differs', () => {
    expect(() => printed({ roles: { ...ROLES, operator: 'OPS_agents' } })).toThrow('two roles have the same principal');
  });

  test.each([[{ catalog: null, schema: 'ops' }], [{ catalog: null, schema: null }]])('need the catalog and the schema: %j', (place) => {
    expect(() => printed({ place })).toThrow('a grant names the catalog and the schema');
  });

  test.each([
    ['readings', { 'TABLE `plant-1`.`ops`.`readings`': READ }],
    ['historian.readings', { 'SCHEMA `plant-1`.`historian`': 'USE SCHEMA', 'TABLE `plant-1`.`historian`.`readings`': READ }],
    [
      'lake.historian.readings',
      { 'CATALOG `lake`': 'USE CATALOG', 'SCHEMA `lake`.`historian`': 'USE SCHEMA', 'TABLE `lake`.`historian`.`readings`': READ },
    ],
  ])("let the agent alone read readings of the user's own: %s", (sourceTable, more) => {
    const { sensor_data: _none, ...ours } = OF_AGENT;
    expect(granted(printed({ sourceTable }), 'ops_agents')).toEqual({ ...WAY, ...of(ours), ...more });
    for (const other of ['ops_operators', 'ops_readers']) expect(granted(printed({ sourceTable }), other)).not.toMatchObject(more);
  });

  test('say that readings in another database are granted there', () => {
    const text = printed({ sourceTable: null });
    expect(text).toContain('-- The readings are in another database: let `ops_agents` read them there.\n');
    expect(text).not.toContain('sensor_data');
  });
});

test('a file has no roles', () => {
  expect(() => embeddedDialect.grants({ tables: ALL_TABLES, sourceTable: null, roles: ROLES })).toThrow('a file has no roles');
});
