import { write } from '../connection.ts';
import type { DeclaredKind, Extra, Lifting, NameListing, TableColumn } from '../dialect.ts';
import type { Column, ColumnKind, Table } from '../tables.ts';
import { ALL_TABLES, COMMANDS, EVENTS, RECOMMENDATIONS, SENSOR_DATA } from '../tables.ts';
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

type Property = readonly [name: string, value: string];

/**
 * What a guarded write has looked at, in its own table, must not have changed when it is committed. By default Databricks lets two INSERTs
 * that each found nothing both commit (WriteSerializable), and two writes of other rows in one file (row-level concurrency, by deletion vectors).
 */
const SERIAL: readonly Property[] = [
  ['delta.isolationLevel', 'Serializable'],
  ['delta.enableDeletionVectors', 'false'],
];

/** Says for which columns the table has defaults: Delta's own account of them is not the same everywhere. */
const DEFAULTED = 'opsAgent.defaults';

function hasDefault(column: Column): column is Column & { readonly default: string } {
  return column.default !== undefined;
}

function defaulted(table: Table): readonly Property[] {
  const names = table.columns.filter(hasDefault).map(({ name }) => name);
  return names.length === 0 ? [] : [[DEFAULTED, names.join(',')]];
}

/** The readings' writers look at nothing, and are not kept waiting. */
function propertiesOf(table: Table): readonly Property[] {
  if (table === SENSOR_DATA) return [];
  return table === EVENTS ? [...SERIAL, [APPEND_ONLY, 'true']] : SERIAL;
}

function spelled(properties: readonly Property[]): readonly string[] {
  return properties.map(([name, value]) => `'${name}' = '${value}'`);
}

function setProperties(table: Table, properties: readonly Property[], place: string): string {
  return `ALTER TABLE ${place}${quote(table.name)} SET TBLPROPERTIES (${spelled(properties).join(', ')})`;
}

export function createTable(table: Table, place: string): readonly string[] {
  const columns = table.columns.map((column) => `  ${columnDefinition(column)}`);
  const clustered = CLUSTERED.get(table);
  const clustering = clustered ? `CLUSTER BY (${clustered.map(quote).join(', ')})\n` : '';
  const properties = [DEFAULTS, ...spelled([...propertiesOf(table), ...defaulted(table)])].join(', ');
  return [
    `CREATE TABLE IF NOT EXISTS ${place}${quote(table.name)} (\n${columns.join(',\n')}\n) USING DELTA\n${clustering}TBLPROPERTIES (${properties})`,
  ];
}

/** All in one change of the table. Delta takes no default with a column that it adds: until it has been given one the table is not `DEFAULTED`. */
export function addColumns(table: Table, columns: readonly Column[], place: string): readonly string[] {
  const name = `${place}${quote(table.name)}`;
  const added = columns.map((column) => `${quote(column.name)} ${TYPES[column.kind]}`);
  return [
    ...(columns.some(hasDefault) ? [`ALTER TABLE ${name} UNSET TBLPROPERTIES IF EXISTS ('${DEFAULTED}')`] : []),
    `ALTER TABLE ${name} ADD COLUMNS (${added.join(', ')})`,
  ];
}

/** A default holds for rows that are yet to come, so that those that are there are given it. Repeating it changes nothing. */
function giveDefaults(table: Table, place: string): readonly string[] {
  const name = `${place}${quote(table.name)}`;
  const defaults = table.columns.filter(hasDefault).map((column) => ({ column: quote(column.name), value: column.default }));
  // The audit's rows are changed by nothing else.
  const { lift, restore } = deletable([table], place);
  const filled = defaults.map(({ column, value }) => `${column} = COALESCE(${column}, ${value})`);
  return [
    `ALTER TABLE ${name} SET TBLPROPERTIES (${DEFAULTS})`,
    ...defaults.map(({ column, value }) => `ALTER TABLE ${name} ALTER COLUMN ${column} SET DEFAULT ${value}`),
    ...lift.map(({ sql }) => sql),
    `UPDATE ${name} SET ${filled.join(', ')} WHERE ${defaults.map(({ column }) => `${column} IS NULL`).join(' OR ')}`,
    ...restore.map(({ sql }) => sql),
    setProperties(table, defaulted(table), place),
  ];
}

const READABLE = 'agent_events_readable';

/** The audit is append-only, for the agent as for everybody who may write: and a row of it has what it is put in order by. Its ids are never NULL. */
export function extras(place: string): readonly Extra[] {
  const check = `ordinal BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER}`;
  const property = { kind: 'property', isRenewed: false, comesWithTable: true };
  const properties = ALL_TABLES.flatMap((table) => {
    const ddl = [setProperties(table, propertiesOf(table), place)];
    return [
      ...propertiesOf(table).map(([name]) => ({ ...property, name: `${table.name}.${name}`, ddl })),
      ...defaulted(table).map(([name]) => ({ ...property, name: `${table.name}.${name}`, ddl: giveDefaults(table, place) })),
    ];
  });
  return [
    ...properties,
    {
      kind: 'constraint',
      name: READABLE,
      ddl: [`ALTER TABLE ${place}${quote(EVENTS.name)} ADD CONSTRAINT ${READABLE} CHECK (${check})`],
      isRenewed: false,
      comesWithTable: false,
    },
  ];
}

const CONSTRAINT = 'delta.constraints.';

/** Delta keeps constraints among a table's properties, too. */
export function listExtras(place: string): readonly NameListing[] {
  return ALL_TABLES.filter((table) => propertiesOf(table).length > 0).map((table) => ({
    sql: `SHOW TBLPROPERTIES ${place}${quote(table.name)}`,
    names: (rows) =>
      rows.flatMap(({ key, value }) => {
        if ([...propertiesOf(table), ...defaulted(table)].some(([name, wanted]) => name === key && wanted === value))
          return [`${table.name}.${String(key)}`];
        return typeof key === 'string' && key.startsWith(CONSTRAINT) ? [key.slice(CONSTRAINT.length)] : [];
      }),
  }));
}

/** A run that is killed in between leaves the audit without its rule: `setup` makes it again, and `setup --check` says so. */
export function deletable(tables: readonly Table[], place: string): Lifting {
  const appendOnly = (isOn: boolean) => write(setProperties(EVENTS, [[APPEND_ONLY, String(isOn)]], place));
  return tables.includes(EVENTS) ? { lift: [appendOnly(false)], restore: [appendOnly(true)] } : { lift: [], restore: [] };
}

/** By the names of Databricks SQL's types. */
export function kindOfType(declared: string): DeclaredKind | null {
  const type = declared.toLowerCase();
  if (/^(?:string|varchar|char)/.test(type)) return 'text';
  if (/^(?:timestamp|date)/.test(type)) return 'time';
  return /^(?:tinyint|smallint|int|bigint|float|double|decimal)\b/.test(type) ? 'number' : null;
}

const NEEDED: Readonly<Record<ColumnKind, DeclaredKind>> = {
  text: 'text',
  json: 'text',
  real: 'number',
  integer: 'number',
  flag: 'number',
  time: 'time',
};
const WHOLE = /^(?:tinyint|smallint|int|bigint|decimal\(\d+,\s*0\))$/i;
const DAY = /^date$/i;

/** A type that would take a value and lose a part of it, a fraction or the time of day, does not hold it either. */
export function holds(declared: string, kind: ColumnKind): boolean {
  if (kindOfType(declared) !== NEEDED[kind]) return false;
  return !((kind === 'real' && WHOLE.test(declared)) || (kind === 'time' && DAY.test(declared)));
}

/** The session's schema is that of the tables. */
export const LIST_VIEWS: NameListing = {
  sql: 'SHOW VIEWS',
  names: (rows) => rows.map(({ viewName }) => String(viewName).toLowerCase()),
};

/** Of what DESCRIBE says: after the columns it tells of partitions and clustering, under headings. */
export function columnsIn(rows: readonly Readonly<Record<string, unknown>>[]): readonly TableColumn[] {
  const named = rows.map(({ col_name: name, data_type: type }) => ({ name: String(name).toLowerCase(), type: String(type) }));
  const end = named.findIndex(({ name }) => name === '' || name.startsWith('#'));
  return end === -1 ? named : named.slice(0, end);
}
