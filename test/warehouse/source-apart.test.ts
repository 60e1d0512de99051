import { expect, test } from '@jest/globals';
import { newWorkplace, type Workplace } from '../support/bundle.ts';
import { approval, reading, type Site, withBundle } from './bundle-at-warehouse.ts';
import { loginOf } from './environment.ts';

const TIMEOUT_MS = 600_000;
const APART = 'source_apart_plant';

/** A historian's own schema, of which the agent makes nothing: with one table, of readings. */
async function withPlant(site: Site, use: () => Promise<void>): Promise<void> {
  await site.control.sql(`CREATE SCHEMA ${APART}`);
  try {
    await site.sql(`CREATE TABLE ${APART}.sensor_data USING DELTA AS SELECT * FROM {}.sensor_data WHERE false`);
    await site.sql(reading('REACTOR_9', 92).replace('{}', APART));
    await use();
  } finally {
    await site.control.dropSchema(APART);
  }
}

const tablesOf = async (site: Site, schema: string) => (await site.control.sql(`SHOW TABLES IN ${schema}`)).map((row) => row['tableName']);

const recommendations = (place: Workplace) => place.json('recommendations', '--json');

withBundle('source_apart_test', (site) => {
  test(
    'readings in another schema are what a cycle sees, and of the agent nothing is in there',
    async () => {
      await withPlant(site(), async () => {
        const apart = newWorkplace({
          ...site().env,
          OPS_AGENT_SOURCE_CONNECTION_KIND: 'databricks',
          OPS_AGENT_SOURCE_CONNECTION_SCHEMA: APART,
        });
        try {
          // In the schema of the agent's own tables: nobody looks there.
          await site().sql(reading('REACTOR_1', 97));
          expect(await apart.run('config', 'check', '--connect')).toMatchObject({ code: 0 });
          expect(await apart.json('run-once', '--json')).toMatchObject({ outcome: 'completed', recommendations: { created: 1 } });
          expect(await recommendations(apart)).toMatchObject([{ equipment_id: 'REACTOR_9', status: 'pending' }]);
          await site().sql(approval());
          expect(await apart.json('run-once', '--json')).toMatchObject({ outcome: 'completed', commands: { executed: 2 } });
          expect(await tablesOf(site(), APART)).toEqual(['sensor_data']);
        } finally {
          apart.remove();
        }
      });
    },
    TIMEOUT_MS,
  );

  test(
    'the agent’s tables are in a file and the readings in a warehouse',
    async () => {
      await withPlant(site(), async () => {
        const place = newWorkplace({
          ...loginOf(site()),
          OPS_AGENT_STORE_KIND: 'embedded',
          OPS_AGENT_STORE_PATH: 'agent.db',
          OPS_AGENT_PLANT_KIND: 'simulator',
          OPS_AGENT_SOURCE_CONNECTION_KIND: 'databricks',
          OPS_AGENT_SOURCE_CONNECTION_CATALOG: 'spark_catalog',
          OPS_AGENT_SOURCE_CONNECTION_SCHEMA: APART,
          OPS_AGENT_SOURCE_CONNECTION_CA_FILE: site().caFile,
        });
        try {
          expect(await place.run('setup')).toMatchObject({ code: 0 });
          await site().control.clearLog();
          expect(await place.json('run-once', '--json')).toMatchObject({ outcome: 'completed', recommendations: { created: 1 } });
          expect(await recommendations(place)).toMatchObject([{ equipment_id: 'REACTOR_9', status: 'pending' }]);
          const sent = await site().sent();
          expect(sent).toHaveLength(1);
          expect(sent[0]?.sql).toContain('sensor_data');
          expect(await tablesOf(site(), APART)).toEqual(['sensor_data']);
        } finally {
          place.remove();
        }
      });
    },
    TIMEOUT_MS,
  );
});
