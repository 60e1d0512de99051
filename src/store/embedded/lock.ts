import { openSqlite, SQLITE_BUSY, type SqliteDatabase, sqliteResultCode } from '../../sqlite/sqlite-library.ts';
import type { HolderLock } from '../connection.ts';
import { translate } from './connection.ts';

/**
 * The cycle's lock: an exclusive transaction on a file of its own. The kernel frees it when the process dies, however
 * it dies, so that a killed holder never delays the next cycle, and holding it proves that no earlier holder lives.
 */
export function embeddedLock(path: string): HolderLock {
  let database: SqliteDatabase | undefined;
  return {
    acquire: async () => {
      if (database) return true;
      const opened = await openSqlite(path, { busyTimeoutMs: 0 });
      try {
        opened.exec('BEGIN EXCLUSIVE');
        database = opened;
        return true;
      } catch (thrown) {
        opened.close();
        if (sqliteResultCode(thrown) === SQLITE_BUSY) return false;
        throw translate(thrown);
      }
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
