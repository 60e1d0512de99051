import { expect, test } from '@jest/globals';
import { MOST_PARAMETERS, MOST_STATEMENT_BYTES, MOST_VALUE_BYTES } from './limits.ts';
import { withWarehouse } from './with-warehouse.ts';

const parametersOf = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, n] as const));
const sumOf = (count: number) =>
  `SELECT ${Object.keys(parametersOf(count))
    .map((name) => `:${name}`)
    .join(' + ')} AS sum`;

withWarehouse('limits_test', (scene) => {
  test('a statement with as many parameters as one may have is taken, and one with another is refused by its number', async () => {
    const { driver } = scene();
    expect(await driver.rows(sumOf(MOST_PARAMETERS), { namedParameters: parametersOf(MOST_PARAMETERS) })).toEqual([{ sum: 32_640 }]);
    const one = MOST_PARAMETERS + 1;
    const refused = driver.rows(sumOf(one), { namedParameters: parametersOf(one) });
    await expect(refused).rejects.toMatchObject({ statusCode: 400 });
    expect((await scene().control.log()).at(-1)).toMatchObject({
      outcome: 'refused',
      message: 'BAD_REQUEST: Parameterized query has too many parameters: 257 parameters were given but the limit is 256.',
    });
  });

  test('so is one whose values, or whose text, are too large', async () => {
    const { driver, control } = scene();
    const sql = 'SELECT length(:text) AS length';
    const text = 'x'.repeat(MOST_VALUE_BYTES - 2);
    expect(await driver.rows(sql, { namedParameters: { text: `${text}é` } })).toEqual([{ length: MOST_VALUE_BYTES - 1 }]);
    await expect(driver.rows(sql, { namedParameters: { text: `${text}éx` } })).rejects.toMatchObject({ statusCode: 400 });
    expect((await control.log()).at(-1)?.message).toMatch(/too large parameters: 1048577 bytes/);
    const long = `SELECT 1 --${'x'.repeat(MOST_STATEMENT_BYTES)}`;
    await expect(driver.rows(long)).rejects.toMatchObject({ statusCode: 400 });
    await control.clearLog();
  });
});
