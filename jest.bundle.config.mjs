/** The suite of the Databricks bundle: the real CLI against a workspace of the project's own. */
import base from './jest.config.mjs';

export default {
  ...base,
  testMatch: ['<rootDir>/test/bundle/**/*.test.ts'],
  // A deployment starts the CLI some times, and the first run of a job installs what it declares.
  testTimeout: 300_000,
};
