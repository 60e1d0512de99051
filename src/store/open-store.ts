import { realpath } from 'node:fs/promises';
import type { Settings } from '../config/settings.ts';
import { crashPointsIn } from '../domain/crash-point.ts';
import { assertNever } from '../domain/errors.ts';
import type { Source } from '../ports/source.ts';
import type { Store } from '../ports/store.ts';
import type { Connection } from './connection.ts';
import { crashingConnection } from './crashing-connection.ts';
import { openEmbedded } from './embedded/connection.ts';
import { embeddedDialect } from './embedded/dialect.ts';
import { embeddedLock } from './embedded/lock.ts';
import { retryingConnection } from './retrying-connection.ts';
import { Session } from './session.ts';
import { createSqlStore } from './sql-store.ts';
import { SqlSource } from './sql-source.ts';

export interface OpenOptions {
  /** Ends the waiting between retries. */
  readonly signal?: AbortSignal;
  /** Make what is missing: for `setup` alone. */
  readonly create?: boolean;
  /** Open whatever tables are there, to say what is wrong with them. */
  readonly anySchema?: boolean;
}

/**
 * Opens the store and the source that the settings name. Without `create` the tables have to be there and new enough.
 * @throws AgentError not_set_up, store_unavailable, usage
 */
export async function openStore(
  settings: Settings,
  options: OpenOptions = {},
): Promise<{ readonly store: Store; readonly source: Source }> {
  switch (settings.store.kind) {
    case 'embedded':
      return openEmbeddedStore(settings, options);
    default:
      return assertNever(settings.store.kind, 'store kind');
  }
}

async function openEmbeddedStore(settings: Settings, options: OpenOptions): Promise<{ readonly store: Store; readonly source: Source }> {
  const { path } = settings.store;
  const connection = decorated(await openEmbedded(path, options.create ?? false), settings, options.signal);
  const session = new Session(connection, embeddedDialect);
  // One connection serves both: a second one of this process would only wait for the first. Each counts its own statements.
  const source = new SqlSource(new Session(connection, embeddedDialect), settings.source);
  const store = createSqlStore({
    session,
    // Beside the file itself: through a link it would be another lock, and prove nothing.
    lock: embeddedLock(`${await realpath(path).catch(() => path)}.lock`),
    sourceTable: settings.source.table,
    description: `embedded (${path})`,
    keys: settings.signingKeys,
  });
  if (!options.create && !options.anySchema) await requireSchemaOrClose(store);
  return { store, source };
}

async function requireSchemaOrClose(store: Store): Promise<void> {
  try {
    await store.requireSchema();
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
}

function decorated(connection: Connection, settings: Settings, signal: AbortSignal | undefined): Connection {
  const crashing = crashPointsIn(process.env, 'statement').reduce(crashingConnection, connection);
  return retryingConnection(crashing, settings.retry, signal);
}
