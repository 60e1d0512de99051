import type { ReadingsPlace, TablePlaces } from '../config/settings.ts';
import type { Roles } from '../ports/schema-store.ts';
import { databricksDialect } from './databricks/dialect.ts';
import type { Dialect } from './dialect.ts';
import { embeddedDialect } from './embedded/dialect.ts';
import { firstRows } from './first-rows.ts';
import { ownReadings, tablesWith } from './tables.ts';

/**
 * What `setup` runs on an empty database, for an administrator to read and run, with the grants for these roles where there are any. No database
 * is asked. @throws AgentError usage where the store has no roles, or the names are none
 */
export function printedSetup({ agentId, store, readings }: TablePlaces, roles: Roles | null): string {
  const dialect = store === null ? embeddedDialect : databricksDialect(store);
  const schema = printedSchema(dialect, inStore(readings), agentId);
  return roles === null ? schema : [schema, dialect.grants({ tables: tablesWith(inStore(readings)), readings, roles })].join('\n\n');
}

/** Null where the readings are in another database. */
function inStore(readings: ReadingsPlace): string | null {
  return readings.kind === 'store' ? readings.table : null;
}

/** The statements that make the tables: running them again changes nothing. */
export function printedSchema(dialect: Dialect, sourceTable: string | null, agentId: string): string {
  const place = dialect.namespace === null ? [] : [`CREATE SCHEMA IF NOT EXISTS ${dialect.namespace}`];
  const extras = dialect.extras(ownReadings(sourceTable));
  // Each statement stands for itself: an editor may run each in a session of its own.
  const named = dialect.namespace === null ? '' : `${dialect.namespace}.`;
  const rows = firstRows(dialect, agentId, false, named).map((statement) =>
    statement.sql.replace(/:(\w+)/g, (_found, name: string) => literal(statement.params[name] ?? null)),
  );
  const statements = [
    ...place,
    ...tablesWith(sourceTable).flatMap((table) => dialect.createTable(table)),
    ...extras.flatMap(({ ddl, comesWithTable }) => (comesWithTable ? [] : ddl)).flatMap((ddl) => dialect.repeatable(ddl)),
    ...rows,
  ];
  return statements.map((statement) => `${statement};`).join('\n\n');
}

/** A value in DDL that a person will read and run; only our own numbers and the validated agent id get here. */
function literal(value: string | number | null): string {
  return typeof value === 'number' ? String(value) : `'${String(value).replaceAll("'", "''")}'`;
}
