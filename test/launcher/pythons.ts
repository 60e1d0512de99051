import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe } from '@jest/globals';

const ROOT = path.resolve(__dirname, '../..');
const READY_FILE = path.join(ROOT, '.cache/launcher/ready.json');

export const LAUNCHER = path.join(ROOT, 'jobs/run_ops_agent.py');

export interface PythonEnvironment {
  /** `3.11`. */
  readonly version: string;
  /** Its interpreter. */
  readonly python: string;
}

function fetched(): readonly PythonEnvironment[] {
  if (!existsSync(READY_FILE)) return [];
  const { pythons } = JSON.parse(readFileSync(READY_FILE, 'utf8')) as { pythons: readonly PythonEnvironment[] }; // fetch-launcher.mjs wrote it
  return pythons.filter(({ python }) => existsSync(python));
}

export const PYTHONS = fetched();

/** One suite for each Python; skipped, aloud, where there is none. Under CI that is a failure. */
export function describeEachPython(name: string, suite: (environment: PythonEnvironment) => void, pythons = PYTHONS): void {
  const isHere = pythons.length > 0;
  if (!isHere && process.env['CI'] === 'true') throw new Error('there is no Python for the launcher: npm run fetch:launcher');
  if (!isHere) process.stderr.write(`${name}: skipped, there is no Python for the launcher: npm run fetch:launcher\n`);
  for (const environment of isHere ? pythons : [{ version: 'there is none', python: '' }])
    (isHere ? describe : describe.skip)(`${name} (Python: ${environment.version})`, () => {
      suite(environment);
    });
}

/** The suite for one of them, where each would take too long. */
export function describeNewestPython(name: string, suite: (environment: PythonEnvironment) => void): void {
  describeEachPython(name, suite, PYTHONS.slice(-1));
}
