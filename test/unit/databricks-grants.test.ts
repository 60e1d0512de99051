import { describe, expect, test } from '@jest/globals';

import type { ReadingsPlace } from '../../src/config/settings.ts';
import type { Roles } from '../../src/ports/schema-store.ts';
import { databricksDialect } from '../../src/store/databricks/dialect.ts';
import { embeddedDialect } from '../../src/store/embedded/dialect.ts';
import { ALL_TABLES, tablesWith } from '../../src/store/tables.ts';

const ROLES: Roles = { agent: 'ops_agents', operator: 'ops_operators', reader: 'ops_readers' };
const PLACE = { catalog: 'plant-1', schema: 'ops' };

function printed({
  sourceTable = 'sensor_data',
  readings = { kind: 'store', table: sourceTable },
  roles = ROLES,
  place = PLACE,
}: {
  readonly sourceTable?: string;
  readonly readings?: ReadingsPlace;
  readonly roles?: Roles;
  readonly place?: Parameters<typeof databricksDialect>[0];
} = {}): string {
  const tables = tablesWith(readings.kind === 'store' ? readings.table : null);
  return databricksDialect(place).grants({ tables, readings, roles });
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
  agent_notifications: WRITE,
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
  agent_notifications: READ,
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

  test('open the way to the tables for each role before the tables, and for who makes them on request', () => {
    const lines = printed().split('\n');
    for (const role of Object.values(ROLES)) {
      const own = lines.filter((line) => line.endsWith(` TO \`${role}\`;`) && !line.startsWith('--'));
      expect(own.slice(0, 2)).toEqual([
        `GRANT USE CATALOG ON CATALOG \`plant-1\` TO \`${role}\`;`,
        `GRANT USE SCHEMA ON SCHEMA \`plant-1\`.\`ops\` TO \`${role}\`;`,
      ]);
      expect(own.filter((line) => line.includes('GRANT USE '))).toHaveLength(2);
    }
    expect(lines.filter((line) => line.endsWith(' TO `administrator`;'))).toEqual([
      '-- GRANT USE CATALOG, CREATE SCHEMA ON CATALOG `plant-1` TO `administrator`;',
      '-- GRANT USE CATALOG ON CATALOG `plant-1` TO `administrator`;',
      '-- GRANT USE SCHEMA, CREATE TABLE ON SCHEMA `plant-1`.`ops` TO `administrator`;',
    ]);
  });

  test('open a way of its own to readings in another catalog, whose schema may have the same name', () => {
    const text = printed({ sourceTable: 'lake.ops.readings' });
    expect(text).toContain(`GRANT USE CATALOG ON CATALOG \`lake\` TO \`ops_agents\`;
GRANT USE SCHEMA ON SCHEMA \`lake\`.\`ops\` TO \`ops_agents\`;
GRANT SELECT ON TABLE \`lake\`.\`ops\`.\`readings\` TO \`ops_agents\`;
`);
    expect(text.match(/`lake`/g)).toHaveLength(3);
  });
});

/** Readings over a connection of their own. */
const apart = (given: Partial<Extract<ReadingsPlace, { kind: 'warehouse' }>>): string =>
  printed({ readings: { kind: 'warehouse', table: 'readings', catalog: 'lake', schema: 'raw', workspace: null, ...given } });

describe('the grants on readings that have a connection of their own', () => {
  const THERE = [
    'GRANT USE CATALOG ON CATALOG `lake` TO `ops_agents`;',
    'GRANT USE SCHEMA ON SCHEMA `lake`.`raw` TO `ops_agents`;',
    'GRANT SELECT ON TABLE `lake`.`raw`.`readings` TO `ops_agents`;',
  ];

  test('are among the others where they are in the same workspace', () => {
    expect(apart({})).toContain(`\n${THERE.join('\n')}\n`);
    expect(apart({ catalog: 'x', schema: 'y', table: 'lake.raw.readings' })).toContain(`\n${THERE.join('\n')}\n`);
    expect(granted(apart({ catalog: 'plant-1' }), 'ops_agents')).toMatchObject({ 'SCHEMA `plant-1`.`raw`': 'USE SCHEMA' });
    expect(apart({ catalog: 'plant-1' }).match(/^GRANT USE CATALOG .* `ops_agents`;$/gm)).toHaveLength(1);
  });

  test('of another workspace are to be run there, and the script that is run here has none of them', () => {
    const text = apart({ workspace: 'history.net' });
    const heading = '-- The readings, in the workspace of history.net: run these there, for whom the agent is there.';
    expect(text).toContain(`\n${[heading, ...THERE.map((line) => `-- ${line}`)].join('\n')}\n`);
    expect(statementsIn(text).filter((line) => line.includes('lake'))).toEqual([]);
    // A way that both have is there no less.
    expect(apart({ workspace: 'history.net', catalog: 'plant-1' })).toContain('-- GRANT USE CATALOG ON CATALOG `plant-1` TO `ops_agents`;');
  });

  test('name a workspace on one line, whatever its name holds', () => {
    for (const line of apart({ workspace: 'the profile a\nDROP TABLE x;\u2028DROP TABLE y' }).split(/[\n\u2028]/))
      expect(line).toMatch(/^(?:|-- .+|GRANT .+;)$/);
  });

  test.each([[{ catalog: null }], [{ schema: null }], [{ catalog: null, table: 'raw.readings' }]])(
    'ask for the place that is not said: %j',
    (given) => {
      expect(apart(given)).toContain('-- The readings: set source.connection.catalog and source.connection.schema, and the grants on ');
      expect(apart(given)).not.toContain('GRANT SELECT ON TABLE `lake`');
    },
  );

  test('are none where they are in a file', () => {
    const text = printed({ readings: { kind: 'file' } });
    expect(text).toContain('-- The readings are in a file: let the process of `ops_agents` read it.\n');
    expect(text).not.toContain('sensor_data');
  });
});

test('a file has no roles', () => {
  expect(() => embeddedDialect.grants({ tables: ALL_TABLES, readings: { kind: 'file' }, roles: ROLES })).toThrow('a file has no roles');
});
