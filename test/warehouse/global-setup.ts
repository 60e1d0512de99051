import { fetchedWarehouse, publish, type StartedWarehouse, startWarehouse } from './start-warehouse.ts';

declare global {
  // Jest hands nothing else from its set-up to its tear-down.
  var startedWarehouse: StartedWarehouse | undefined;
}

/** Starts the one warehouse of this run. Without what it needs the tests are skipped, and say so; under CI that is a failure. */
export default async function setUp(): Promise<void> {
  const fetched = fetchedWarehouse();
  if (fetched === null && process.env['CI'] === 'true') throw new Error('there is no test warehouse: npm run fetch:warehouse');
  if (fetched === null) return;
  const started = await startWarehouse(fetched);
  globalThis.startedWarehouse = started;
  publish(started);
}
