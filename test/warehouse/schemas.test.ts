import { expect, test } from '@jest/globals';
import { newWorkplace } from '../support/bundle.ts';
import { environmentOf } from './environment.ts';
import { withWarehouse } from './with-warehouse.ts';

const of = (key: string, value: string) => ['--set', `${key}=${value}`] as const;

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

  test('that of the agent which nobody has made is not set up (8); one that the source names is a mistake of the configuration (2)', async () => {
    const place = newWorkplace(environmentOf(scene(), 'never_made'));
    const own = {
      stderr:
        "ops-agent: the store's schema `spark_catalog`.`never_made` does not exist. Run: ops-agent setup, or correct store.catalog and store.schema\n",
      code: 8,
    };
    try {
      for (const args of [
        ['setup', '--check'],
        ['health'],
        ['status'],
        ['run-once', '--log-level', 'error'],
        ['config', 'check', '--connect'],
      ])
        expect(await place.run(...args)).toMatchObject(own);
      expect(await place.run('health', ...of('store.catalog', 'no_catalog'))).toMatchObject({
        stderr: expect.stringContaining("the store's schema `no_catalog`.`never_made` does not exist. Run: ops-agent setup"),
        code: 8,
      });
      await place.run('setup');
      expect(await place.run('health')).toMatchObject({ stdout: expect.stringContaining('no cycle has run yet'), code: 8 });
      const elsewhere = [...of('source.connection.kind', 'databricks'), ...of('source.connection.schema', 'no_history')];
      expect(await place.run('config', 'check', '--connect', ...elsewhere)).toMatchObject({
        stderr: expect.stringMatching(/no_history.*source\.table and source\.connection/s),
        code: 2,
      });
    } finally {
      place.remove();
      await scene().control.dropSchema('never_made');
    }
  }, 300_000);
});
