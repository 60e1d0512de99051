/**
 * Suites are folders, chosen by path: `npx jest test/unit`.
 * unit, contract, property, cli and crash need only Node (cli and crash also the bundle); integration needs more.
 */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.cache/'],
  transform: { '\\.[cm]?[jt]s$': '<rootDir>/scripts/jest-esbuild.mjs' },
  // Installed packages pass through the transform too: it changes only those that are ES modules.
  transformIgnorePatterns: [],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  injectGlobals: false,
  maxWorkers: 2,
  testSequencer: '<rootDir>/scripts/jest-longest-first.mjs',
  // A machine that is busy with something else is not a failed test.
  testTimeout: 60_000,
};
