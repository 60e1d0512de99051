import { realpath } from 'node:fs/promises';
import type { Settings, WarehouseDatabase } from '../config/settings.ts';
import { crashPointsIn } from '../domain/crash-point.ts';
import type { Log } from '../ports/log.ts';
import type { Outbox } from '../ports/outbox.ts';
import type { AccessCheck } from '../ports/schema-store.ts';
import type { Source } from '../ports/source.ts';
import type { Store } from '../ports/store.ts';
import type { Connection, HolderLock } from './connection.ts';
import { crashingConnection } from './crashing-connection.ts';
import { openWarehouse } from './databricks/connection.ts';
import { databricksDialect } from './databricks/dialect.ts';
import { makeSchema } from './databricks/make-schema.ts';
import { ofOwnPlace } from './databricks/own-place.ts';
import type { Dialect } from './dialect.ts';
import { openEmbedded, openReadings, openReadingsToLook, openToLook } from './embedded/connection.ts';
import { embeddedDialect } from './embedded/dialect.ts';
import { fileAccess } from './embedded/file-access.ts';
import { embeddedLock } from './embedded/lock.ts';
import { retryingConnection } from './retrying-connection.ts';
import { Session } from './session.ts';
import { createSqlStore } from './sql-store.ts';
import { SqlOutbox } from './sql-outbox.ts';
import { SqlSource } from './sql-source.ts';

export interface OpenOptions {
  /** Ends the waiting between retries. */
  readonly signal?: AbortSignal | undefined;
  /** Where a warehouse that starts is told of, and what its driver says. */
  readonly log?: Log | undefined;
  /** The run that works now, which a warehouse's query history shows; null where there is none. */
  readonly runId?: (() => string | null) | undefined;
  /** Make what is missing: for `setup` alone. */
  readonly create?: boolean;
  /** Open whatever tables are there, to say what is wrong with them. */
  readonly anySchema?: boolean;
}

/** A database with what it takes to ask it. */
interface Engine {
  readonly connection: Connection;
  readonly dialect: Dialect;
  readonly lock: HolderLock | null;
  readonly description: string;
  readonly makePlace?: () => Promise<void>;
  readonly lookAtFiles?: () => readonly AccessCheck[];
}

/**
 * Opens the store and the source that the settings name. Without `create` the tables have to be there and new enough.
 * @throws AgentError not_set_up, store_unavailable, usage
 */
export async function openStore(
  settings: Settings,
  options: OpenOptions = {},
): Promise<{ readonly store: Store; readonly source: Source; readonly outbox: Outbox }> {
  const own = await openOwn(settings, options, (path) => openEmbedded(path, options.create ?? false));
  const store = storeOver(own, settings);
  try {
    const source = (await openElsewhere(settings, options, openReadings)) ?? sourceOver(own, settings);
    if (!options.create && !options.anySchema) await store.requireSchema();
    return { store, source, outbox: outboxOver(own) };
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
}

/** Store and source, each opened by itself when it is asked for. */
export interface Apart {
  /** @throws AgentError as openStore, but for tables that are not as they should be */
  store(): Promise<Store>;
  /** Of the store's own database where the readings are in that. @throws AgentError */
  source(): Promise<Source>;
  /** Of the store's own database. @throws AgentError */
  outbox(): Promise<Outbox>;
  close(): Promise<void>;
}

/** For whoever looks at what is wrong: one says nothing about the other where they are two databases, and no file is changed. */
export function openApart(settings: Settings, options: OpenOptions = {}): Apart {
  const closing: (() => Promise<void>)[] = [];
  const kept = async <T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> => {
    const opened = await opening;
    closing.push(() => opened.close());
    return opened;
  };
  let own: Promise<Engine> | undefined;
  const ownEngine = () => (own ??= openOwn(settings, options, openToLook));
  return {
    store: () => kept(ownEngine().then((engine) => storeOver(engine, settings))),
    outbox: () => ownEngine().then(outboxOver),
    source: () =>
      kept(openElsewhere(settings, options, openReadingsToLook).then(async (source) => source ?? sourceOver(await ownEngine(), settings))),
    close: async () => {
      for (const close of closing.toReversed()) await close();
    },
  };
}

function storeOver(own: Engine, settings: Settings): Store {
  return createSqlStore({
    session: new Session(own.connection, own.dialect),
    lock: own.lock,
    // Readings that are elsewhere are none of the store's tables, whatever theirs is called.
    sourceTable: settings.sourceDatabase === null ? settings.source.table : null,
    description: own.description,
    keys: settings.signingKeys,
    ...(own.makePlace && { makePlace: own.makePlace }),
    ...(own.lookAtFiles && { lookAtFiles: own.lookAtFiles }),
  });
}

/** Its statements are none of a cycle's. */
function outboxOver(own: Engine): Outbox {
  return new SqlOutbox(new Session(own.connection, own.dialect));
}

async function openOwn(settings: Settings, options: OpenOptions, openFile: (path: string) => Promise<Connection>): Promise<Engine> {
  const { store } = settings;
  if (store.kind === 'databricks') {
    const engine = openWarehouseEngine(store, settings, options);
    return { ...engine, connection: ofOwnPlace(engine.connection, store) };
  }
  const { path } = store;
  return {
    connection: decorated(await openFile(path), settings, options.signal),
    dialect: embeddedDialect,
    // Beside the file itself: through a link it would be another lock, and prove nothing.
    lock: embeddedLock(`${await realpath(path).catch(() => path)}.lock`),
    description: `embedded (${path})`,
    lookAtFiles: () => fileAccess(path),
  };
}

/** Of one database one connection serves both: a second one would only wait for the first, or be a session more. Each counts its own statements. */
function sourceOver(own: Engine, { source }: Settings): Source {
  return new SqlSource(new Session(own.connection, own.dialect), source);
}

/** Null where the readings are in the store. */
async function openElsewhere(
  settings: Settings,
  options: OpenOptions,
  openFile: (path: string) => Promise<Connection>,
): Promise<Source | null> {
  const { sourceDatabase, source } = settings;
  if (sourceDatabase === null) return null;
  const engine =
    sourceDatabase.kind === 'databricks'
      ? openWarehouseEngine(sourceDatabase, settings, options)
      : {
          connection: retryingConnection(await openFile(sourceDatabase.path), settings.retry, options.signal),
          dialect: embeddedDialect,
        };
  const session = new Session(engine.connection, engine.dialect);
  return new SqlSource(session, source, () => session.close());
}

function openWarehouseEngine(database: WarehouseDatabase, settings: Settings, { signal, log, runId }: OpenOptions): Engine {
  const tags = { application: 'ops-agent', agent: settings.agentId };
  const names = [database.catalog, database.schema].filter((name) => name !== null).join('.');
  return {
    connection: decorated(openWarehouse(database, { signal, log, tags, runId }), settings, signal),
    dialect: databricksDialect(database),
    makePlace: () => makeSchema(database, { signal, log, tags }),
    // Elsewhere than in one file nobody can prove that an earlier holder is dead: the row's lease alone decides.
    lock: null,
    description: `databricks (${database.host}${names === '' ? '' : `, ${names}`})`,
  };
}

function decorated(connection: Connection, settings: Settings, signal: AbortSignal | undefined): Connection {
  const crashing = crashPointsIn(process.env, 'statement').reduce(crashingConnection, connection);
  return retryingConnection(crashing, settings.retry, signal);
}
