import { expect, test } from '@jest/globals';
import { DBSQLParameter, DBSQLParameterType } from '@databricks/sql';
import { withWarehouse } from './with-warehouse.ts';

withWarehouse('values_test', (scene) => {
  test('a time comes as a Date, a BIGINT and a DOUBLE as numbers, a text as a string and nothing as null', async () => {
    const sql = `SELECT timestamp '2026-03-01T10:20:30.456Z' AS t, date '2026-03-01' AS day, 9007199254740991L AS big, 1.5D AS d,
      'text ä' AS s, true AS b, 7 AS i, CAST(NULL AS STRING) AS n, CAST(NULL AS TIMESTAMP) AS nt`;
    expect(await scene().driver.rows(sql)).toEqual([
      {
        t: new Date('2026-03-01T10:20:30.456Z'),
        day: new Date('2026-03-01T00:00:00.000Z'),
        big: 9007199254740991,
        d: 1.5,
        s: 'text ä',
        b: true,
        i: 7,
        n: null,
        nt: null,
      },
    ]);
  });

  test('a result without rows is an empty list', async () => {
    expect(await scene().driver.rows('SELECT 1 AS one WHERE false')).toEqual([]);
  });

  test('named parameters of each type are bound as their own type', async () => {
    const sql = `SELECT :text AS text, :small AS small, :big AS big, :half AS half, :whole AS whole, :yes AS yes, :at AS at, :none AS none,
      typeof(:text) AS text_is, typeof(:small) AS small_is, typeof(:big) AS big_is, typeof(:half) AS half_is, typeof(:whole) AS whole_is,
      typeof(:yes) AS yes_is, typeof(:at) AS at_is`;
    const namedParameters = {
      text: `it's "quoted" \\ :text`,
      small: -5,
      big: -12_345_678_901,
      half: 0.1,
      whole: new DBSQLParameter({ type: DBSQLParameterType.DOUBLE, value: 85 }),
      yes: true,
      at: new Date('2026-03-01T10:20:30.456Z'),
      none: null,
    };
    expect(await scene().driver.rows(sql, { namedParameters })).toEqual([
      {
        ...namedParameters,
        whole: 85,
        text_is: 'string',
        small_is: 'int',
        big_is: 'bigint',
        half_is: 'double',
        whole_is: 'double',
        yes_is: 'boolean',
        at_is: 'timestamp',
      },
    ]);
  });

  test('many rows travel in one JSON parameter', async () => {
    const rows = JSON.stringify(Array.from({ length: 3000 }, (_, n) => ({ id: `row-${n}`, n })));
    const sql = `SELECT count(*) AS count, sum(n) AS sum FROM (SELECT inline(from_json(:rows, 'ARRAY<STRUCT<id: STRING, n: BIGINT>>')))`;
    expect(await scene().driver.rows(sql, { namedParameters: { rows } })).toEqual([{ count: 3000, sum: 4498500 }]);
  });

  test('a result of several Arrow batches comes whole, with the first answer and with those after it', async () => {
    const sql = 'SELECT id FROM range(25000) ORDER BY id';
    const direct = await scene().driver.rows(sql);
    const fetched = await scene().driver.rows(sql, { maxRows: 4000 });
    expect([direct.length, direct[24_999], fetched.length, fetched[24_999]]).toEqual([25_000, { id: 24_999 }, 25_000, { id: 24_999 }]);
  });
});
