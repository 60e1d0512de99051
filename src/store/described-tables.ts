import type { Dialect, TableColumn } from './dialect.ts';
import { type Column, type ColumnKind, SENSOR_DATA, type Table } from './tables.ts';

/** Tables with the columns that they are described with; none where there is no such table. */
export type DescribedTables = ReadonlyMap<Table, readonly TableColumn[]>;

export interface MissingColumn {
  readonly table: Table;
  readonly column: Column;
}

/** What stands in a table's place and can be worked with by nobody: setting up neither replaces a view nor changes a column's type. */
export interface UnfitTable {
  readonly table: Table;
  readonly problem: string;
  readonly remedy: string;
}

/** What a column of each kind is there for, in the words of a person who declared another type. */
const HOLDS: Readonly<Record<ColumnKind, string>> = {
  text: 'texts',
  json: 'texts',
  real: 'real numbers',
  integer: 'whole numbers',
  flag: 'whole numbers',
  time: 'times',
};

const RENAME_VIEW = 'rename what stands there, then run: ops-agent setup';
const CHANGE_TYPE = 'setup changes no types: rename the table, or give the column that type, then run: ops-agent setup';

export function missingTables(described: DescribedTables): readonly Table[] {
  return [...described].flatMap(([table, present]) => (present.length === 0 ? [table] : []));
}

/** Of the tables that are there. */
export function missingColumns(described: DescribedTables): readonly MissingColumn[] {
  return [...described].flatMap(([table, present]) => {
    const names = new Set(present.map(({ name }) => name));
    return present.length === 0 ? [] : table.columns.filter(({ name }) => !names.has(name)).map((column) => ({ table, column }));
  });
}

/** `views`: the names of those that there are, in lower case. Views first: whatever their columns are, they are no tables. */
export function unfitTables(described: DescribedTables, views: ReadonlySet<string>, dialect: Dialect): readonly UnfitTable[] {
  const asViews = new Set([...described.keys()].filter((table) => views.has(table.name) && isUnfitAsView(table, described, dialect)));
  return [
    ...[...asViews].map((table) => ({ table, problem: `${table.name} is a view, not a table`, remedy: RENAME_VIEW })),
    ...[...described].flatMap(([table, present]) => (asViews.has(table) ? [] : unfitColumns(table, present, dialect))),
  ];
}

/** Readings are only read: a view serves as well, where it has the columns, and the engine no indexes that would have to be made for it. */
function isUnfitAsView(table: Table, described: DescribedTables, { hasIndexes }: Dialect): boolean {
  return table !== SENSOR_DATA || hasIndexes || missingColumns(described).some((missing) => missing.table === table);
}

/** The readings' types are not the schema's to judge: they may be anything that the configuration of the source says how to read. */
function unfitColumns(table: Table, present: readonly TableColumn[], dialect: Dialect): readonly UnfitTable[] {
  if (table === SENSOR_DATA) return [];
  return table.columns.flatMap(({ name, kind }) => {
    const type = present.find((column) => column.name === name)?.type ?? '';
    if (type === '' || dialect.holds(type, kind)) return [];
    const found = `column ${table.name}.${name} is ${type.toUpperCase()}, and holds no ${HOLDS[kind]}`;
    return [{ table, problem: `${found}: it has to be ${dialect.types[kind]}`, remedy: CHANGE_TYPE }];
  });
}
