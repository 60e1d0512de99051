import { openSqlite, SQLITE_BUSY, type SqliteDatabase, sqliteResultCode } from '../../sqlite/sqlite-library.ts';
import type { HolderLock } from '../connection.ts';
import { translate } from './connection.ts';

/** Contenders that start at one moment can each keep the others from the last step; a real holder outlasts every attempt. */
const ATTEMPTS = 4;

async function tryToLock(path: string): Promise<SqliteDatabase | undefined> {
  const opened = await openSqlite(path, { busyTimeoutMs: 0 });
  try {
    opened.exec('BEGIN EXCLUSIVE');
    return opened;
  } catch (thrown) {
    opened.close();
    if (sqliteResultCode(thrown) === SQLITE_BUSY) return undefined;
    throw translate(thrown);
  }
}

/**
 * The cycle's lock: an exclusive transaction on a file of its own. The kernel frees it when the process dies, however
 * it dies, so that a killed holder never delays the next cycle, and holding it proves that no earlier holder lives.
 */
export function embeddedLock(path: string): HolderLock {
  let database: SqliteDatabase | undefined;
  return {
    acquire: async () => {
      for (let attempt = 1; !database && attempt <= ATTEMPTS; attempt += 1) {
        if (attempt > 1) await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20));
        database = await tryToLock(path);
      }
      return database !== undefined;
    },
    release: () => {
      const held = database;
      database = undefined;
      if (held) {
        held.exec('ROLLBACK');
        held.close();
      }
      return Promise.resolve();
    },
  };
}
