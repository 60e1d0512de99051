import { AgentError } from '../../domain/errors.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Dialect, GuardedWrite } from '../dialect.ts';
import type { Column, ColumnKind, Table } from '../tables.ts';
import { embeddedExtras } from './extras.ts';
import { spellForSqlite } from './spelling.ts';

const TIME_FORMAT = "'%Y-%m-%d %H:%M:%f'";
const CANONICAL_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

const TYPES: Record<ColumnKind, string> = { text: 'TEXT', real: 'REAL', integer: 'INTEGER', time: 'TEXT', json: 'TEXT', flag: 'INTEGER' };

function quote(identifier: string): string {
  const parts = identifier.split('.');
  if (!parts.every((part) => IDENTIFIER.test(part)))
    throw new AgentError('usage', `'${identifier}' is not a table or column name`, 'use letters, digits and underscores');
  return parts.map((part) => `"${part}"`).join('.');
}

/** Text, because SQLite has no time type: the one spelling in which comparing text compares times. */
function encodeTime(instant: Instant): string {
  return new Date(instant).toISOString().replace('T', ' ').replace('Z', '');
}

function decodeTime(value: unknown): Instant | null {
  if (value === null || value === undefined) return null;
  const text = String(value);
  const instant = CANONICAL_TIME.test(text) ? Date.parse(`${text.replace(' ', 'T')}Z`) : Number.NaN;
  // A hand-written text that no trigger could read as a time counts as no time at all; the judges refuse it.
  return Number.isNaN(instant) ? null : instant;
}

function jsonRows(parameter: string, columns: readonly Pick<Column, 'name' | 'kind'>[]): string {
  const fields = columns.map((column) => `json_extract(j.value, '$.${column.name}') AS ${quote(column.name)}`);
  return `(SELECT ${fields.join(', ')} FROM json_each(:${parameter}) j)`;
}

function columnDefinition(column: Column, key: string | null): string {
  const parts = [quote(column.name), TYPES[column.kind]];
  if (column.name === key) parts.push('PRIMARY KEY');
  if (column.notNull) parts.push('NOT NULL');
  if (column.default !== undefined) parts.push(`DEFAULT ${column.default}`);
  return parts.join(' ');
}

function createTable(table: Table): readonly string[] {
  const columns = table.columns.map((column) => `  ${columnDefinition(column, table.key)}`);
  return [`CREATE TABLE IF NOT EXISTS ${quote(table.name)} (\n${columns.join(',\n')}\n)`];
}

function insertAbsent(table: Table, key: string): string {
  const names = table.columns.map((column) => quote(column.name)).join(', ');
  return `INSERT INTO ${quote(table.name)} (${names}) SELECT ${names} FROM ${jsonRows('rows', table.columns)} WHERE true ON CONFLICT (${quote(key)}) DO NOTHING`;
}

/**
 * SQLite has no MERGE. The guards stand in the SELECT that feeds an upsert: one statement takes the write lock before it
 * reads, so nothing comes between guard and write. The last clause leaves alone a row that another unique index forbids
 * (a second open recommendation of a family) without failing the others.
 */
function guardedWrite({ table, key, transitions, restorable }: GuardedWrite, leaseGuard: string): string {
  const given = (name: string) => `json_type(j.value, '$.${name}') IS NOT NULL`;
  const value = (name: string) => `json_extract(j.value, '$.${name}')`;
  const names = table.columns.map((column) => quote(column.name));
  const merged = table.columns.map((column) =>
    column.default === undefined
      ? `CASE WHEN ${given(column.name)} THEN ${value(column.name)} ELSE t.${quote(column.name)} END`
      : `CASE WHEN ${given(column.name)} THEN ${value(column.name)} ELSE COALESCE(t.${quote(column.name)}, ${column.default}) END`,
  );
  const pairs = transitions.map((pair) => `'${pair}'`).join(', ');
  const allowed = [
    `NOT ${given('status')}`,
    `t.status = ${value('status')}`,
    `t.status || '>' || ${value('status')} IN (${pairs})`,
    ...(restorable === null ? [] : [`t.${quote(restorable)} = ${value('status')}`]),
  ];
  const guardValue = value('guard_status');
  return `INSERT INTO ${quote(table.name)} (${names.join(', ')})
SELECT ${merged.join(',\n  ')}
FROM json_each(:rows) j LEFT JOIN ${quote(table.name)} t ON t.${quote(key)} = ${value(key)}
WHERE ${leaseGuard} AND (
  (${guardValue} IS NULL AND t.${quote(key)} IS NULL)
  OR (t.status = ${guardValue} AND (${allowed.join(' OR ')})
    AND (${value('guard_claimed_by')} IS NULL OR ${table.columns.some((column) => column.name === 'claimed_by') ? `t.claimed_by = ${value('guard_claimed_by')}` : 'false'})))
ON CONFLICT (${quote(key)}) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(', ')}
ON CONFLICT DO NOTHING`;
}

/** SQLite 3.51.3 or newer through the node:sqlite API. */
export const embeddedDialect: Dialect = {
  name: 'embedded',
  now: `strftime(${TIME_FORMAT}, 'now')`,
  maxParameterBytes: 8_000_000,
  quote,
  encodeTime,
  decodeTime,
  jsonRows,
  jsonObject: (entries) => `json_object(${entries.map(([name, expression]) => `'${name}', ${expression}`).join(', ')})`,
  jsonList: (parameter) => `(SELECT value FROM json_each(:${parameter}))`,
  plusSeconds: (time, seconds) => `strftime(${TIME_FORMAT}, ${time}, (${seconds}) || ' seconds')`,
  // Julian days lose the milliseconds' last digits; whole seconds plus the fraction of the text keep them.
  secondsBetween: (earlier, later) =>
    `((strftime('%s', ${later}) - strftime('%s', ${earlier})) + (substr(${later}, 21, 3) - substr(${earlier}, 21, 3)) / 1000.0)`,
  smallerOf: (a, b) => `min(${a}, ${b})`,
  isFiniteNumber: (expression) => `(typeof(${expression}) IN ('real', 'integer') AND abs(${expression}) <= 1.7976931348623157e308)`,
  isPlainId: (expression) =>
    `(typeof(${expression}) = 'text' AND length(${expression}) BETWEEN 1 AND 100 AND ${expression} NOT GLOB '*[^A-Za-z0-9_-]*')`,
  isReadableTime: (column) => `(${column} IS strftime(${TIME_FORMAT}, ${column}) AND ${column} IS NOT NULL)`,
  unreadableTimes: (column) => `(${column} IS NULL OR ${column} < '0' OR ${column} >= ':')`,
  insertAbsent,
  guardedWrite,
  spell: spellForSqlite,
  columnType: (kind) => TYPES[kind],
  createTable,
  createExtras: embeddedExtras,
  addColumn: (table, column) => `ALTER TABLE ${quote(table.name)} ADD COLUMN ${columnDefinition({ ...column, notNull: false }, null)}`,
  describeTable: 'SELECT name FROM pragma_table_info(:table)',
};
