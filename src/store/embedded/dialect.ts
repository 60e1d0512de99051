import { AgentError } from '../../domain/errors.ts';
import { type Instant, isoOf } from '../../domain/instant.ts';
import type { Dialect, GuardedWrite, JoinedDelete, JoinedUpdate, Upsert } from '../dialect.ts';
import { hexOf } from '../exact-values.ts';
import type { Column, ParameterColumn, Table } from '../tables.ts';
import { statusSteps } from '../status-steps.ts';
import { wordList } from '../word-list.ts';
import { bytesNamed, decodeTime, isReadableTime, isReadableWord, TIME_FORMAT, timeAsRead, unlessBlob, wordAsRead } from './as-read.ts';
import { DESCRIBE, holds, kindOfType, TYPES } from './declared-types.ts';
import { deletable, embeddedExtras } from './extras.ts';
import { spellForSqlite } from './spelling.ts';

const ISO_PATTERN = "'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-5][0-9]*'";
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

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

function toJsonValue(found: unknown): unknown {
  if (found instanceof Uint8Array) return hexOf(found);
  const instant = typeof found === 'string' ? decodeTime(found) : null;
  return instant === null ? found : isoOf(instant);
}

/** SQLite reads an offset with a colon alone; +0100 and +01 are ISO 8601 as well. The offset stands behind the minutes. */
function timeOfIso(column: string): string {
  const [digits2, behind] = ['[0-9][0-9]', `substr(${column}, 17)`];
  const spelled = `CASE WHEN ${behind} GLOB '*[-+]${digits2}${digits2}' THEN substr(${column}, 1, length(${column}) - 2) || ':' || substr(${column}, -2)
    WHEN ${behind} GLOB '*[-+]${digits2}' THEN ${column} || ':00' ELSE ${column} END`;
  return `CASE WHEN typeof(${column}) = 'text' AND ${column} GLOB ${ISO_PATTERN} THEN strftime(${TIME_FORMAT}, ${spelled}) END`;
}

function jsonRows(parameter: string, columns: readonly ParameterColumn[]): string {
  // Without a type of their own the columns could not be joined by an index: every reading would look at every row.
  const fields = columns.map(
    (column) => `CAST(json_extract(j.value, '$.${column.name}') AS ${TYPES[column.kind]}) AS ${quote(column.name)}`,
  );
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

/** Whether a row of a JSON array names a column, and what it says about it. */
function given(name: string, row = 'j'): string {
  return `json_type(${row}.value, '$.${name}') IS NOT NULL`;
}

function value(name: string, row = 'j'): string {
  return `json_extract(${row}.value, '$.${name}')`;
}

/**
 * SQLite has no MERGE. The guards stand in the SELECT that feeds an upsert: one statement takes the write lock before it
 * reads, so nothing comes between guard and write. A status is compared as jsonObject reads it. The last clause leaves alone a row that another unique index forbids
 * (a second open recommendation of a family) without failing the others.
 */
function guardedWrite(guarded: GuardedWrite, leaseGuard: string): string {
  const { table, key } = guarded;
  const names = table.columns.map((column) => quote(column.name));
  const merged = table.columns.map((column) =>
    column.default === undefined
      ? `CASE WHEN ${given(column.name)} THEN ${value(column.name)} ELSE t.${quote(column.name)} END`
      : // A row that is there keeps what somebody set to NULL: a default would open it, unseen by the guards below.
        `CASE WHEN ${given(column.name)} THEN ${value(column.name)} WHEN t.${quote(key)} IS NULL THEN ${column.default} ELSE t.${quote(column.name)} END`,
  );
  const allowed = [
    `NOT ${given('status')}`,
    `t.status = ${value('status')}`,
    ...statusSteps(guarded, { alias: 't', status: value('status'), quote }),
  ];
  const guardValue = value('guard_status');
  const alone = onlyOneOpen(guarded);
  return `INSERT INTO ${quote(table.name)} (${names.join(', ')})
SELECT ${merged.join(',\n  ')}
FROM json_each(:rows) j LEFT JOIN ${quote(table.name)} t ON t.${quote(key)} = ${value(key)}${alone.join}
WHERE ${leaseGuard} AND (
  (${guardValue} IS NULL AND t.${quote(key)} IS NULL)
  OR (COALESCE(${unlessBlob('t.status')}, '') = ${guardValue} AND (${allowed.join(' OR ')})
    AND (${value('guard_claimed_by')} IS NULL OR ${table.columns.some((column) => column.name === 'claimed_by') ? `t.claimed_by = ${value('guard_claimed_by')}` : 'false'})${alone.condition}))
ON CONFLICT (${quote(key)}) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(', ')}
ON CONFLICT DO NOTHING`;
}

function joinedUpdate({ table, source, on, set, where }: JoinedUpdate): string {
  const sets = Object.entries(set).map(([column, expression]) => `${quote(column)} = ${expression}`);
  return `UPDATE ${quote(table.name)} AS t SET ${sets.join(', ')} FROM (${source}) s
WHERE ${on.map((column) => `t.${quote(column)} = s.${quote(column)}`).join(' AND ')} AND ${where}`;
}

function joinedDelete({ table, source }: JoinedDelete): string {
  return `DELETE FROM ${quote(table.name)} WHERE ${quote(table.key ?? '')} IN (${source})`;
}

function upsert({ table, source, where }: Upsert): string {
  const names = table.columns.map(({ name }) => quote(name));
  return `INSERT INTO ${quote(table.name)} AS t (${names.join(', ')}) SELECT ${names.join(', ')} FROM ${source} r WHERE true
ON CONFLICT (${quote(table.key ?? '')}) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(', ')} WHERE ${where}`;
}

/** What a write of rows that have only one open one of a kind needs beside its guards. */
interface OnlyOne {
  /** The rows that the write opens or puts elsewhere, each with which it is of its kind. Looked at once, however many there are. */
  readonly join: string;
  readonly condition: string;
}

/**
 * An existing row must not be opened beside an open one of its kind, nor be put back where one stands by now: the unique index would fail
 * the whole statement, because no ON CONFLICT covers an upsert's update. What this write closes makes room, since the store hands over
 * what ends first; a change that its own guard refuses closes nothing. Of those that it would open the first is taken for open, also where its
 * guard refuses it: the others wait for another write.
 * A change that names no status opens nothing: without COALESCE it would be NULL here, and such a change be refused for ever.
 */
function onlyOneOpen(guarded: GuardedWrite): OnlyOne {
  const { table, key, onlyOneOpen: rule } = guarded;
  if (rule === null) return { join: '', condition: '' };
  const statuses = wordList(rule.statuses);
  const become = (name: string, row: string, stored: string) =>
    `CASE WHEN ${given(name, row)} THEN ${value(name, row)} ELSE ${stored}.${quote(name)} END`;
  const kind = rule.columns.map((column) => become(column, 'e', 'u'));
  const moves = rule.columns.map((column, place) => `${kind[place]} IS NOT u.${quote(column)}`).join(' OR ');
  const ends = statusSteps(guarded, { alias: 'o', status: value('status', 'c'), quote }).join(' OR ');
  const alike = rule.columns.map((column) => `o.${quote(column)} = ${become(column, 'j', 't')}`).join(' AND ');
  return {
    join: `
  LEFT JOIN (SELECT e.key AS place, ROW_NUMBER() OVER (PARTITION BY ${kind.join(', ')} ORDER BY e.key) AS nth
    FROM json_each(:rows) e JOIN ${quote(table.name)} u ON u.${quote(key)} = ${value(key, 'e')}
    WHERE COALESCE(${value('status', 'e')}, u.status, '') IN ${statuses} AND (COALESCE(u.status, '') NOT IN ${statuses} OR ${moves})) opening
    ON opening.place = j.key`,
    condition: `
    AND (opening.place IS NULL OR (opening.nth = 1 AND NOT EXISTS (
      SELECT 1 FROM ${quote(table.name)} o WHERE ${alike} AND o.status IN ${statuses} AND o.${quote(key)} <> t.${quote(key)}
        AND NOT EXISTS (SELECT 1 FROM json_each(:rows) c WHERE ${value(key, 'c')} = o.${quote(key)}
          AND ${value('guard_status', 'c')} = o.status AND ${value('status', 'c')} NOT IN ${statuses} AND (${ends})))))`,
  };
}

/** SQLite 3.51.3 or newer through the node:sqlite API. */
export const embeddedDialect: Dialect = {
  name: 'embedded',
  now: `strftime(${TIME_FORMAT}, 'now')`,
  lists: null,
  maxParameterBytes: 8_000_000,
  quote,
  encodeTime,
  // What has more digits is no readable time.
  encodeBound: encodeTime,
  toMilliseconds: (column) => column,
  decodeTime,
  toJsonValue,
  jsonRows,
  jsonTable: (parameter, columns) => `MATERIALIZED ${jsonRows(parameter, columns)}`,
  jsonObject: (entries) => `json_object(${entries.map(([name, expression]) => `'${name}', ${unlessBlob(expression)}`).join(', ')})`,
  // SQLite's own JSON has 15 digits. A text of 17 says a double exactly, and no JSON is needed for an infinite one.
  jsonReal: (expression) => `CASE typeof(${expression}) WHEN 'real' THEN printf('%!.17g', ${expression}) ELSE ${expression} END`,
  // What is no JSON would fail the whole statement.
  jsonTextAt: (column, keys) => `CASE WHEN json_valid(${column}) THEN json_extract(${column}, '$.${keys.join('.')}') END`,
  asRead: unlessBlob,
  bytesNamed,
  // Bytes sort behind everything else.
  holdsBytes: (column) => `${column} >= X''`,
  // By the bytes: a text may have some that are no UTF-8, and a blob stands behind every text, whatever is in it.
  wholeText: (column) =>
    `CASE WHEN typeof(${column}) = 'text' AND instr(${column}, char(0)) > 0 THEN CAST(${column} AS BLOB) ELSE ${column} END`,
  exactKey: (column) => `CASE typeof(${column}) WHEN 'blob' THEN 'b' ELSE 't' END || hex(${column})`,
  ofExactKey: (parameter) =>
    `CASE substr(:${parameter}, 1, 1) WHEN 'b' THEN unhex(substr(:${parameter}, 2)) ELSE CAST(unhex(substr(:${parameter}, 2)) AS TEXT) END`,
  wordAsRead,
  isReadableWord,
  timeAsRead,
  jsonList: (parameter) => `(SELECT value FROM json_each(:${parameter}))`,
  hasIndexes: true,
  once: (select) => `MATERIALIZED ${select}`,
  // A LIMIT keeps SQLite from moving the expressions into the outer query, once for each mention.
  computedOnce: (select) => `(${select} LIMIT -1)`,
  plusSeconds: (time, seconds) => `strftime(${TIME_FORMAT}, ${time}, (${seconds}) || ' seconds')`,
  // Julian days lose the milliseconds' last digits; whole seconds plus the fraction of the text keep them.
  secondsBetween: (earlier, later) =>
    `((strftime('%s', ${later}) - strftime('%s', ${earlier})) + (substr(${later}, 21, 3) - substr(${earlier}, 21, 3)) / 1000.0)`,
  smallerOf: (a, b) => `min(${a}, ${b})`,
  // SQLite has no NaN: it would keep NULL, which is a missing value. The text stays one, in a column of numbers too.
  notANumber: "'NaN'",
  isFiniteNumber: (expression) =>
    `(typeof(${expression}) IN ('real', 'integer') AND ${expression} BETWEEN -1.7976931348623157e308 AND 1.7976931348623157e308)`,
  isWhole: (column) => `CAST(${column} AS BIGINT) = ${column}`,
  // A third of the cost of asking for a finite number: texts and NaN are greater than every number. The sign keeps a text column from
  // comparing as texts do.
  seemsImpossible: (expression, lowest, highest) => `+${expression} NOT BETWEEN ${lowest} AND ${highest}`,
  isPlainId: (expression) =>
    `(typeof(${expression}) = 'text' AND length(${expression}) BETWEEN 1 AND 100 AND ${expression} NOT GLOB '*[^A-Za-z0-9_-]*')`,
  isReadableTime,
  // Before 1970 there are no readings, but there is much that a person writes: 19/02/2026, seconds since 1970.
  unreadableTimes: (column) => `(${column} IS NULL OR ${column} < '1970' OR ${column} >= ':')`,
  timeOfIso,
  hasOffset: (column) => `(substr(${column}, 17) GLOB '*[-+Zz]*')`,
  timeOfEpoch: (seconds) => `strftime(${TIME_FORMAT}, ${seconds}, 'unixepoch')`,
  // Texts sort behind all numbers.
  unreadableNumbers: (column, earliest) => `(${column} IS NULL OR ${column} < ${earliest} OR ${column} >= '')`,
  qualityText: (column) => `LOWER(CASE typeof(${column}) WHEN 'real' THEN printf('%.15g', ${column}) ELSE ${column} END)`,
  guardedWrite,
  joinedUpdate,
  joinedDelete,
  upsert,
  spell: spellForSqlite,
  createTable,
  namespace: null,
  extras: embeddedExtras,
  deletable,
  accessProbes: () => [],
  grants: () => {
    throw new AgentError('usage', 'a file has no roles: whoever may write to it may do everything', 'leave out --roles');
  },
  listExtras: [
    {
      sql: "SELECT name FROM sqlite_master WHERE type IN ('index', 'trigger')",
      names: (rows) => rows.map(({ name }) => String(name)),
    },
  ],
  repeatable: (ddl) => [ddl],
  addColumns: (table, columns) =>
    columns.map((column) => `ALTER TABLE ${quote(table.name)} ADD COLUMN ${columnDefinition({ ...column, notNull: false }, null)}`),
  listViews: {
    sql: "SELECT name FROM sqlite_master WHERE type = 'view'",
    names: (rows) => rows.map(({ name }) => String(name).toLowerCase()),
  },
  describeTable: DESCRIBE,
  columnsIn: (rows) => rows.map(({ name, type }) => ({ name: String(name).toLowerCase(), type: String(type) })),
  kindOfType,
  types: TYPES,
  holds,
  keepsTypes: false,
};
