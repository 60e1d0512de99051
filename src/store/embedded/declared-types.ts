import type { DeclaredKind } from '../dialect.ts';
import type { ColumnKind } from '../tables.ts';

export const TYPES: Readonly<Record<ColumnKind, string>> = {
  text: 'TEXT',
  real: 'REAL',
  integer: 'INTEGER',
  time: 'TEXT',
  json: 'TEXT',
  flag: 'INTEGER',
};

/** By the rules of SQLite's type affinity, https://www.sqlite.org/datatype3.html, but a date's or no type says nothing. */
export function kindOfType(declared: string): DeclaredKind | null {
  const type = declared.toUpperCase();
  if (type.includes('INT')) return 'number';
  if (/CHAR|CLOB|TEXT/.test(type)) return 'text';
  return /REAL|FLOA|DOUB|NUMERIC|DECIMAL/.test(type) ? 'number' : null;
}

const ROW_ID = 'INTEGER PRIMARY KEY';

/**
 * A dotted name: SQLite looks for its last part. The one type that keeps other values out is that of the row's own number,
 * https://www.sqlite.org/lang_createtable.html#rowid: it is told with what makes it that.
 */
export const DESCRIBE = `WITH described AS (SELECT name, type, pk FROM pragma_table_info(CASE WHEN :table LIKE 'main.%' THEN substr(:table, 6) ELSE :table END))
SELECT name, CASE WHEN pk = 1 AND UPPER(type) = 'INTEGER' AND (SELECT MAX(pk) FROM described) = 1 THEN '${ROW_ID}' ELSE type END AS type FROM described`;

/** Any column takes any value, but for a row's own number. */
export function holds(declared: string, kind: ColumnKind): boolean {
  return declared !== ROW_ID || kind === 'integer' || kind === 'flag';
}
