import { embeddedDialect } from '../../src/store/embedded/dialect.ts';
import { isoOf } from '../../src/domain/instant.ts';
import { databricksDialect } from '../../src/store/databricks/dialect.ts';
import { ALL_TABLES, type Column, SCHEMA, type Table } from '../../src/store/tables.ts';
import type { TableRow } from '../../src/ports/operator-store.ts';
import type { SimulatedDays } from '../support/simulated-days.ts';
import type { Outside } from '../support/stores.ts';

const DIALECT = databricksDialect({ catalog: null, schema: null });
const ROWS_AT_ONCE = 1500;

function asSent({ name, kind }: Column, row: TableRow): unknown {
  const value = row[name];
  if (value === null || value === undefined) return null;
  const instant = kind === 'time' ? embeddedDialect.decodeTime(value) : null;
  return instant === null ? value : isoOf(instant);
}

/** Rows as `Dialect.jsonRows` reads them: one parameter for many. */
export async function insertAll(
  outside: Outside,
  { name, columns }: Pick<Table, 'name' | 'columns'>,
  rows: readonly TableRow[],
): Promise<void> {
  const names = columns.map((column) => DIALECT.quote(column.name)).join(', ');
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const part = rows
      .slice(from, from + ROWS_AT_ONCE)
      .map((row) => Object.fromEntries(columns.map((column) => [column.name, asSent(column, row)])));
    await outside.run(`INSERT INTO ${name} (${names}) SELECT ${names} FROM ${DIALECT.jsonRows('rows', columns)}`, {
      rows: JSON.stringify(part),
    });
  }
}

/** What the agent has written on the embedded store, in the tables of a warehouse: both keep the same columns. */
export async function copyDays(days: SimulatedDays, outside: Outside): Promise<void> {
  for (const table of ALL_TABLES) {
    if (table === SCHEMA) continue;
    if (table.name !== 'agent_events') await outside.run(`DELETE FROM ${table.name} WHERE true`);
    await insertAll(outside, table, await days.rows(table.name));
  }
}
