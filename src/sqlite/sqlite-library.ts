import { accessSync, constants, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { AgentError } from '../domain/errors.ts';

export type SqliteValue = null | number | bigint | string | Uint8Array;
export type SqliteRow = Record<string, SqliteValue>;
/** Positional values, or one object of named ones (`:name`, written without the colon) followed by positional ones. */
export type SqliteParameter = SqliteValue | Readonly<Record<string, SqliteValue>>;

export interface SqliteStatement {
  /** The result's columns; none for a statement that returns no rows. */
  columns(): readonly { readonly name: string }[];
  /** `changes` counts rows of this statement only; it is a number because nobody here asks for bigints. */
  run(...parameters: readonly SqliteParameter[]): { readonly changes: number };
  all(...parameters: readonly SqliteParameter[]): SqliteRow[];
  get(...parameters: readonly SqliteParameter[]): SqliteRow | undefined;
  /** As `all`, with every integer as a bigint. */
  allExact(...parameters: readonly SqliteParameter[]): SqliteRow[];
}

/** What the agent uses of a SQLite connection. Every call blocks; errors are the library's own (see `sqliteResultCode`). */
export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

export interface OpenOptions {
  readonly readOnly?: boolean;
  /** How long a statement waits for another connection's lock, milliseconds. */
  readonly busyTimeoutMs?: number;
}

/** SQLite's primary result codes that callers tell apart; https://www.sqlite.org/rescode.html */
export const SQLITE_BUSY = 5;
export const SQLITE_LOCKED = 6;
export const SQLITE_CONSTRAINT = 19;
const SQLITE_NOTADB = 26;

interface LibraryStatement extends Omit<SqliteStatement, 'allExact'> {
  setReadBigInts(isOn: boolean): void;
}

interface LibraryDatabase extends Omit<SqliteDatabase, 'prepare'> {
  prepare(sql: string): LibraryStatement;
}

interface SqliteLibrary {
  readonly DatabaseSync: new (file: string, options: { readOnly: boolean }) => LibraryDatabase;
}

/** The package's API copies Node's, so one interface fits both. */
type LibraryName = 'builtin' | 'package';

const FORCE_VARIABLE = 'OPS_AGENT_SQLITE';
const DEFAULT_BUSY_TIMEOUT_MS = 5000;
/** Older ones can lose commits in WAL mode when several connections checkpoint: https://www.sqlite.org/releaselog/3_51_3.html */
const FIRST_SOUND_VERSION = [3, 51, 3] as const;
/**
 * From here on a statement may unfold into a thousand queries at most ("VIEWs and/or subqueries nested too deep"). Detection over readings
 * whose times are ISO or in a zone unfolds into more, and would fail in every cycle.
 */
const FIRST_NARROW_VERSION = [3, 54, 0] as const;

let loading: Promise<SqliteLibrary> | undefined;

/**
 * A connection to the file, which is made when it is missing (not with `readOnly`). Sets the busy timeout and no
 * other pragma. The first call decides which library this process uses, because two on one file break its locks.
 * @throws AgentError store_unavailable when the file or its folder cannot be used, or no fit SQLite is here;
 * usage when OPS_AGENT_SQLITE is neither `builtin` nor `package`, or names one that is missing.
 */
export async function openSqlite(file: string, options: OpenOptions = {}): Promise<SqliteDatabase> {
  loading ??= loadLibrary(process.env[FORCE_VARIABLE]);
  const { DatabaseSync } = await loading;
  const readOnly = options.readOnly ?? false;
  assertUsable(file, readOnly);
  let database: LibraryDatabase | undefined;
  try {
    database = new DatabaseSync(file, { readOnly });
    assertIsDatabase(database);
    database.exec(`PRAGMA busy_timeout = ${Math.trunc(options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS)}`);
    return readingAnyNumber(releasingOnClose(database));
  } catch (thrown) {
    database?.close();
    throw cannotOpen(file, thrown);
  }
}

/** The primary result code of an error that SQLite threw; undefined for any other error. */
export function sqliteResultCode(thrown: unknown): number | undefined {
  // By its shape: an addon's errors are no instances of this context's Error where code runs in a context of its own, as in Jest.
  if (typeof thrown !== 'object' || thrown === null || !('errcode' in thrown) || typeof thrown.errcode !== 'number') return undefined;
  return thrown.errcode & 0xff;
}

async function loadLibrary(forced: string | undefined): Promise<SqliteLibrary> {
  switch (forced) {
    case undefined:
    case '':
      return (await fitBuiltin()) ?? (await load('package', 'store_unavailable'));
    case 'builtin':
    case 'package':
      return load(forced, 'usage');
    default:
      throw new AgentError('usage', `${FORCE_VARIABLE} is '${forced}'`, `set it to 'builtin' or 'package', or unset it`);
  }
}

async function fitBuiltin(): Promise<SqliteLibrary | undefined> {
  const library = await importBuiltin().catch(() => undefined);
  return library !== undefined && isFit(versionOf(library)) ? library : undefined;
}

async function load(name: LibraryName, code: 'usage' | 'store_unavailable'): Promise<SqliteLibrary> {
  try {
    return name === 'builtin' ? await importBuiltin() : asLibrary(await import('@photostructure/sqlite'));
  } catch (thrown) {
    const missing =
      name === 'builtin' ? `Node ${process.versions.node} has no built-in SQLite` : 'the package @photostructure/sqlite cannot be loaded';
    const remedy = 'install the package: npm install @photostructure/sqlite@1.2.1, or use a Node whose own SQLite is 3.51.3 to 3.53';
    throw new AgentError(code, missing, remedy, thrown);
  }
}

async function importBuiltin(): Promise<SqliteLibrary> {
  // Not a literal: the types of Node 20 do not know it, and the bundler must leave it alone.
  const name: string = 'node:sqlite';
  return withoutExperimentalWarning(async () => asLibrary(await import(name)));
}

/** Node 22 warns on the first import; on an operator's terminal that is noise about a choice that is ours. */
async function withoutExperimentalWarning<T>(work: () => Promise<T>): Promise<T> {
  // oxlint-disable-next-line typescript/unbound-method -- called with process as `this` below, and put back as it was
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).startsWith('SQLite is an experimental feature')) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return await work();
  } finally {
    process.emitWarning = emitWarning;
  }
}

function asLibrary(imported: unknown): SqliteLibrary {
  if (!isLibrary(imported)) throw new TypeError('the module exports no DatabaseSync');
  return imported;
}

function isLibrary(imported: unknown): imported is SqliteLibrary {
  return typeof imported === 'object' && imported !== null && 'DatabaseSync' in imported && typeof imported.DatabaseSync === 'function';
}

function versionOf(library: SqliteLibrary): string {
  const database = new library.DatabaseSync(':memory:', { readOnly: false });
  try {
    return String(database.prepare('SELECT sqlite_version() AS version').get()?.['version']);
  } finally {
    database.close();
  }
}

/** True for an SQLite version such as `3.53.0` that the agent works with: several connections may share its WAL file, and every statement fits. */
export function isFit(version: string): boolean {
  const parts = version.split('.').map(Number);
  return isFrom(parts, FIRST_SOUND_VERSION) && !isFrom(parts, FIRST_NARROW_VERSION);
}

function isFrom(version: readonly number[], first: readonly number[]): boolean {
  for (const [index, least] of first.entries()) {
    const part = version[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

/**
 * The package's close() leaves a connection alive, and its lock held, while a prepared statement waits for the garbage
 * collector (sqlite3_close_v2); the built-in library's does not. Ending the transaction first makes both the same.
 */
function releasingOnClose(database: LibraryDatabase): LibraryDatabase {
  return {
    exec: (sql) => database.exec(sql),
    prepare: (sql) => database.prepare(sql),
    close: () => {
      try {
        database.exec('ROLLBACK');
      } catch {
        // No transaction was open.
      }
      database.close();
    },
  };
}

/**
 * Both libraries refuse a whole result for one integer that no number holds exactly. Somebody wrote it, since the agent writes none: it is read
 * as the nearest number, so that a bad row harms only itself. Only what just reads is asked again.
 */
function readingAnyNumber(database: LibraryDatabase): SqliteDatabase {
  return {
    exec: (sql) => database.exec(sql),
    prepare: (sql) => {
      const statement = database.prepare(sql);
      const isReading = /^\s*(?:SELECT|WITH|PRAGMA|EXPLAIN)\b/i.test(sql);
      const all = (...parameters: readonly SqliteParameter[]): SqliteRow[] => {
        try {
          return statement.all(...parameters);
        } catch (thrown) {
          if (!isReading || !isTooLarge(thrown)) throw thrown;
          return withBigInts(statement, () => statement.all(...parameters)).map(inNumbers);
        }
      };
      return {
        columns: () => statement.columns(),
        run: (...parameters) => statement.run(...parameters),
        all,
        allExact: (...parameters) => withBigInts(statement, () => statement.all(...parameters)),
        get: (...parameters) => {
          try {
            return statement.get(...parameters);
          } catch (thrown) {
            if (!isReading || !isTooLarge(thrown)) throw thrown;
            return all(...parameters)[0];
          }
        },
      };
    },
    close: () => database.close(),
  };
}

function isTooLarge(thrown: unknown): boolean {
  return String(thrown).includes('too large to be represented as a JavaScript number');
}

function withBigInts<T>(statement: LibraryStatement, read: () => T): T {
  statement.setReadBigInts(true);
  try {
    return read();
  } finally {
    statement.setReadBigInts(false);
  }
}

function inNumbers(row: SqliteRow): SqliteRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]));
}

/** SQLite opens a file that it may not write without a word and fails at the first write, long after start-up. */
function assertUsable(file: string, readOnly: boolean): void {
  if (file === ':memory:') return;
  const folder = path.dirname(path.resolve(file));
  if (!existsSync(folder)) throw unavailable(file, `its folder ${folder} does not exist`, `create ${folder} or choose another path`);
  if (existsSync(file) && statSync(file).isDirectory()) throw unavailable(file, 'it is a folder', 'choose the path of a file');
  if (readOnly) return;
  const target = existsSync(file) ? file : folder;
  try {
    accessSync(target, constants.W_OK);
  } catch (thrown) {
    throw unavailable(file, `${target} is not writable`, `make ${target} writable or choose another path`, thrown);
  }
}

/** A file of another kind is noticed at the first statement only. Busy is a database for sure: somebody is using it. */
function assertIsDatabase(database: LibraryDatabase): void {
  try {
    database.exec('PRAGMA schema_version');
  } catch (thrown) {
    if (sqliteResultCode(thrown) !== SQLITE_BUSY) throw thrown;
  }
}

function cannotOpen(file: string, thrown: unknown): AgentError {
  if (sqliteResultCode(thrown) === SQLITE_NOTADB)
    return unavailable(file, 'it is not a SQLite database', 'choose another path or move the file away', thrown);
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return unavailable(file, why, 'check that the path is on a local disk and that its folder is writable', thrown);
}

function unavailable(file: string, why: string, remedy: string, cause?: unknown): AgentError {
  return new AgentError('store_unavailable', `cannot open the database ${file}: ${why}`, remedy, cause);
}
