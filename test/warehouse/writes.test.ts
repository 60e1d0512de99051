import { beforeAll, expect, test } from '@jest/globals';
import { openDriver } from './driver.ts';
import { withWarehouse } from './with-warehouse.ts';

withWarehouse('writes_test', (scene) => {
  const rows = (sql: string) => scene().driver.rows(sql);

  beforeAll(async () => {
    await rows('CREATE TABLE commands (id STRING NOT NULL, status STRING, n BIGINT, at TIMESTAMP) USING DELTA');
  });

  test('an INSERT says how many rows it added, none included', async () => {
    const values = "INSERT INTO commands VALUES ('a', 'pending', 1, NULL), ('b', 'pending', 2, NULL)";
    expect(await rows(values)).toEqual([{ num_affected_rows: 2, num_inserted_rows: 2 }]);
    const absent = "/* guarded */ INSERT INTO commands SELECT 'a', 'x', 1, NULL WHERE NOT EXISTS (SELECT 1 FROM commands WHERE id = 'a')";
    expect(await rows(absent)).toEqual([{ num_affected_rows: 0, num_inserted_rows: 0 }]);
    expect(await rows("INSERT INTO IDENTIFIER('commands') (id) SELECT 'c'")).toEqual([{ num_affected_rows: 1, num_inserted_rows: 1 }]);
  });

  test('an UPDATE, a MERGE and a DELETE say how many rows they touched', async () => {
    expect(await rows("UPDATE commands SET n = 5 WHERE id IN ('a', 'b')")).toEqual([{ num_affected_rows: 2 }]);
    expect(await rows("UPDATE commands SET n = 5 WHERE id = 'nobody'")).toEqual([{ num_affected_rows: 0 }]);
    const merge = `MERGE INTO commands AS t USING (SELECT 'a' AS id UNION ALL SELECT 'new') AS s ON t.id = s.id
      WHEN MATCHED THEN UPDATE SET status = 'merged' WHEN NOT MATCHED THEN INSERT (id, status) VALUES (s.id, 'inserted')`;
    expect(await rows(merge)).toEqual([{ num_affected_rows: 2, num_updated_rows: 1, num_deleted_rows: 0, num_inserted_rows: 1 }]);
    expect(await rows("DELETE FROM commands WHERE id = 'new'")).toEqual([{ num_affected_rows: 1 }]);
  });

  test('an error carries its SQLSTATE and its class', async () => {
    const absent = scene().driver.rows('SELECT * FROM no_such_table');
    await expect(absent).rejects.toMatchObject({
      message: expect.stringContaining('[TABLE_OR_VIEW_NOT_FOUND]'),
      response: { sqlState: '42P01' },
    });
    const empty = scene().driver.rows('INSERT INTO commands (id) VALUES (NULL)');
    await expect(empty).rejects.toMatchObject({
      message: expect.stringContaining('[DELTA_NOT_NULL_CONSTRAINT_VIOLATED]'),
      response: { sqlState: '23502', errorMessage: expect.stringContaining('[DELTA_NOT_NULL_CONSTRAINT_VIOLATED]') },
    });
    await expect(scene().driver.rows('SELECT 1/0')).rejects.toMatchObject({ response: { sqlState: '22012' } });
    await expect(scene().driver.rows('SELEC 1')).rejects.toMatchObject({ response: { sqlState: '42601' } });
  });

  test('of two guarded writes of one row at once one wins, and the other is told of a conflict', async () => {
    const other = await openDriver(scene(), { session: { initialSchema: scene().schema } });
    try {
      const outcomes: unknown[] = [];
      for (let attempt = 0; attempt < 5 && !outcomes.some((said) => said !== 1 && said !== 0); attempt += 1) {
        await rows("UPDATE commands SET status = 'pending' WHERE id = 'a'");
        const claim = "UPDATE commands SET status = 'claimed' WHERE id = 'a' AND status = 'pending'";
        const both = await Promise.allSettled([rows(claim), other.rows(claim)]);
        outcomes.push(...both.map((one) => (one.status === 'fulfilled' ? one.value[0]?.['num_affected_rows'] : one.reason)));
      }
      expect(outcomes.at(-1) === 1 || outcomes.at(-2) === 1).toBe(true);
      const conflict = outcomes.find((said) => said instanceof Error);
      expect(conflict).toMatchObject({ message: expect.stringContaining('[DELTA_CONCURRENT_APPEND'), response: { sqlState: '2D521' } });
    } finally {
      await other.close();
    }
  });

  test('plain SQL by another connection is seen by the next statement', async () => {
    await scene().control.sql("UPDATE writes_test.commands SET status = 'approved' WHERE id = 'b'");
    expect(await rows("SELECT status FROM spark_catalog.writes_test.commands WHERE id = 'b'")).toEqual([{ status: 'approved' }]);
    expect(await scene().control.sql("SELECT id, n FROM writes_test.commands WHERE id = 'b'")).toEqual([{ id: 'b', n: 5 }]);
  });
});
