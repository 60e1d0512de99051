import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { AgentError } from '../../domain/errors.ts';
import {
  openSqlite,
  SQLITE_BUSY,
  SQLITE_LOCKED,
  type SqliteDatabase,
  type SqliteStatement,
  sqliteResultCode,
} from '../../sqlite/sqlite-library.ts';
import type { Connection, Statement, StatementResult } from '../connection.ts';
import { exactInteger, requireOwnNames } from '../exact-values.ts';
import { RetryableError } from '../retryable.ts';
import { ALL_TABLES, SENSOR_DATA } from '../tables.ts';
import { constraintError } from './constraint-error.ts';

const BUSY_TIMEOUT_MS = 10_000;
/** First opens that race for the WAL switch get 'busy' at once, whatever the timeout. */
const WAL_ATTEMPTS = 50;

/**
 * The store's file. WAL lets readers and the one writer work side by side; FULL makes a claim survive a power cut.
 * @throws AgentError not_set_up when the file is missing and `create` is false; store_unavailable when it cannot be used
 */
export async function openEmbedded(path: string, create: boolean): Promise<Connection> {
  if (!create) requireStore(path);
  const database = await openSqlite(path, { busyTimeoutMs: BUSY_TIMEOUT_MS });
  await switchToWal(database);
  database.exec('PRAGMA synchronous = FULL');
  return connectionOf(database, () => closeTidily(database));
}

/**
 * The store's file for whoever only looks: nothing of it is written, and no file is left beside it. Of two ways to do that one leaves SQLite's own
 * files where there were none (a connection for reading only), and the other moves what waits in them into the store's file (any other one).
 * @throws AgentError as openEmbedded does
 */
export async function openToLook(path: string): Promise<Connection> {
  requireStore(path);
  return look(path, existsSync(`${realpathSync(path)}-wal`));
}

/** The same of readings, which may be in a file that cannot be written at all. @throws AgentError as openReadings does */
export async function openReadingsToLook(path: string): Promise<Connection> {
  requireReadings(path);
  return look(path, existsSync(`${realpathSync(path)}-wal`) || !isWritable(path));
}

async function look(path: string, readOnly: boolean): Promise<Connection> {
  const database = await openSqlite(path, { busyTimeoutMs: BUSY_TIMEOUT_MS, readOnly });
  database.exec('PRAGMA query_only = ON');
  return connectionOf(database, () => database.close());
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function requireStore(path: string): void {
  if (!existsSync(path)) throw new AgentError('not_set_up', `the store ${path} does not exist`, 'run: ops-agent setup');
}

/**
 * A file of somebody else's with readings: nothing of it is changed, not even how it keeps its journal.
 * @throws AgentError usage when the file is missing; store_unavailable when it cannot be used
 */
export async function openReadings(path: string): Promise<Connection> {
  requireReadings(path);
  const database = await openSqlite(path, { busyTimeoutMs: BUSY_TIMEOUT_MS, readOnly: true });
  return connectionOf(database, () => database.close());
}

function requireReadings(path: string): void {
  if (!existsSync(path))
    throw new AgentError('usage', `the file with the readings, ${path}, does not exist`, 'correct source.connection.path');
}

async function switchToWal(database: SqliteDatabase): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (thrown) {
      if (!isBusy(thrown) || attempt === WAL_ATTEMPTS) throw translate(thrown);
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 80));
    }
  }
}

function isBusy(thrown: unknown): boolean {
  const code = sqliteResultCode(thrown);
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
}

/** Whether a statement is about a table that the agent alone describes; that of the readings is described by the configuration. */
function isOfOwnTable(sql: string): boolean {
  const said = sql.toLowerCase();
  return ALL_TABLES.some(({ name }) => name !== SENSOR_DATA.name && said.includes(name));
}

/** Driver errors become ours here and nowhere else. `sql` is what was asked, where anything was. */
export function translate(thrown: unknown, sql = ''): Error {
  if (thrown instanceof AgentError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (isBusy(thrown)) return new RetryableError('the store is busy: another process is writing', thrown);
  if (/no such table: (main\.)?agent_/.test(message))
    return new AgentError('not_set_up', `the store lacks a table (${message})`, 'run: ops-agent setup', thrown);
  if (/no such table/.test(message))
    return new AgentError('usage', message, 'check the table name; source.table names the readings', thrown);
  if (/no such column|has no column named/.test(message)) {
    const remedy = isOfOwnTable(sql)
      ? 'check the column names, ops-agent setup --print-sql has those of the agent; where a table is behind, run: ops-agent setup'
      : 'check the column names: ops-agent config check --connect, or run: ops-agent setup';
    return new AgentError('usage', message, remedy, thrown);
  }
  if (/syntax error|incomplete input|unrecognized token|no such (function|trigger|index|view|savepoint)/.test(message))
    return new AgentError('usage', message, 'check the statement', thrown);
  const refused = constraintError(message, thrown);
  if (refused !== undefined) return refused;
  return new AgentError('store_unavailable', `the store failed: ${message}`, 'check the file, its disk and its permissions', thrown);
}

/** The driver blocks; its answers and its errors arrive as every other engine's do. */
function guarded<T>(work: () => T, sql = ''): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (thrown) {
    return Promise.reject(translate(thrown, sql));
  }
}

function connectionOf(database: SqliteDatabase, close: () => void): Connection {
  const prepared = new Map<string, SqliteStatement>();
  const prepare = (sql: string): SqliteStatement => {
    const known = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  const execute = (statement: Statement): StatementResult => {
    const compiled = prepare(statement.sql);
    const columns = compiled.columns().map((column) => column.name);
    // Before it is executed: it may write as well.
    requireOwnNames(columns);
    if (columns.length > 0) return { rows: rowsOf(compiled, statement), columns, changes: 0 };
    return { rows: [], columns: [], changes: compiled.run(statement.params).changes };
  };
  return {
    hasTransactions: true,
    execute: (statement) => guarded(() => execute(statement), statement.sql),
    executeAll: (statements) => guarded(() => inTransaction(database, () => statements.map((statement) => execute(statement).changes))),
    close: () => guarded(close),
  };
}

function rowsOf(compiled: SqliteStatement, { params, isExact }: Statement): StatementResult['rows'] {
  if (isExact !== true) return compiled.all(params);
  return compiled
    .allExact(params)
    .map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? exactInteger(value) : value])),
    );
}

/** IMMEDIATE: a transaction that reads before it writes would fail at once when another one writes in between. */
function inTransaction<T>(database: SqliteDatabase, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (thrown) {
    database.exec('ROLLBACK');
    throw thrown;
  }
}

/** Leaves one file behind where nobody else has it open; a busy checkpoint is the next closer's business. */
function closeTidily(database: SqliteDatabase): void {
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (thrown) {
    if (!isBusy(thrown)) throw thrown;
  } finally {
    database.close();
  }
}
