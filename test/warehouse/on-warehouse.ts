import { describe } from '@jest/globals';
import { isStarted } from './start-warehouse.ts';

/** Tests that need the warehouse; skipped, aloud, where it was not started. */
export function onWarehouse(name: string, tests: () => void): void {
  if (!isStarted()) process.stderr.write('test/warehouse skipped: start it with npm run test:warehouse\n');
  (isStarted() ? describe : describe.skip)(name, tests);
}
