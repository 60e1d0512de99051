import { afterEach, expect, test } from '@jest/globals';
import { openSqlite, type SqliteDatabase } from '../../src/sqlite/sqlite-library.ts';

let database: SqliteDatabase | undefined;
afterEach(() => database?.close());

const LARGE = '4611686018427387905';

test('an integer that no number holds exactly is read as the nearest one, and the rows beside it as they are', async () => {
  database = await openSqlite(':memory:');
  database.exec(`CREATE TABLE t (a, b); INSERT INTO t VALUES (7, 'x'), (${LARGE}, 'y')`);
  const all = database.prepare('SELECT a, b FROM t ORDER BY b');
  const rows = [
    { a: 7, b: 'x' },
    { a: Number(LARGE), b: 'y' },
  ];
  expect(all.all()).toEqual(rows);
  expect(all.all()).toEqual(rows);
  expect(database.prepare('SELECT a FROM t WHERE b = :b').get({ b: 'y' })).toEqual({ a: Number(LARGE) });
  expect(database.prepare('SELECT a FROM t WHERE b = :b').get({ b: 'none' })).toBeUndefined();
});

test('what writes is not sent twice because of what it answers', async () => {
  database = await openSqlite(':memory:');
  database.exec('CREATE TABLE t (a)');
  const insert = database.prepare(`INSERT INTO t VALUES (${LARGE}) RETURNING a`);
  expect(() => insert.all()).toThrow('too large');
  expect(Number(database.prepare('SELECT COUNT(*) AS n FROM t').get()?.['n'])).toBeLessThan(2);
});
