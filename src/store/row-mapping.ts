import { AgentError } from '../domain/errors.ts';
import type { SqlValue } from './connection.ts';
import type { Dialect } from './dialect.ts';
import type { Column, Table } from './tables.ts';

/** The one place where the database's snake_case meets the domain's camelCase. */
export function propertyOf(column: string): string {
  return column.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

type Row = Readonly<Record<string, unknown>>;

function decode(column: Column, value: unknown, dialect: Dialect): unknown {
  if (value === null || value === undefined) return column.kind === 'flag' ? false : null;
  switch (column.kind) {
    case 'time':
      return dialect.decodeTime(value);
    case 'json':
      return parseJson(value);
    case 'flag':
      return Number(value) === 1;
    case 'real':
    case 'integer':
      return typeof value === 'number' ? value : Number(value);
    case 'text':
      return typeof value === 'string' ? value : isBytes(value) ? bytesText(value) : JSON.stringify(value);
  }
}

/** What somebody stored where a text belongs. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

/** As `Dialect.bytesNamed` spells them. */
function bytesText(bytes: Uint8Array): string {
  return `bytes ${Buffer.from(bytes).toString('hex').toUpperCase()}`;
}

/** A JSON column that somebody edited need not be JSON any more; then its text is the value, and no ticket matches it. */
function parseJson(value: unknown): unknown {
  if (isBytes(value)) return bytesText(value);
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** An object in a JSON text; null for anything else. */
export function objectIn(text: unknown): Row | null {
  if (typeof text !== 'string') return null;
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? (value as Row) : null; // an object's own keys, whatever they hold
  } catch {
    // What somebody edited: no ticket, so that its one row is refused and the others go on.
    return null;
  }
}

/** A table's row in the domain's spelling. The caller names the type: it is the table's own, column by column. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller says what the table's columns are in the domain
export function fromRow<T>(table: Table, row: Row, dialect: Dialect): T {
  const entries = table.columns.map((column) => [propertyOf(column.name), decode(column, row[column.name], dialect)] as const);
  // The table's definition and the domain's type list the same properties; the contract suite reads back every one.
  return Object.fromEntries(entries) as T;
}

export function encode(column: Column, value: unknown, dialect: Dialect): SqlValue {
  if (value === null || value === undefined) return null;
  switch (column.kind) {
    case 'time':
      return dialect.encodeTime(Number(value));
    case 'json':
      return JSON.stringify(value);
    case 'flag':
      return value === true ? 1 : 0;
    case 'real':
    case 'integer':
      if (typeof value !== 'number' || !Number.isFinite(value))
        throw new AgentError(
          'bug',
          `${column.name} would be written as ${typeof value === 'number' ? value : typeof value}, which is no number`,
        );
      return value;
    case 'text':
      if (typeof value !== 'string') throw new AgentError('bug', `${column.name} would be written as a ${typeof value}`);
      return value;
  }
}

/** The columns that `values` names, encoded; columns it does not name are left out, so that they stay as they are. */
export function toRow(table: Table, values: object, dialect: Dialect): Record<string, SqlValue> {
  const row: Record<string, SqlValue> = {};
  const given = new Map<string, unknown>(Object.entries(values));
  for (const column of table.columns) {
    const property = propertyOf(column.name);
    if (given.has(property)) row[column.name] = encode(column, given.get(property), dialect);
  }
  return row;
}

/** Splits rows into JSON arrays that each stay below the engine's limit for one parameter. */
export function jsonParts(rows: readonly object[], maxBytes: number): readonly string[] {
  const parts: string[] = [];
  let texts: string[] = [];
  let bytes = 2;
  for (const row of rows) {
    const text = JSON.stringify(row);
    const size = Buffer.byteLength(text) + 1;
    if (texts.length > 0 && bytes + size > maxBytes) {
      parts.push(`[${texts.join(',')}]`);
      texts = [];
      bytes = 2;
    }
    texts.push(text);
    bytes += size;
  }
  if (texts.length > 0) parts.push(`[${texts.join(',')}]`);
  return parts;
}
