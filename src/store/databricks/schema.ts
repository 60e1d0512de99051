import type { TableColumn } from '../source-columns.ts';
import type { Column, Table } from '../tables.ts';
import { EVENTS, RECOMMENDATIONS, COMMANDS, SENSOR_DATA } from '../tables.ts';
import { quote, TYPES } from './names.ts';

function columnDefinition(column: Column): string {
  const parts = [quote(column.name), TYPES[column.kind]];
  if (column.notNull) parts.push('NOT NULL');
  if (column.default !== undefined) parts.push(`DEFAULT ${column.default}`);
  return parts.join(' ');
}

/** What statements look for; files that lie together are then skipped by their statistics. */
const CLUSTERED: ReadonlyMap<Table, readonly string[]> = new Map([
  [SENSOR_DATA, ['timestamp']],
  [RECOMMENDATIONS, ['recommendation_id', 'created_timestamp']],
  [COMMANDS, ['recommendation_id']],
  [EVENTS, ['subject_id', 'chain_seq']],
]);

export function createTable(table: Table): readonly string[] {
  const columns = table.columns.map((column) => `  ${columnDefinition(column)}`);
  const clustered = CLUSTERED.get(table);
  const properties = ["'delta.feature.allowColumnDefaults' = 'supported'"];
  return [
    `CREATE TABLE IF NOT EXISTS ${quote(table.name)} (\n${columns.join(',\n')}\n) USING DELTA${
      clustered ? ` CLUSTER BY (${clustered.map(quote).join(', ')})` : ''
    } TBLPROPERTIES (${properties.join(', ')})`,
  ];
}

export function addColumn(table: Table, column: Column): string {
  return `ALTER TABLE ${quote(table.name)} ADD COLUMNS (${quote(column.name)} ${TYPES[column.kind]})`;
}

/** By the names of Databricks SQL's types. */
export function kindOfType(declared: string): 'text' | 'number' | null {
  const type = declared.toLowerCase();
  if (/^(?:string|varchar|char)/.test(type)) return 'text';
  return /^(?:tinyint|smallint|int|bigint|float|double|decimal)/.test(type) ? 'number' : null;
}

/** Of what DESCRIBE says: after the columns it tells of partitions and clustering, under headings. */
export function columnsIn(rows: readonly Readonly<Record<string, unknown>>[]): readonly TableColumn[] {
  const named = rows.map(({ col_name: name, data_type: type }) => ({ name: String(name).toLowerCase(), type: String(type) }));
  const end = named.findIndex(({ name }) => name === '' || name.startsWith('#'));
  return end === -1 ? named : named.slice(0, end);
}
