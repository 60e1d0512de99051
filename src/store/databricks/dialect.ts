import { type Instant, isoOf } from '../../domain/instant.ts';
import { BLANKS } from '../../domain/word.ts';
import type { Dialect } from '../dialect.ts';
import { hexOf } from '../exact-values.ts';
import type { ParameterColumn } from '../tables.ts';
import { accessProbes } from './access-probes.ts';
import { grants } from './grants.ts';
import { guardedWrite, joinedDelete, joinedUpdate, upsert } from './merge.ts';
import { namespaceOf, type Place, quote, TYPES } from './names.ts';
import { repeatable } from './repeatable.ts';
import { addColumns, columnsIn, createTable, deletable, extras, holds, kindOfType, LIST_VIEWS, listExtras } from './schema.ts';

const ISO_PATTERN = "'^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-5][0-9]'";

/** The driver gives a TIMESTAMP as a Date; inside of JSON it is a text. */
function decodeTime(value: unknown): Instant | null {
  if (value === null || value === undefined) return null;
  const instant = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(instant) ? null : instant;
}

/** Also inside of a STRUCT, an ARRAY or a MAP. */
function toJsonValue(found: unknown): unknown {
  if (found instanceof Date) return isoOf(found.getTime());
  if (found instanceof Uint8Array) return hexOf(found);
  if (Array.isArray(found)) return found.map(toJsonValue);
  if (found === null || typeof found !== 'object') return found;
  return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, toJsonValue(value)]));
}

/** Times travel as texts, whose spelling the engine casts and no session's zone changes. A text that is no JSON fails the statement: it is ours. */
function jsonRows(parameter: string, columns: readonly ParameterColumn[]): string {
  const fields = columns.map(({ name, kind }) => `${quote(name)}: ${kind === 'time' ? 'STRING' : TYPES[kind]}`).join(', ');
  const typed = columns.map(({ name, kind }) => (kind === 'time' ? `CAST(${quote(name)} AS TIMESTAMP) AS ${quote(name)}` : quote(name)));
  return `(SELECT ${typed.join(', ')} FROM (SELECT inline(from_json(:${parameter}, 'ARRAY<STRUCT<${fields}>>', map('mode', 'FAILFAST')))))`;
}

/** Of an ISO 8601 text; offsets without a colon, which Spark does not read, get one. */
function timeOfIso(column: string): string {
  const spelled = `regexp_replace(regexp_replace(${column}, '([+-][0-9]{2})([0-9]{2})$', '$1:$2'), '([0-9]{2}:[0-9]{2}[^+-]*[+-][0-9]{2})$', '$1:00')`;
  return `CASE WHEN ${column} RLIKE ${ISO_PATTERN} THEN ${toMilliseconds(`TRY_CAST(${spelled} AS TIMESTAMP)`)} END`;
}

function toMilliseconds(time: string): string {
  return `date_trunc('MILLISECOND', ${time})`;
}

/** What no time is later or earlier than, in seconds since 1970. */
const [YEAR_1, YEAR_9999] = [-62_135_596_800, 253_402_300_799];

const BLANK_CHARACTERS = `'[${BLANKS.map((code) => `\\\\x{${code.toString(16)}}`).join('')}]'`;

function wordAsRead(column: string): string {
  return `LOWER(regexp_replace(COALESCE(${column}, ''), concat('^', ${BLANK_CHARACTERS}, '+|', ${BLANK_CHARACTERS}, '+$'), ''))`;
}

/** The tables of one schema: statements name them by that, or leave it to the session, which begins there. */
export function databricksDialect(names: Place): Dialect {
  const namespace = namespaceOf(names);
  const place = namespace === null ? '' : `${namespace}.`;
  return {
    ...DELTA,
    namespace,
    createTable: (table) => createTable(table, place),
    addColumns: (table, columns) => addColumns(table, columns, place),
    extras: () => extras(place),
    listExtras: listExtras(place),
    deletable: (tables) => deletable(tables, place),
    grants: (wanted) => grants(wanted, names),
    accessProbes: (tables) => accessProbes(tables, place),
  };
}

type Placed = 'accessProbes' | 'namespace' | 'createTable' | 'addColumns' | 'extras' | 'listExtras' | 'deletable' | 'grants';

/** Delta tables in Databricks SQL. Columns hold their own types alone, so that what guards against others has nothing to do here. */
const DELTA: Omit<Dialect, Placed> = {
  name: 'databricks',
  // Delta keeps microseconds; a time that was read back has milliseconds, and has to be equal.
  now: toMilliseconds('current_timestamp()'),
  // Of a condition over many columns Spark derives one for each choice of those that have another name above it: with 20 signals it did not end.
  lists: {
    // A list has one type: without the cast one text among its columns fails the statement. typeof is decided when it is planned.
    number: (column) =>
      `CASE WHEN typeof(${column}) <> 'string' THEN TRY_CAST(${column} AS DOUBLE) WHEN ${column} IS NOT NULL THEN CAST('NaN' AS DOUBLE) END`,
    of: (numbers) => `array(${numbers.join(', ')})`,
    at: (list, place) => `${list}[${place}]`,
  },
  maxParameterBytes: 900_000,
  quote,
  encodeTime: isoOf,
  encodeBound: (instant) => isoOf(instant).replace('Z', '999Z'),
  toMilliseconds,
  decodeTime,
  toJsonValue,
  jsonRows,
  // Not as `once` does it: Spark 4.1 fails to optimize some such relations inside of others ('Invalid call to exprId on unresolved object').
  jsonTable: jsonRows,
  jsonObject: (entries) => `to_json(named_struct(${entries.map(([name, expression]) => `'${name}', ${expression}`).join(', ')}))`,
  jsonReal: (expression) => expression,
  jsonTextAt: (column, keys) => `get_json_object(${column}, '$.${keys.join('.')}')`,
  asRead: (column) => column,
  bytesNamed: (column) => column,
  wholeText: (column) => column,
  holdsBytes: () => 'false',
  exactKey: (column) => `hex(${column})`,
  ofExactKey: (parameter) => `decode(unhex(:${parameter}), 'UTF-8')`,
  wordAsRead,
  isReadableWord: (column) => `(instr(COALESCE(${column}, ''), char(0)) = 0 AND ${wordAsRead(column)} <> '')`,
  timeAsRead: (column) => column,
  jsonList: (parameter) => `(SELECT explode(from_json(:${parameter}, 'ARRAY<STRING>')) AS value)`,
  // Spark puts a common table expression in the place of each mention, and what it is made of with it: dozens of looks at the readings. One that it
  // takes for non-deterministic it does not; the condition is always true.
  once: (select) => `(SELECT * FROM ${select} WHERE rand() >= 0)`,
  hasIndexes: false,
  computedOnce: (select) => `(${select})`,
  plusSeconds: (time, seconds) => `timestampadd(MILLISECOND, CAST(ROUND((${seconds}) * 1000L) AS BIGINT), ${time})`,
  secondsBetween: (earlier, later) => `((unix_millis(${later}) - unix_millis(${earlier})) / 1000D)`,
  // LEAST leaves out what is NULL.
  smallerOf: (a, b) => `CASE WHEN ${a} <= ${b} THEN ${a} WHEN ${b} < ${a} THEN ${b} END`,
  notANumber: "CAST('NaN' AS DOUBLE)",
  // NaN is greater than every number, infinity included.
  isFiniteNumber: (expression) => `(${expression} BETWEEN -1.7976931348623157E308D AND 1.7976931348623157E308D)`,
  isWhole: () => 'true',
  seemsImpossible: (expression, lowest, highest) => `${expression} NOT BETWEEN ${lowest} AND ${highest}`,
  isPlainId: (expression) => `COALESCE(length(${expression}) BETWEEN 1 AND 100 AND NOT ${expression} RLIKE '[^A-Za-z0-9_-]', false)`,
  isReadableTime: (column) => `${column} IS NOT NULL`,
  unreadableTimes: (column) => `(${column} IS NULL)`,
  timeOfIso,
  hasOffset: (column) => `(substring(${column}, 17) RLIKE '[-+Zz]')`,
  timeOfEpoch: (seconds) =>
    `CASE WHEN ${seconds} BETWEEN ${YEAR_1} AND ${YEAR_9999} THEN timestamp_millis(CAST(ROUND((${seconds}) * 1000L) AS BIGINT)) END`,
  // Without NaN, which is later than every bound here and found by the open range. A condition on it is none that files are chosen by.
  unreadableNumbers: (column, earliest) => `(${column} IS NULL OR ${column} < ${earliest})`,
  qualityText: (column) => `LOWER(regexp_replace(CAST(${column} AS STRING), '\\\\.0$', ''))`,
  guardedWrite,
  joinedUpdate,
  joinedDelete,
  upsert,
  spell: (text) => text,
  repeatable,
  listViews: LIST_VIEWS,
  describeTable: 'DESCRIBE TABLE IDENTIFIER(:table)',
  columnsIn,
  kindOfType,
  types: TYPES,
  holds,
  keepsTypes: true,
};
