import { type Statement, write } from '../connection.ts';
import type { DeclaredKind, Extra } from '../dialect.ts';
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

/**
 * What the statements look for, so that the files that lie apart from it are skipped: readings by their time; the audit by its subject, and by the
 * place in the chain; what is open among all that has ended by the time it was made. Tables of a few rows need none.
 */
const CLUSTERED: ReadonlyMap<Table, readonly string[]> = new Map([
  [SENSOR_DATA, ['timestamp']],
  [RECOMMENDATIONS, ['created_timestamp', 'recommendation_id']],
  [COMMANDS, ['recommendation_id']],
  [EVENTS, ['subject_id', 'chain_seq']],
]);

const APPEND_ONLY = 'delta.appendOnly';
const DEFAULTS = "'delta.feature.allowColumnDefaults' = 'supported'";

export function createTable(table: Table, place: string): readonly string[] {
  const columns = table.columns.map((column) => `  ${columnDefinition(column)}`);
  const clustered = CLUSTERED.get(table);
  const clustering = clustered ? `CLUSTER BY (${clustered.map(quote).join(', ')})\n` : '';
  const properties = table === EVENTS ? `${DEFAULTS}, '${APPEND_ONLY}' = 'true'` : DEFAULTS;
  return [
    `CREATE TABLE IF NOT EXISTS ${place}${quote(table.name)} (\n${columns.join(',\n')}\n) USING DELTA\n${clustering}TBLPROPERTIES (${properties})`,
  ];
}

/** All in one change of the table. A default holds for rows that are yet to come, so that those that are there are given it. */
export function addColumns(table: Table, columns: readonly Column[], place: string): readonly string[] {
  const name = `${place}${quote(table.name)}`;
  const added = columns.map((column) => `${quote(column.name)} ${TYPES[column.kind]}`);
  const defaults = columns.flatMap((column) =>
    column.default === undefined ? [] : [{ column: quote(column.name), value: column.default }],
  );
  const isNull = defaults.map(({ column }) => `${column} IS NULL`).join(' OR ');
  return [
    `ALTER TABLE ${name} ADD COLUMNS (${added.join(', ')})`,
    ...(defaults.length === 0
      ? []
      : [
          `ALTER TABLE ${name} SET TBLPROPERTIES (${DEFAULTS})`,
          ...defaults.map(({ column, value }) => `ALTER TABLE ${name} ALTER COLUMN ${column} SET DEFAULT ${value}`),
          `UPDATE ${name} SET ${defaults.map(({ column, value }) => `${column} = COALESCE(${column}, ${value})`).join(', ')} WHERE ${isNull}`,
        ]),
  ];
}

function appendOnly(place: string, isOn: boolean): string {
  return `ALTER TABLE ${place}${quote(EVENTS.name)} SET TBLPROPERTIES ('${APPEND_ONLY}' = '${isOn}')`;
}

const READABLE = 'agent_events_readable';

/** The audit is append-only, for the agent as for everybody who may write: and a row of it has what it is put in order by. Its ids are never NULL. */
export function extras(place: string): readonly Extra[] {
  const check = `ordinal BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER}`;
  return [
    { kind: 'property', name: APPEND_ONLY, ddl: [appendOnly(place, true)], isRenewed: false },
    {
      kind: 'constraint',
      name: READABLE,
      ddl: [`ALTER TABLE ${place}${quote(EVENTS.name)} ADD CONSTRAINT ${READABLE} CHECK (${check})`],
      isRenewed: false,
    },
  ];
}

/** Delta keeps constraints among a table's properties, too. */
export function listExtras(place: string): string {
  return `SHOW TBLPROPERTIES ${place}${quote(EVENTS.name)}`;
}

const CONSTRAINT = 'delta.constraints.';

export function extrasIn(rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return rows.flatMap(({ key, value }) => {
    if (key === APPEND_ONLY) return value === 'true' ? [APPEND_ONLY] : [];
    return typeof key === 'string' && key.startsWith(CONSTRAINT) ? [key.slice(CONSTRAINT.length)] : [];
  });
}

/** A run that dies in between leaves the audit without its rule: `setup` makes it again, and `setup --check` says so. */
export function whereDeletable(tables: readonly Table[], deletes: readonly Statement[], place: string): readonly Statement[] {
  return tables.includes(EVENTS) ? [write(appendOnly(place, false)), ...deletes, write(appendOnly(place, true))] : deletes;
}

/** By the names of Databricks SQL's types. */
export function kindOfType(declared: string): DeclaredKind | null {
  const type = declared.toLowerCase();
  if (/^(?:string|varchar|char)/.test(type)) return 'text';
  if (/^(?:timestamp|date)/.test(type)) return 'time';
  return /^(?:tinyint|smallint|int|bigint|float|double|decimal)/.test(type) ? 'number' : null;
}

/** Of what DESCRIBE says: after the columns it tells of partitions and clustering, under headings. */
export function columnsIn(rows: readonly Readonly<Record<string, unknown>>[]): readonly TableColumn[] {
  const named = rows.map(({ col_name: name, data_type: type }) => ({ name: String(name).toLowerCase(), type: String(type) }));
  const end = named.findIndex(({ name }) => name === '' || name.startsWith('#'));
  return end === -1 ? named : named.slice(0, end);
}
