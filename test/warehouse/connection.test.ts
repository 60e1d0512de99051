import { describe, expect, test } from '@jest/globals';
import { read, write } from '../../src/store/connection.ts';
import { RetryableError } from '../../src/store/retryable.ts';
import type { Fault } from './faults.ts';
import { failureOf, Lines, ONE, retrying, withConnection } from './with-connection.ts';

withConnection('connection_test', (scene) => {
  describe('a statement', () => {
    test('has its rows, its columns, also without rows, and the count of what it changed', async () => {
      const connection = scene().open();
      expect(await connection.execute(read("SELECT 1 AS one, 'a' AS two"))).toEqual({
        rows: [{ one: 1, two: 'a' }],
        columns: ['one', 'two'],
        changes: 0,
      });
      expect(await connection.execute(read('SELECT 1 AS one WHERE false'))).toEqual({ rows: [], columns: ['one'], changes: 0 });
      await connection.execute(write('CREATE TABLE counted (id STRING, n BIGINT) USING delta'));
      expect(await connection.execute(write("INSERT INTO counted VALUES ('a', 1), ('b', 2)"))).toEqual({
        rows: [],
        columns: [],
        changes: 2,
      });
      const changes = [write('UPDATE counted SET n = :n WHERE id = :id', { n: 3, id: 'a' }), write("DELETE FROM counted WHERE id = 'z'")];
      expect(await connection.executeAll(changes)).toEqual([1, 0]);
      const { rows } = await connection.execute(read("SELECT n, timestamp '2026-03-01T10:20:30.456Z' AS t FROM counted WHERE id = 'a'"));
      expect(rows).toEqual([{ n: 3, t: new Date('2026-03-01T10:20:30.456Z') }]);
    });

    test('binds every value as its type', async () => {
      const sql = 'SELECT typeof(:text) AS a, typeof(:small) AS b, typeof(:big) AS c, typeof(:half) AS d, :none IS NULL AS e';
      const { rows } = await scene()
        .open()
        .execute(read(sql, { text: 'x', small: 1, big: 3e9, half: 0.5, none: null }));
      expect(rows).toEqual([{ a: 'string', b: 'int', c: 'bigint', d: 'double', e: true }]);
    });

    const NUMBERS = `SELECT 9007199254740993L AS big, 7L AS small, CAST('12345678901234567890.123456789' AS DECIMAL(38, 9)) AS exact,
      CAST(85.50 AS DECIMAL(38, 9)) AS plain, CAST(NULL AS DECIMAL(38, 9)) AS none, X'00ff' AS bytes,
      named_struct('n', 9007199254740993L, 'x', 1L, 'd', 0.1BD) AS nested, array(1L, NULL) AS list`;

    test('computes with numbers, as near as they are, whatever a column holds', async () => {
      const { rows } = await scene().open().execute(read(NUMBERS));
      expect(rows).toEqual([
        {
          big: 9007199254740992,
          small: 7,
          exact: Number('12345678901234567890.123456789'),
          plain: 85.5,
          none: null,
          bytes: Buffer.from([0, 255]),
          nested: { n: 9007199254740992, x: 1, d: '0.1' },
          list: [1, null],
        },
      ]);
    });

    test('has all digits where that is asked for', async () => {
      const { rows } = await scene()
        .open()
        .execute({ ...read(NUMBERS), isExact: true });
      expect(rows).toMatchObject([
        {
          big: '9007199254740993',
          small: 7,
          exact: '12345678901234567890.123456789',
          plain: 85.5,
          none: null,
          nested: { n: '9007199254740993', x: 1, d: '0.1' },
          list: [1, null],
        },
      ]);
    });

    test.each(['SELECT', 'WITH one AS (SELECT 1) SELECT'])(
      'with a type that cannot be read says so, and not that a warehouse failed: %s',
      async (begin) => {
        const statement = write(`${begin} INTERVAL '1' DAY AS span`);
        const error = await failureOf(
          scene()
            .open()
            .execute({ ...statement, isOnce: true }),
        );
        expect(error).toMatchObject({ code: 'usage', remedy: 'cast it to STRING' });
        expect(error.message).toMatch(/^a column of the result has a type that cannot be read \(/);
        const { rows } = await scene()
          .open()
          .execute(read(`${begin} CAST(INTERVAL '1' DAY AS STRING) AS span`));
        expect(rows).toEqual([{ span: "INTERVAL '1' DAY" }]);
      },
    );

    test('that is no SQL has what the engine says of it', async () => {
      const error = await failureOf(scene().open().execute(read('selec')));
      expect(error.message).toMatch(/^\[PARSE_SYNTAX_ERROR\] Syntax error at or near 'selec'.* SQLSTATE: 42601 \(line 1, pos 0\)$/);
    });

    test('says who asks, for whom, and for how long the server may work on it', async () => {
      await scene().control.clearLog();
      await scene().open({ statementTimeoutSeconds: 42.5 }).execute(ONE);
      const [logged] = await scene().control.log();
      expect(logged?.userAgent).toMatch(/^NodejsDatabricksSqlConnector\/2\.1\.0 \(ops-agent\/\d+\.\d+\.\d+; /);
      expect(logged?.sessionConfiguration).toMatchObject({
        QUERY_TAGS: 'application:ops-agent,agent:agent-1',
        STATEMENT_TIMEOUT: '43',
        TIMEZONE: 'UTC',
        ANSI_MODE: 'true',
      });
    });

    test('means what it means in UTC and in ANSI mode, whatever the workspace begins its sessions with', async () => {
      const connection = scene().open();
      const { rows } = await connection.execute(read("SELECT current_timezone() AS zone, TIMESTAMP '2026-03-01 00:00:00' AS midnight"));
      expect(rows).toEqual([{ zone: 'UTC', midnight: new Date('2026-03-01T00:00:00Z') }]);
      expect(await failureOf(connection.execute(read("SELECT CAST('x' AS INT)")))).toMatchObject({ code: 'usage' });
    });

    test('says which run sends it, each its own in one session', async () => {
      await scene().control.clearLog();
      const runs = [null, 'run-1', 'run-2'.padEnd(200, '0')];
      const connection = scene().open({ runId: () => runs.shift() ?? null });
      for (let n = 0; n < 3; n += 1) await connection.execute(ONE);
      const log = await scene().control.log();
      expect(new Set(log.map(({ session }) => session)).size).toBe(1);
      const own = 'application:ops-agent,agent:agent-1';
      expect(log.map(({ confOverlay }) => confOverlay['query_tags'])).toEqual([
        own,
        `${own},run:run-1`,
        `${own},run:${'run-2'.padEnd(128, '0')}`,
      ]);
    });

    test('that is wrong says so, and the session goes on', async () => {
      const connection = scene().open();
      await scene().control.clearLog();
      expect(await failureOf(connection.execute(read('SELECT * FROM agent_health')))).toMatchObject({
        code: 'not_set_up',
        remedy: 'run: ops-agent setup',
      });
      expect(await failureOf(connection.execute(read('SELECT * FROM theirs')))).toMatchObject({ code: 'usage' });
      expect(await failureOf(connection.execute(read('SELEC 1')))).toMatchObject({ code: 'usage', remedy: 'check the statement' });
      await connection.execute(ONE);
      expect(new Set((await scene().control.log()).map(({ session }) => session)).size).toBe(1);
    });

    test('in a schema that is not there names the keys', async () => {
      const error = await failureOf(scene().open({ schema: 'not_there' }).execute(ONE));
      expect(error).toMatchObject({ code: 'usage' });
      expect(error.remedy).toMatch(/store.catalog and store.schema/);
    });
  });

  describe('a session', () => {
    test('that has expired is opened anew, at once', async () => {
      const log = new Lines();
      const connection = scene().open({ log });
      await connection.execute(ONE);
      await scene().control.expireSessions();
      await connection.execute(ONE);
      expect(log.infos).toEqual([]);
    });

    test.each(['session', 503] as const)('of a warehouse that wakes (%s) is tried until it serves, and said once', async (says) => {
      const { control } = scene();
      const log = new Lines();
      const connection = scene().open({ log });
      await connection.execute(ONE);
      await control.stopWarehouse({ tries: 3, says });
      await connection.execute(ONE);
      expect(await control.triedWhileStopped()).toBe(3);
      expect(log.infos).toEqual(['The warehouse is starting: waiting up to 60 s for it']);
    });

    test('of a warehouse that does not wake in time fails for good', async () => {
      const { control } = scene();
      await control.stopWarehouse({ tries: 1000, says: 503 });
      const error = await failureOf(retrying(scene().open({ wakeSeconds: 1 })).execute(ONE));
      expect(error).toMatchObject({ code: 'store_unavailable' });
      expect(error).not.toBeInstanceOf(RetryableError);
      expect(error.message).toMatch(/did not start within 1 s .*503/);
      await control.stopWarehouse({ tries: 1000, says: 503 });
      const signal = AbortSignal.timeout(200);
      const start = performance.now();
      await failureOf(scene().open({ signal }).execute(ONE));
      expect(performance.now() - start).toBeLessThan(1800);
      await control.stopWarehouse({ tries: 1, says: 503 });
      await scene().open().execute(ONE);
    });
  });

  describe('a write', () => {
    const FAULTS: readonly (readonly [string, Fault])[] = [
      ['429 before', { kind: 'before', answer: { kind: 'status', status: 429, retryAfterSeconds: 1 } }],
      ['503 before', { kind: 'before', answer: { kind: 'status', status: 503 } }],
      ['503 after', { kind: 'after', answer: { kind: 'status', status: 503 } }],
      ['500 after', { kind: 'after', answer: { kind: 'status', status: 500 } }],
      ['a dropped socket before', { kind: 'before', answer: { kind: 'drop' } }],
      ['a dropped socket after', { kind: 'after', answer: { kind: 'drop' } }],
      ['an answer cut off after', { kind: 'after', answer: { kind: 'cut', framing: 'chunked' } }],
      ['a session that expires', { kind: 'expired session' }],
    ];

    test.each([
      ['503 before', 0],
      ['503 after', 1],
      ['a dropped socket after', 1],
    ] as const)('that must not be repeated is not, with %s: it is said that nobody knows', async (what, rows) => {
      const { control } = scene();
      const connection = retrying(scene().open());
      await connection.execute(write('CREATE OR REPLACE TABLE never_twice (id STRING) USING delta'));
      await control.arm({
        sql: 'INSERT INTO never_twice',
        fault: FAULTS.find(([name]) => name === what)?.[1] ?? { kind: 'expired session' },
      });
      const error = await failureOf(connection.execute({ ...write(`INSERT INTO never_twice VALUES ('a')`), isOnce: true }));
      expect(error).not.toBeInstanceOf(RetryableError);
      expect(error).toMatchObject({
        code: 'store_unavailable',
        message: expect.stringMatching(/^it is not known whether the statement was executed \(/),
        remedy: 'look at what it was to change before you give it again',
      });
      await control.clearFaults();
      expect((await connection.execute(read('SELECT COUNT(*) AS n FROM never_twice'))).rows).toEqual([{ n: rows }]);
    });

    test.each(FAULTS)('with %s its effect is there once', async (_what, fault) => {
      const { control } = scene();
      const connection = retrying(scene().open());
      await connection.execute(write('CREATE TABLE IF NOT EXISTS once (id STRING) USING delta'));
      await connection.execute(write('DELETE FROM once'));
      const armed = await control.arm({ sql: 'INSERT INTO once', fault });
      await connection.execute(write('INSERT INTO once SELECT :id WHERE NOT EXISTS (SELECT 1 FROM once WHERE id = :id)', { id: 'a' }));
      expect(await control.met(armed)).toBe(1);
      expect((await connection.execute(read('SELECT id FROM once'))).rows).toEqual([{ id: 'a' }]);
    });

    test.each([
      ['503 after', true],
      ['503 before', true],
      ['429 before', false],
    ] as const)('that loses against another writer after %s: an earlier try may have done it: %s', async (what, isRepeat) => {
      const { control } = scene();
      const fault = FAULTS.find(([name]) => name === what)?.[1] ?? { kind: 'expired session' };
      await control.clearLog();
      await control.arm({ sql: 'SELECT 1 AS one', fault });
      await control.arm({ sql: 'SELECT 1 AS one', nth: 2, fault: { kind: 'beaten' } });
      const result = await retrying(scene().open()).execute(ONE);
      expect(result.isRepeat ?? false).toBe(isRepeat);
      expect(await control.log()).toHaveLength(3);
    });

    test('of which half an answer comes and then nothing is given up at its deadline', async () => {
      await scene().control.arm({ sql: 'cut_test', fault: { kind: 'after', answer: { kind: 'cut', framing: 'length' } } });
      const error = await failureOf(scene().open({ statementTimeoutSeconds: 3 }).execute(read('SELECT 1 AS cut_test')));
      expect(error).toBeInstanceOf(RetryableError);
    });

    test('that loses against another writer is tried again', async () => {
      const connections = [retrying(scene().open()), retrying(scene().open())];
      await connections[0]?.execute(write('CREATE TABLE raced (id STRING, n BIGINT) USING delta'));
      await connections[0]?.execute(write("INSERT INTO raced VALUES ('a', 0)"));
      await Promise.all(connections.map((connection) => connection.execute(write("UPDATE raced SET n = n + 1 WHERE id = 'a'"))));
      expect((await connections[0]?.execute(read('SELECT n FROM raced')))?.rows).toEqual([{ n: 2 }]);
    });
  });

  describe('a statement that takes too long', () => {
    const LONG = read('SELECT count(*) AS n FROM range(0, 400000000000, 1, 20000) WHERE hash(id) % 7 = 3');

    /** What became of it. Spark ends a statement some time after it was asked to. */
    async function outcome(): Promise<string | undefined> {
      for (let tries = 0; ; tries += 1) {
        const logged = (await scene().control.log()).find(({ sql }) => sql === LONG.sql);
        if (logged?.outcome !== 'running' || tries === 100) return logged?.outcome;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }

    test('is cancelled on the server at its deadline', async () => {
      const { control } = scene();
      await control.clearLog();
      await control.arm({ sql: 'range', fault: { kind: 'handle first' } });
      // The server's own limit is the same, and would end it as well.
      await control.arm({ sql: 'range', fault: { kind: 'no time limit' } });
      const error = await failureOf(scene().open({ statementTimeoutSeconds: 3 }).execute(LONG));
      expect(error).toBeInstanceOf(RetryableError);
      expect(error.message).toMatch(/no answer within 3 s/);
      expect(await outcome()).toBe('cancelled');
    });

    test('is cancelled by close', async () => {
      const { control } = scene();
      await control.clearLog();
      await control.arm({ sql: 'range', fault: { kind: 'handle first' } });
      const connection = scene().open();
      const failed = failureOf(connection.execute(LONG));
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await connection.close();
      expect(await failed).toMatchObject({ code: 'interrupted' });
      expect(await outcome()).toBe('cancelled');
    });
  });
});
