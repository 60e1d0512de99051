import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { openDriver } from './driver.ts';
import type { BadAnswer } from './faults.ts';
import { withWarehouse } from './with-warehouse.ts';

const UNAVAILABLE: BadAnswer = { kind: 'status', status: 503 };

withWarehouse('faults_test', (scene) => {
  const rows = (sql: string) => scene().driver.rows(sql);
  const count = async () => (await rows('SELECT count(*) AS n FROM faults_test.notes'))[0]?.['n'];
  const insert = "INSERT INTO notes VALUES ('x')";

  beforeAll(async () => {
    await rows('CREATE TABLE notes (id STRING) USING DELTA');
  });
  beforeEach(async () => {
    await scene().control.sql('DELETE FROM faults_test.notes');
    await scene().control.clearLog();
  });

  test.each<[string, BadAnswer, object]>([
    ['503', UNAVAILABLE, { statusCode: 503 }],
    ['a dropped socket', { kind: 'drop' }, { message: expect.stringMatching(/socket hang up|ECONNRESET/) }],
  ])('%s before the statement: Spark never saw it', async (_, answer, error) => {
    const fault = await scene().control.arm({ sql: '^insert', fault: { kind: 'before', answer } });
    await expect(rows(insert)).rejects.toMatchObject(error);
    expect([await count(), await scene().control.met(fault)]).toEqual([0, 1]);
    expect((await scene().control.log()).map(({ outcome }) => outcome)).toEqual(['refused', 'finished']);
  });

  test.each<[string, BadAnswer, object]>([
    ['503', UNAVAILABLE, { statusCode: 503 }],
    ['a dropped socket', { kind: 'drop' }, { message: expect.stringMatching(/socket hang up|ECONNRESET/) }],
    [
      'a chunked answer that breaks off',
      { kind: 'cut', framing: 'chunked' },
      { message: expect.stringMatching(/Premature close|aborted/) },
    ],
  ])('%s after the statement: Spark has executed it', async (_, answer, error) => {
    await scene().control.arm({ sql: '^insert', fault: { kind: 'after', answer } });
    await expect(rows(insert)).rejects.toMatchObject(error);
    expect(await count()).toBe(1);
    expect((await scene().control.log())[0]).toMatchObject({ sql: insert, outcome: 'finished' });
  });

  test('an answer of announced length that breaks off holds the driver until its socket timeout', async () => {
    const driver = await openDriver(scene(), { session: { initialSchema: 'faults_test' }, socketTimeoutMs: 4000 });
    await scene().control.arm({ sql: '^insert', fault: { kind: 'after', answer: { kind: 'cut', framing: 'length' } } });
    const began = Date.now();
    await expect(driver.rows(insert)).rejects.toBeDefined();
    expect(Date.now() - began).toBeGreaterThan(3500);
    expect(await count()).toBe(1);
    await driver.close();
  });

  test('429 comes with the time to wait, and the driver does not wait', async () => {
    const fault = await scene().control.arm({
      sql: '^insert',
      times: 2,
      fault: { kind: 'before', answer: { kind: 'status', status: 429, retryAfterSeconds: 7 } },
    });
    const refused = await rows(insert).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ statusCode: 429 });
    const { headers } = (refused as { response: { headers: Headers } }).response; // the driver's THTTPException
    expect(headers.get('retry-after')).toBe('7');
    await expect(rows(insert)).rejects.toMatchObject({ statusCode: 429 });
    expect(await rows(insert)).toEqual([{ num_affected_rows: 1, num_inserted_rows: 1 }]);
    expect(await scene().control.met(fault)).toBe(2);
  });

  test('a fault meets the n-th of the statements that match, and no other', async () => {
    const fault = await scene().control.arm({ sql: 'as b$', nth: 2, fault: { kind: 'before', answer: UNAVAILABLE } });
    const outcomes = [];
    for (const sql of ['SELECT 1 AS b', 'SELECT 1 AS c', 'SELECT 2 AS b', 'SELECT 3 AS b'])
      outcomes.push(
        await rows(sql).then(
          () => 'done',
          () => 'refused',
        ),
      );
    expect(outcomes).toEqual(['done', 'done', 'refused', 'done']);
    expect(await scene().control.met(fault)).toBe(1);
  });

  test('a delay comes before the statement', async () => {
    await scene().control.arm({ sql: '^select', fault: { kind: 'delay', ms: 1500 } });
    const began = Date.now();
    await rows('SELECT 1');
    expect(Date.now() - began).toBeGreaterThanOrEqual(1490);
  });

  test('an expired session fails with what is no Error, and so does all that follows in it', async () => {
    const driver = await openDriver(scene());
    await scene().control.arm({ sql: 'as expiring', fault: { kind: 'expired session' } });
    const first = await driver.rows('SELECT 1 AS expiring').catch((thrown: unknown) => thrown);
    expect(first instanceof Error).toBe(false);
    expect(first).toMatchObject({ message: expect.stringMatching(/^Invalid SessionHandle: SessionHandle \[[0-9a-f-]{36}\]$/), code: -1 });
    await expect(driver.rows('SELECT 1')).rejects.toMatchObject({ message: expect.stringContaining('Invalid SessionHandle') });
    expect(await rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await driver.close();
  });
});
