import type { Instant } from '../domain/instant.ts';
import type { ReadingsPlace } from '../config/settings.ts';
import type { Roles } from '../ports/schema-store.ts';
import type { Statement } from './connection.ts';
import type { Column, ColumnKind, ParameterColumn, Table } from './tables.ts';

/** A guarded write of many rows from one JSON parameter, in the words of the store. */
export interface GuardedWrite {
  readonly table: Table;
  readonly key: string;
  /** `from>to` pairs that the table of transitions has; null where people write any status, and the expected one is guard enough. */
  readonly transitions: readonly string[] | null;
  /** A column whose value may always be put back into `status`; null where there is none. */
  readonly restorable: string | null;
  /** Of the rows that are alike in `columns` at most one may have one of these statuses; null where any number may. */
  readonly onlyOneOpen: { readonly columns: readonly string[]; readonly statuses: readonly string[] } | null;
}

/** An index, a trigger, a rule or a property beside the tables. */
export interface Extra {
  readonly kind: string;
  readonly name: string;
  /** Makes it, where it is not there. Several that are made at once have the same. */
  readonly ddl: readonly string[];
  /** Whether it is made anew each time: an older one of its name is of another make. */
  readonly isRenewed: boolean;
  /** Whether a table that createTable makes has it already. */
  readonly comesWithTable: boolean;
}

/**
 * An update of the rows `t` that a relation `s` finds: at most one of its rows for each. The SELECT may look at anything, also at rows of the
 * table itself as they were a moment before; `where` and `set` are about `t` and `s` alone, and are judged as the row is when it is written.
 */
export interface JoinedUpdate {
  readonly table: Table;
  readonly source: string;
  /** Columns in which `t` and `s` are alike. */
  readonly on: readonly string[];
  /** Column → expression. */
  readonly set: Readonly<Record<string, string>>;
  readonly where: string;
}

/** A deletion of the rows whose keys a SELECT finds, under the key's own name. */
export interface JoinedDelete {
  readonly table: Table;
  readonly source: string;
}

/** Rows with all columns of the table, as a relation: inserted, or put in the place of the row `t` with the same key where `where` holds. */
export interface Upsert {
  readonly table: Table;
  readonly source: string;
  readonly where: string;
}

/** Many values of a row as one column. */
export interface ValueLists {
  /** A column as a list takes it: a number, NULL, or notANumber where it is of another type. */
  number(column: string): string;
  of(numbers: readonly string[]): string;
  at(list: string, place: string): string;
}

/** A question with the names that its answer finds. */
export interface NameListing {
  readonly sql: string;
  readonly names: (rows: readonly Readonly<Record<string, unknown>>[]) => readonly string[];
}

/** What takes the protection of tables away, and puts it back. */
export interface Lifting {
  readonly lift: readonly Statement[];
  readonly restore: readonly Statement[];
}

/** Who may do what with which tables. Those of the agent have the readings' one among them where that is its own. */
export interface Grants {
  readonly tables: readonly Table[];
  readonly readings: ReadingsPlace;
  readonly roles: Roles;
}

/** A statement that finds and changes no row, and that only who has the privilege may run. */
export interface AccessProbe {
  readonly what: string;
  readonly statement: Statement;
  /** The message of a failure that only who has the privilege is told; null where there is none. */
  readonly provesIt: RegExp | null;
}

/** A column of a table or view, as the engine describes it. */
export interface TableColumn {
  /** Lower case. */
  readonly name: string;
  /** As declared; empty where nothing is. */
  readonly type: string;
}

/** What a column's declared type says that it holds. `time`: where an engine keeps times as such, one of its own. */
export type DeclaredKind = 'text' | 'number' | 'time';

/**
 * What differs between engines, and nothing else: statements are written once, in terms of this. Expressions are
 * SQL text made of validated identifiers and literals of our own, never of data.
 */
export interface Dialect {
  readonly name: 'embedded' | 'databricks';
  /** The engine's clock with milliseconds, as an expression. */
  readonly now: string;
  /** Many values of a row as one column, and the one of them at a place that is counted from 0; null where the engine has no lists. */
  readonly lists: ValueLists | null;
  /** The largest JSON parameter that one statement takes, in bytes. */
  readonly maxParameterBytes: number;

  /** Quotes a dotted identifier. @throws AgentError usage when it is none. */
  quote(identifier: string): string;
  encodeTime(instant: Instant): string;
  /**
   * A moment as a bound of times in a column: behind everything that is read back as it, so that what lies in its millisecond is
   * on the same side of `>` and `<=` as it.
   */
  encodeBound(instant: Instant): string;
  /** Null for NULL. @throws AgentError bug for what no column of ours can hold */
  decodeTime(value: unknown): Instant | null;
  /** A result's value as JSON spells it: a time of the engine's own as ISO 8601 with milliseconds and Z. */
  toJsonValue(value: unknown): unknown;

  /** A relation with these columns from the JSON array in a named parameter; a missing key is NULL. */
  jsonRows(parameter: string, columns: readonly ParameterColumn[]): string;
  /** The same as the body of a common table expression that is mentioned often. */
  jsonTable(parameter: string, columns: readonly ParameterColumn[]): string;
  /** A JSON object as text, from names and expressions. A real number goes through jsonReal to come back as the same one. */
  jsonObject(entries: readonly (readonly [string, string])[]): string;
  /** A real column's value inside jsonObject, with all of its digits. */
  jsonReal(expression: string): string;
  /** The text under these keys of a column of JSON; NULL where there is none, or where the column holds no JSON. */
  jsonTextAt(column: string, keys: readonly string[]): string;
  /** A column as jsonObject reads it: bytes that somebody wrote where a text belongs are missing. */
  asRead(column: string): string;
  /** A text column, with bytes that somebody stored in it as a text that says so: it is none that the agent makes. */
  bytesNamed(column: string): string;
  /** A column of texts, with those as their bytes that a driver would not read to their end: it ends them at U+0000. */
  wholeText(column: string): string;
  /** A condition that finds, by an index on the column, rows in which somebody stored bytes where a text belongs. */
  holdsBytes(column: string): string;
  /**
   * An ASCII text that stands for exactly what a column of texts holds: where that is no text, or none that a program can hold, reading it
   * and asking for what was read finds another row.
   */
  exactKey(column: string): string;
  /** What that text in a named parameter stands for: it compares as the engine compares the column. */
  ofExactKey(parameter: string): string;
  /** A column of people's words as `wordOf` reads it: without blanks of any kind around it, in lower case; '' where there is none. */
  wordAsRead(column: string): string;
  /** Whether a column of people's words says any: bytes, blanks and a text with U+0000 in it do not. */
  isReadableWord(column: string): string;
  /** A column of times as decodeTime reads it, to compare with the engine's clock: NULL for what is no time. */
  timeAsRead(column: string): string;
  /** A column of times, none of which has more than milliseconds: what was read back once is equal to it the next time. */
  toMilliseconds(column: string): string;
  /** Scalars in a JSON array parameter as a one-column relation `value`. */
  jsonList(parameter: string): string;

  /** The body of a common table expression from a SELECT in parentheses, computed once where the engine would repeat it for each mention. */
  once(select: string): string;
  /** Whether an index leads to a few rows of a large table: then they are read again where they are wanted again, and nothing of it is kept. */
  readonly hasIndexes: boolean;
  /** A subquery whose expressions are computed once a row, however often the outer query names them. */
  computedOnce(select: string): string;
  plusSeconds(time: string, seconds: string): string;
  /** `later` − `earlier` in seconds, with fractions. */
  secondsBetween(earlier: string, later: string): string;
  smallerOf(a: string, b: string): string;
  /** A value that is not a number, as a historian leaves it in a column of numbers. */
  readonly notANumber: string;
  /** Whether the expression is a finite number (not text, not NULL, not NaN or infinite). */
  isFiniteNumber(expression: string): string;
  /** Whether a column of integers holds a whole number: where a column takes any value, others may stand in it. */
  isWhole(column: string): string;
  /**
   * A quick look for what may be no number between two others: true for whatever is outside, a text or NaN; NULL for NULL. What it finds
   * is judged again, so it may be true too often, and never too seldom.
   */
  seemsImpossible(value: string, lowest: string, highest: string): string;
  /** Whether the expression is an id that may become part of a tag path (EQUIPMENT_ID): never NULL, which no reading would be refused by. */
  isPlainId(expression: string): string;
  /** Whether the column, within a range of times, holds one in the engine's own spelling, so that comparing it means something. */
  isReadableTime(column: string): string;
  /** A condition that finds, by an index on the column, rows whose time no range finds; null where types rule them out. */
  unreadableTimes(column: string): string | null;
  /** A time of the engine's own from an ISO 8601 text, as UTC where the text names an offset, else as it stands; NULL for anything else. */
  timeOfIso(column: string): string;
  /** Whether an ISO 8601 text names its offset from UTC. */
  hasOffset(column: string): string;
  /** A time of the engine's own from seconds since 1970 with fractions; NULL where no calendar has it. */
  timeOfEpoch(seconds: string): string;
  /** As unreadableTimes, for a column of numbers of which `earliest` is the smallest that can be meant. */
  unreadableNumbers(column: string, earliest: number): string | null;
  /** A quality as text in lower case: 192 and 192.0 are both '192'. */
  qualityText(column: string): string;

  /**
   * Writes rows of the JSON parameter `:rows` as saveRecommendations says: a row carries `guard_status` (null: insert)
   * and `guard_claimed_by`, and only the columns it means to set. `leaseGuard` is a condition that must hold for all.
   */
  guardedWrite(write: GuardedWrite, leaseGuard: string): string;

  joinedUpdate(update: JoinedUpdate): string;
  joinedDelete(deletion: JoinedDelete): string;
  upsert(rows: Upsert): string;

  /** Rewrites one statement of the specification's spelling (intervals, DATEDIFF) into the engine's. */
  spell(text: string): string;
  /** The DDL of one table, repeatable. */
  createTable(table: Table): readonly string[];
  /** The catalog and schema that the tables are in, quoted; null where the engine has none, or its default is meant. */
  readonly namespace: string | null;
  /** A statement that makes an extra, as statements that may be run again where it is there. */
  repeatable(ddl: string): readonly string[];
  /** What stands beside the tables: indexes, triggers, rules. */
  extras(sourceTable: string | null): readonly Extra[];
  /**
   * The statements that let each role do its part and no more, as a text to read and run. Repeating them changes nothing.
   * @throws AgentError usage where the engine has no roles, or the names are none
   */
  grants(wanted: Grants): string;
  /** What shows whether whoever asks may do the agent's part with these tables; none where an engine has no privileges. */
  accessProbes(tables: readonly Table[]): readonly AccessProbe[];
  /** What has to stand around statements that delete rows of tables that are kept whole: nothing where the engine cannot forbid a DELETE. */
  deletable(tables: readonly Table[]): Lifting;
  /** Together they find the extras that are there. */
  readonly listExtras: readonly NameListing[];
  /** Adds columns that the table lacks; what gives them their defaults may be an extra. */
  addColumns(table: Table, columns: readonly Column[]): readonly string[];
  /** Finds the views that stand where the tables do. */
  readonly listViews: NameListing;
  /** Yields what `columnsIn` reads of a table's or view's columns. Its name is bound as `:table`. */
  readonly describeTable: string;
  columnsIn(rows: readonly Readonly<Record<string, unknown>>[]): readonly TableColumn[];
  /** What a column of a declared type holds; null where the type does not say, or allows several. */
  kindOfType(declared: string): DeclaredKind | null;
  /** What the columns of the agent's tables are declared as. */
  readonly types: Readonly<Record<ColumnKind, string>>;
  /** Whether a column of a declared type, which somebody else chose, keeps what a column of ours has to. */
  holds(declared: string, kind: ColumnKind): boolean;
  /** Whether a column holds values of its declared type alone, and times have a type of their own. */
  readonly keepsTypes: boolean;
}
