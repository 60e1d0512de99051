import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from '@jest/globals';

const run = promisify(execFile);
const root = path.resolve(__dirname, '../..');
const cache = path.join(root, '.cache/node24');
const DOWNLOAD_MS = 240_000;
const DEMO_MS = 120_000;
const CONTRACT_MS = 300_000;

let node24 = process.execPath;

/**
 * Node 24 as a registry package that holds only the executable: no install script has to run, and it works where
 * the version that runs the tests is another.
 */
async function installNode24(): Promise<string> {
  const appleSilicon = process.platform === 'darwin' && process.arch === 'arm64';
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `${appleSilicon ? 'node-bin' : 'node'}-${platform}-${process.arch}`;
  const executable = path.join(cache, 'node_modules', name, 'bin', platform === 'win' ? 'node.exe' : 'node');
  if (existsSync(executable)) return executable;
  writeFileSync(path.join(cache, 'package.json'), '{"name":"node24","private":true}\n');
  await run('npm', ['install', '--no-save', '--no-audit', '--no-fund', `${name}@24`], { cwd: cache, timeout: DOWNLOAD_MS });
  return executable;
}

/** Without what this machine's user or this test runner set for themselves. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:OPS_AGENT_|DATABRICKS_|JEST_|NODE_OPTIONS$)/.test(name)));
}

beforeAll(async () => {
  mkdirSync(cache, { recursive: true });
  if (!process.version.startsWith('v24.')) node24 = await installNode24();
}, DOWNLOAD_MS);

test('the other Node is Node 24', async () => {
  expect((await run(node24, ['--version'])).stdout).toMatch(/^v24\./);
});

test(
  'the stores keep their contract under Node 24, with the built-in SQLite and with the package',
  async () => {
    const jest = path.join(root, 'node_modules/jest/bin/jest.js');
    const { stderr } = await run(node24, [jest, 'test/contract', '--ci'], { cwd: root, env: ownEnvironment(), timeout: CONTRACT_MS });
    expect(stderr).toMatch(/^Tests: +\d+ passed, \d+ total$/m);
    expect(stderr).toContain('embedded-builtin');
  },
  CONTRACT_MS,
);

test(
  'the demo reaches its effective outcome under Node 24, where SQLite is built in',
  async () => {
    // A failed demo exits with another code than 0, and run() rejects with its output.
    const { stdout, stderr } = await run(node24, [path.join(root, 'dist/ops-agent.js'), 'demo'], {
      cwd: cache,
      env: ownEnvironment(),
      timeout: DEMO_MS,
    });
    expect(stdout).toMatch(/\beffective\b/);
    expect(stderr).not.toContain('ExperimentalWarning');
  },
  DEMO_MS,
);
