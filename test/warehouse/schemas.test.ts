import { expect, test } from '@jest/globals';
import { withWarehouse } from './with-warehouse.ts';

withWarehouse('schemas_test', (scene) => {
  test('a copied schema has the tables and the rows, and goes its own way', async () => {
    const { control, driver } = scene();
    await driver.rows(
      `CREATE TABLE one (id STRING NOT NULL, status STRING DEFAULT 'pending') USING DELTA TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')`,
    );
    await driver.rows('CREATE TABLE two (n BIGINT) USING DELTA');
    await driver.rows("INSERT INTO one (id) VALUES ('a')");
    await control.copySchema('schemas_test', 'schemas_copy');
    await driver.rows("INSERT INTO schemas_copy.one (id) VALUES ('b')");
    await driver.rows('INSERT INTO schemas_copy.two VALUES (1)');
    expect(await driver.rows('SELECT * FROM schemas_copy.one ORDER BY id')).toEqual([
      { id: 'a', status: 'pending' },
      { id: 'b', status: 'pending' },
    ]);
    expect(await driver.rows('SELECT count(*) AS n FROM one')).toEqual([{ n: 1 }]);
    await expect(driver.rows('INSERT INTO schemas_copy.one (id) VALUES (NULL)')).rejects.toMatchObject({ response: { sqlState: '23502' } });
    await control.dropSchema('schemas_copy');
    await expect(driver.rows('SELECT * FROM schemas_copy.one')).rejects.toMatchObject({ response: { sqlState: '42P01' } });
  });

  test('a name that was dropped can be had again, and is empty of what was there', async () => {
    const { control, driver } = scene();
    for (const row of ['first', 'second']) {
      await control.sql('CREATE SCHEMA schemas_again');
      await driver.rows('CREATE TABLE schemas_again.t (id STRING) USING DELTA');
      await driver.rows(`INSERT INTO schemas_again.t VALUES ('${row}')`);
      expect(await driver.rows('SELECT * FROM schemas_again.t')).toEqual([{ id: row }]);
      await control.dropSchema('schemas_again');
    }
  });
});
