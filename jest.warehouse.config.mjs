/** The suite against the test warehouse: one Spark for all files, which therefore run one after the other. */
import base from './jest.config.mjs';

export default {
  ...base,
  testMatch: ['<rootDir>/test/warehouse/**/*.test.ts'],
  globalSetup: '<rootDir>/test/warehouse/global-setup.ts',
  globalTeardown: '<rootDir>/test/warehouse/global-teardown.ts',
  maxWorkers: 1,
  // The first statement of a kind takes Spark seconds.
  testTimeout: 120_000,
};
