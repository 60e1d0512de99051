import type { Dialect } from '../dialect.ts';
import type { Table } from '../tables.ts';

/**
 * Whether the id is a text. Bytes read as missing, and nothing can be told of, or written to, a row without an id: one such row would fail
 * the whole cycle.
 */
export function hasId(d: Dialect, column: string): string {
  return `${d.asRead(column)} IS NOT NULL`;
}

/**
 * The newest row of each kind, as `created_timestamp` beside the kind's columns. The rows without an id, which an index finds, must not
 * hide the newest one that has one; looking at the id of every row would cost as much as the history is long.
 */
export function newestOfKind(d: Dialect, table: Table, columns: readonly string[], condition = 'true'): string {
  const key = d.quote(table.key ?? '');
  const kind = columns.join(', ');
  const ofRow = columns.map((column) => `r.${column}`).join(', ');
  const alike = columns.map((column) => `r.${column} = b.${column}`).join(' AND ');
  return `SELECT ${kind}, MAX(created_timestamp) AS created_timestamp FROM ${table.name} WHERE ${condition} GROUP BY ${kind}
  UNION SELECT ${ofRow}, MAX(r.created_timestamp) FROM (SELECT ${kind} FROM ${table.name} WHERE ${d.holdsBytes(key)}) b
    CROSS JOIN ${table.name} r WHERE ${alike} AND ${hasId(d, `r.${key}`)} GROUP BY ${ofRow}`;
}
