import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadSettings } from '../../src/config/load.ts';
import type { Settings, SourceSettings, StoreSettings } from '../../src/config/settings.ts';
import type { Instant } from '../../src/domain/instant.ts';
import type { Outbox } from '../../src/ports/outbox.ts';
import type { Source } from '../../src/ports/source.ts';
import type { Lease } from '../../src/ports/lease.ts';
import type { Store } from '../../src/ports/store.ts';
import { read, type Connection, type HolderLock, type SqlValue, type Statement, write } from '../../src/store/connection.ts';
import type { Dialect } from '../../src/store/dialect.ts';
import { openEmbedded } from '../../src/store/embedded/connection.ts';
import { embeddedDialect } from '../../src/store/embedded/dialect.ts';
import { fileAccess } from '../../src/store/embedded/file-access.ts';
import { embeddedLock } from '../../src/store/embedded/lock.ts';
import { RetryableError } from '../../src/store/retryable.ts';
import { retryingConnection } from '../../src/store/retrying-connection.ts';
import { Session } from '../../src/store/session.ts';
import { createSqlStore } from '../../src/store/sql-store.ts';
import { SqlOutbox } from '../../src/store/sql-outbox.ts';
import { SqlSource } from '../../src/store/sql-source.ts';

export const AGENT = 'agent-under-test';

/** One empty database that a contract works in. */
export interface TestDatabase {
  /** A connection of its own, as every process has one. */
  connect(): Promise<Connection>;
  /** A new contender for the holder's lock; null where the engine has none. */
  newLock(): HolderLock | null;
  /** What another process needs to open the same database. */
  readonly settings: StoreSettings;
  /** Whether the tables of AGENT are there from the start, where making them costs more than a copy. */
  readonly isMigrated?: boolean;
  remove(): Promise<void>;
}

/** A store that the contract suite runs against: another one adds its connection and its dialect here. */
export interface StoreUnderTest {
  readonly name: string;
  readonly dialect: Dialect;
  /** True where a column takes values of another type than its own, so that garbage can be stored at all. */
  readonly takesAnyValue: boolean;
  /** A CREATE TABLE that is written in the specification's words, as the engine takes it. */
  spell(ddl: string): string;
  /** What a plant's database administrator does who drops a column. */
  dropColumn(table: string, column: string): readonly string[];
  /** What an attacker with the database's own tools does first: from then on rows of the audit can be changed, and stand twice at one place. */
  unprotectAudit(outside: Outside): Promise<void>;
  /** How many times as long as on a quick engine a few statements take: what a test allows for them. */
  readonly slowness: number;
  /** How many writers at once a test has time for. */
  readonly manyWriters: number;
  /** Of so many runs of a property, those that a test has time for. */
  runs(asked: number): number;
  /** The time that a test of many statements may take. */
  readonly longMs: number;
  /** What processes that the suite starts need in their environment. */
  readonly environment: Readonly<Record<string, string>>;
  newDatabase(options?: { readonly isEmpty: boolean }): Promise<TestDatabase>;
}

/** @param library which SQLite the whole process uses: it is chosen once, by the first connection */
export function embeddedStore(library: 'package' | 'builtin'): StoreUnderTest {
  const environment = { OPS_AGENT_SQLITE: library };
  Object.assign(process.env, environment);
  return {
    name: `embedded (${library})`,
    dialect: embeddedDialect,
    takesAnyValue: true,
    spell: (ddl) => ddl,
    dropColumn: (table, column) => [`ALTER TABLE ${table} DROP COLUMN ${column}`],
    unprotectAudit: async (outside) => {
      const triggers = await outside.rows(
        `SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'agent_events' AND name NOT LIKE '%times%'`,
      );
      for (const { name } of triggers) await outside.run(`DROP TRIGGER ${String(name)}`);
      await outside.run('DROP INDEX IF EXISTS agent_events_chain');
    },
    slowness: 1,
    manyWriters: 12,
    runs: (asked) => asked,
    longMs: 60_000,
    environment,
    newDatabase: () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-contract-'));
      const file = path.join(folder, 'store.db');
      return Promise.resolve({
        connect: () => openEmbedded(file, true),
        newLock: () => embeddedLock(`${file}.lock`),
        settings: { kind: 'embedded', path: file, leaseSeconds: 120 },
        remove: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
      });
    },
  };
}

/** The specification's rules and source, and everything else at its default. */
export const SETTINGS: Settings = loadSettings({ env: {}, cwd: tmpdir() });

type SqlRow = Readonly<Record<string, unknown>>;

/** What an HMI, a colleague or an attacker sees and does: plain SQL over a connection of its own. */
export interface Outside {
  readonly connection: Connection;
  rows(sql: string, params?: Readonly<Record<string, SqlValue>>): Promise<readonly SqlRow[]>;
  /** @returns rows written */
  run(sql: string, params?: Readonly<Record<string, SqlValue>>): Promise<number>;
  /** All in one transaction. */
  insert(table: string, rows: readonly Readonly<Record<string, SqlValue>>[]): Promise<void>;
}

type Insertable = Readonly<Record<string, SqlValue>>;

const MOST_ROWS_AT_ONCE = 500;

/** In their order, in parts of rows that have the same columns. */
function alike(rows: readonly Insertable[]): readonly (readonly Insertable[])[] {
  const parts: Insertable[][] = [];
  const columnsOf = (row: Insertable) => Object.keys(row).join();
  for (const row of rows) {
    const last = parts.at(-1);
    if (last?.[0] && last.length < MOST_ROWS_AT_ONCE && columnsOf(last[0]) === columnsOf(row)) last.push(row);
    else parts.push([row]);
  }
  return parts;
}

function insertOf(table: string, rows: readonly Insertable[], dialect: Dialect): Statement {
  const names = Object.keys(rows[0] ?? {});
  const values = rows.map((_row, index) => `(${names.map((name) => `:${name}_${index}`).join(', ')})`);
  const params = rows.flatMap((row, index) => names.map((name) => [`${name}_${index}`, row[name] ?? null] as const));
  const columns = names.map((name) => dialect.quote(name)).join(', ');
  return write(`INSERT INTO ${table} (${columns}) VALUES ${values.join(', ')}`, Object.fromEntries(params));
}

function outsideOf(connection: Connection, under: StoreUnderTest): Outside {
  const { dialect } = under;
  return {
    connection,
    rows: async (sql, params) => (await connection.execute(read(sql, params))).rows,
    run: async (sql, params) => (await connection.execute(write(sql.startsWith('CREATE TABLE') ? under.spell(sql) : sql, params))).changes,
    insert: async (table, rows) => {
      await connection.executeAll(alike(rows).map((part) => insertOf(dialect.quote(table), part, dialect)));
    },
  };
}

export interface OpenOptions {
  readonly source?: Partial<SourceSettings>;
  /** False: as a store without a holder's lock, where only the lease in the row decides. */
  readonly lock?: boolean;
  /** Sees every statement before it is sent, and may do something first. */
  readonly watch?: (statement: Statement) => unknown;
  /** Of which statements the answer to the first try is lost, though it was done. */
  readonly loses?: (sql: string) => boolean;
}

export interface Opened {
  readonly store: Store;
  readonly source: Source;
  readonly outbox: Outbox;
  close(): Promise<void>;
}

/** A database with one store and source open on it, and somebody from outside. */
export interface AtHand extends Opened {
  readonly database: TestDatabase;
  readonly outside: Outside;
  /** The same database over another connection; `close` closes it too. */
  another(options?: OpenOptions): Promise<Opened>;
  /** A moment in the engine's spelling, for plain SQL. */
  time(instant: Instant): string;
}

function watched(inner: Connection, watch: (statement: Statement) => unknown): Connection {
  return {
    hasTransactions: inner.hasTransactions,
    execute: async (statement) => {
      await watch(statement);
      return inner.execute(statement);
    },
    executeAll: async (statements) => {
      for (const statement of statements) await watch(statement);
      return inner.executeAll(statements);
    },
    close: () => inner.close(),
  };
}

/** Of a transaction the answer is lost with that of one of its statements. */
function losing(inner: Connection, loses: (sql: string) => boolean): Connection {
  const lost = new Set<string>();
  const answering = <T>(statements: readonly Statement[], answer: T): T => {
    const ours = statements.map(({ sql }) => sql).filter((sql) => loses(sql) && !lost.has(sql));
    for (const sql of ours) lost.add(sql);
    if (ours.length > 0) throw new RetryableError('the answer was lost');
    return answer;
  };
  return {
    hasTransactions: inner.hasTransactions,
    execute: async (statement) => answering([statement], await inner.execute(statement)),
    executeAll: async (statements) => answering(statements, await inner.executeAll(statements)),
    close: () => inner.close(),
  };
}

async function open(database: TestDatabase, dialect: Dialect, options: OpenOptions): Promise<Opened> {
  const connected = await database.connect();
  const retrying = retryingConnection(options.loses ? losing(connected, options.loses) : connected, { attempts: 3, baseSeconds: 0.02 });
  const connection = options.watch ? watched(retrying, options.watch) : retrying;
  const sourceSettings = { ...SETTINGS.source, ...options.source };
  const file = database.settings.kind === 'embedded' ? database.settings.path : null;
  const store = createSqlStore({
    session: new Session(connection, dialect),
    lock: options.lock === false ? null : database.newLock(),
    sourceTable: sourceSettings.table,
    description: 'under test',
    ...(file !== null && { lookAtFiles: () => fileAccess(file) }),
  });
  const source = new SqlSource(new Session(connection, dialect), sourceSettings);
  return { store, source, outbox: new SqlOutbox(new Session(connection, dialect)), close: () => store.close() };
}

/** A new database. `migrate: false` leaves it empty. */
export async function atHand(under: StoreUnderTest, options: OpenOptions & { readonly migrate?: boolean } = {}): Promise<AtHand> {
  const database = await under.newDatabase({ isEmpty: options.migrate === false });
  const opened = [await open(database, under.dialect, options)];
  const [first] = opened;
  if (!first) throw new Error('nothing was opened');
  if (options.migrate !== false && !database.isMigrated) await first.store.migrate(AGENT);
  const outside = outsideOf(await database.connect(), under);
  return {
    ...first,
    database,
    outside,
    another: async (others = options) => {
      const next = await open(database, under.dialect, others);
      opened.push(next);
      return next;
    },
    time: (instant) => under.dialect.encodeTime(instant),
    close: async () => {
      for (const each of opened) await each.close();
      await outside.connection.close();
      await database.remove();
    },
  };
}

/** Takes the lease as a cycle does: who has it is read back. */
export async function leaseOf(store: Store, runId = 'run-1', leaseSeconds = 120): Promise<Lease> {
  await store.takeLease({ agentId: AGENT, runId, leaseSeconds });
  const { health } = await store.readOpenWork(AGENT);
  const row = health.find((candidate) => candidate.agentId === AGENT);
  if (row?.leaseOwner !== runId) throw new Error(`${row?.leaseOwner ?? 'nobody'} holds the lease`);
  return { agentId: AGENT, runId, epoch: row.leaseEpoch };
}
