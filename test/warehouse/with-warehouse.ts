import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { type DriverSession, openDriver } from './driver.ts';
import { onWarehouse } from './on-warehouse.ts';
import { type Warehouse, warehouse } from './start-warehouse.ts';

export interface Scene extends Warehouse {
  /** A session of the driver that every test of the file shares; its current schema is the file's own. */
  readonly driver: DriverSession;
  readonly schema: string;
}

/** Tests against the warehouse with a schema of their own; skipped, aloud, where it was not started. */
export function withWarehouse(schema: string, tests: (scene: () => Scene) => void): void {
  onWarehouse(`the test warehouse: ${schema}`, () => {
    let made: Scene | undefined;
    beforeAll(async () => {
      const at = warehouse();
      await at.control.sql(`CREATE SCHEMA ${schema}`);
      const driver = await openDriver(at, { session: { initialCatalog: 'spark_catalog', initialSchema: schema } });
      made = { ...at, driver, schema };
    });
    afterEach(() => made?.control.clearFaults());
    afterAll(async () => {
      await made?.driver.close();
      await made?.control.dropSchema(schema);
    });
    tests(() => {
      if (made === undefined) throw new Error('the scene is made before the first test');
      return made;
    });
  });
}
