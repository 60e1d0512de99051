import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { openDriver } from './driver.ts';
import { withWarehouse } from './with-warehouse.ts';

/** Some minutes of work, in many tasks: a running one ends only by itself. */
const LONG = 'SELECT count(*) AS n FROM range(0, 400000000000, 1, 20000) WHERE hash(id) % 7 = 3';
/** Of the warehouse's Spark, at most. */
const THREADS = 16;

withWarehouse('statements_test', (scene) => {
  const running = async () => (await scene().control.log()).filter(({ outcome }) => outcome === 'running').length;

  test('a cancelled statement ends in Spark as well', async () => {
    await scene().control.arm({ sql: 'range', fault: { kind: 'handle first' } });
    const operation = await scene().driver.session.executeStatement(LONG);
    await sleep(1000);
    expect(await running()).toBe(1);
    await operation.cancel();
    await expect(operation.finished()).rejects.toMatchObject({ name: 'Error', errorCode: 'CANCELED' });
    for (let look = 0; look < 100 && (await running()) > 0; look += 1) await sleep(100);
    expect((await scene().control.log()).at(-1)).toMatchObject({ sql: LONG, outcome: 'cancelled' });
    // And nothing else ends with it, whoever runs it next.
    for (let look = 0; look < THREADS; look += 1)
      expect(await scene().control.sql('SELECT count(*) AS n FROM range(0, 10)')).toEqual([{ n: 10 }]);
  });

  test('a statement that outlasts its own timeout is ended', async () => {
    await scene().control.arm({ sql: 'range', fault: { kind: 'handle first' } });
    await expect(scene().driver.rows(LONG, { queryTimeout: 1 })).rejects.toMatchObject({ errorCode: 'TIMEOUT' });
    for (let look = 0; look < 100 && (await running()) > 0; look += 1) await sleep(100);
    expect((await scene().control.log()).at(-1)).toMatchObject({ outcome: 'timed out' });
  });

  test('so is one that outlasts the timeout of its session', async () => {
    const driver = await openDriver(scene(), { session: { configuration: { STATEMENT_TIMEOUT: '1' } } });
    await scene().control.arm({ sql: 'range', fault: { kind: 'handle first' } });
    await expect(driver.rows(LONG)).rejects.toMatchObject({ errorCode: 'TIMEOUT' });
    for (let look = 0; look < 100 && (await running()) > 0; look += 1) await sleep(100);
    await driver.close();
  });

  test('what a session asks for counts, and what it leaves out is as nobody expects it', async () => {
    const sql = "SELECT current_timezone() AS zone, unix_seconds(TIMESTAMP '2026-03-01 00:00:00') AS seconds, CAST('x' AS INT) AS number";
    const MIDNIGHT_UTC = Date.UTC(2026, 2, 1) / 1000;
    const bare = await openDriver(scene(), { session: { configuration: {} } });
    expect(await bare.rows(sql)).toEqual([{ zone: 'Asia/Kolkata', seconds: MIDNIGHT_UTC - 5.5 * 3600, number: null }]);
    await bare.close();
    await expect(scene().driver.rows(sql)).rejects.toMatchObject({ response: { sqlState: '22018' } });
    expect(await scene().driver.rows(sql.replace("'x'", "'1'"))).toEqual([{ zone: 'UTC', seconds: MIDNIGHT_UTC, number: 1 }]);
  });

  test('four statements of different sessions run at once', async () => {
    const drivers = await Promise.all([1, 2, 3, 4].map(() => openDriver(scene())));
    await scene().control.clearLog();
    await Promise.all(
      drivers.map((driver) =>
        driver.rows(
          "SELECT java_method('java.util.concurrent.TimeUnit', 'valueOf', 'SECONDS'), reflect('java.lang.Thread', 'sleep', 1500L)",
        ),
      ),
    );
    const log = await scene().control.log();
    expect(log).toHaveLength(4);
    const latestStart = Math.max(...log.map(({ startedAt }) => startedAt));
    expect(log.every(({ endedAt }) => endedAt !== null && endedAt > latestStart)).toBe(true);
    await Promise.all(drivers.map((driver) => driver.close()));
  });

  test('the log holds what was sent, by whom, and what became of it', async () => {
    const token = 'dapi-for-the-log';
    await scene().control.addToken(token);
    const driver = await openDriver(scene(), {
      credentials: { token },
      session: { initialSchema: 'statements_test', configuration: { 'spark.sql.ansi.enabled': 'true' }, queryTags: { agent: 'a1' } },
    });
    await scene().control.clearLog();
    const at = new Date('2026-03-01T00:00:00.000Z');
    await driver.rows('SELECT :id AS id, :at AS at, :none AS none', {
      namedParameters: { id: 'x', at, none: null },
      queryTags: { run: 'r1' },
    });
    await expect(driver.rows('SELECT * FROM nothing')).rejects.toBeDefined();
    const log = await scene().control.log();
    expect(log).toMatchObject([
      {
        sql: 'SELECT :id AS id, :at AS at, :none AS none',
        parameters: [
          { name: 'id', type: 'STRING', value: 'x' },
          { name: 'at', type: 'TIMESTAMP', value: at.toISOString() },
          { name: 'none' },
        ],
        sessionConfiguration: { 'spark.sql.ansi.enabled': 'true', QUERY_TAGS: 'agent:a1' },
        confOverlay: { query_tags: 'run:r1' },
        userAgent: expect.stringContaining('ops-agent-tests'),
        token,
        outcome: 'finished',
      },
      { outcome: 'failed', sqlState: '42P01', message: expect.stringContaining('[TABLE_OR_VIEW_NOT_FOUND]') },
    ]);
    const [first, second] = log;
    expect(first?.session).toBe(second?.session);
    expect((first?.endedAt ?? 0) - (first?.startedAt ?? 0)).toBeGreaterThan(0);
    await driver.close();
  });

  test('a schema that is not there opens no session', async () => {
    const refused = openDriver(scene(), { session: { initialSchema: 'nowhere' } });
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining('[SCHEMA_NOT_FOUND]') });
  });
});
