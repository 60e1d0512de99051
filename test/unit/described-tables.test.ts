import { describe, expect, test } from '@jest/globals';
import { databricksDialect } from '../../src/store/databricks/dialect.ts';
import { missingColumns, missingTables, unfitTables } from '../../src/store/described-tables.ts';
import type { Dialect } from '../../src/store/dialect.ts';
import { embeddedDialect } from '../../src/store/embedded/dialect.ts';
import { ALL_TABLES, type ColumnKind, COMMANDS, CONTROLS, HEALTH, SENSOR_DATA, type Table } from '../../src/store/tables.ts';

const DELTA = databricksDialect({ catalog: null, schema: null });
const NO_VIEWS: ReadonlySet<string> = new Set();

const KINDS: readonly ColumnKind[] = ['text', 'real', 'integer', 'time', 'json', 'flag'];
const TEXTS: readonly ColumnKind[] = ['text', 'json'];
const WHOLE: readonly ColumnKind[] = ['integer', 'flag'];
const NUMBERS: readonly ColumnKind[] = ['real', 'integer', 'flag'];

/** A table with all of its columns, declared as ours but for some. */
function declared(table: Table, dialect: Dialect, others: Readonly<Record<string, string>> = {}) {
  return table.columns.map(({ name, kind }) => ({ name, type: others[name] ?? dialect.types[kind] }));
}

const problemsOf = (table: Table, dialect: Dialect, others: Readonly<Record<string, string>>, views = NO_VIEWS) =>
  unfitTables(new Map([[table, declared(table, dialect, others)]]), views, dialect).map(({ problem }) => problem);

describe('what a type of a SQL warehouse holds', () => {
  test.each<[string, readonly ColumnKind[]]>([
    ['string', TEXTS],
    ['STRING', TEXTS],
    ['string collate UTF8_LCASE', TEXTS],
    ['varchar(36)', TEXTS],
    ['char(8)', TEXTS],
    ['double', NUMBERS],
    ['float', NUMBERS],
    ['decimal(10,2)', NUMBERS],
    ['bigint', WHOLE],
    ['int', WHOLE],
    ['smallint', WHOLE],
    ['decimal(10,0)', WHOLE],
    ['timestamp', ['time']],
    ['timestamp_ntz', ['time']],
    ['date', []],
    ['boolean', []],
    ['binary', []],
    ['interval day to second', []],
    ['array<string>', []],
    ['struct<a:int>', []],
    ['variant', []],
  ])('%s', (type, kinds) => {
    expect(KINDS.filter((kind) => DELTA.holds(type, kind))).toEqual(KINDS.filter((kind) => kinds.includes(kind)));
  });
});

test('in a file any type holds everything, but that of the row numbers', () => {
  for (const type of ['INT', 'VARCHAR(36)', 'TIMESTAMP', 'BLOB', 'BOOLEAN', ''])
    expect(KINDS.filter((kind) => embeddedDialect.holds(type, kind))).toEqual(KINDS);
  expect(KINDS.filter((kind) => embeddedDialect.holds('INTEGER PRIMARY KEY', kind))).toEqual(WHOLE);
});

describe('tables as they are described', () => {
  test.each([
    ['a file', embeddedDialect],
    ['a warehouse', DELTA],
  ])('as they are made in %s are fit', (_name, dialect) => {
    const all = new Map(ALL_TABLES.map((table) => [table, declared(table, dialect)] as const));
    expect([missingTables(all), missingColumns(all), unfitTables(all, NO_VIEWS, dialect)]).toEqual([[], [], []]);
  });

  test('are unfit by each column that cannot hold its values, in their order', () => {
    expect(problemsOf(HEALTH, DELTA, { last_heartbeat: 'string', lease_epoch: 'boolean', agent_id: 'int' })).toEqual([
      'column agent_health.agent_id is INT, and holds no texts: it has to be STRING',
      'column agent_health.last_heartbeat is STRING, and holds no times: it has to be TIMESTAMP',
      'column agent_health.lease_epoch is BOOLEAN, and holds no whole numbers: it has to be BIGINT',
    ]);
    expect(problemsOf(COMMANDS, DELTA, { old_value: 'int' })).toEqual([
      'column agent_commands.old_value is INT, and holds no real numbers: it has to be DOUBLE',
    ]);
  });

  test('are unfit as views, and nothing is said of the columns of these', () => {
    expect(problemsOf(CONTROLS, DELTA, { control_id: 'int' }, new Set(['agent_controls', 'a_view_of_the_plant']))).toEqual([
      'agent_controls is a view, not a table',
    ]);
  });

  test('of readings may have any types, since the configuration says how they are read', () => {
    expect(problemsOf(SENSOR_DATA, DELTA, { temperature: 'string', timestamp: 'bigint' })).toEqual([]);
  });

  test('that are not there miss no columns, and are not unfit', () => {
    const none = new Map([[CONTROLS, []]]);
    expect([missingTables(none), missingColumns(none), unfitTables(none, NO_VIEWS, DELTA)]).toEqual([[CONTROLS], [], []]);
  });
});
