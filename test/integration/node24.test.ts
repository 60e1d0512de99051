import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from '@jest/globals';

const run = promisify(execFile);
const root = path.resolve(__dirname, '../..');
const cache = path.join(root, '.cache/node24');
/** The last one whose own SQLite (3.53) the agent uses; the newest has 3.54 or a later one. */
const WITH_A_FIT_SQLITE = '24.22.1';
const DOWNLOAD_MS = 240_000;
const DEMO_MS = 120_000;
const CONTRACT_MS = 300_000;

let newest = process.execPath;
let withFitSqlite = '';

/**
 * Node 24 as a registry package that holds only the executable: no install script has to run, and it works where
 * the version that runs the tests is another.
 */
async function installNode(version: string): Promise<string> {
  const folder = path.join(cache, version);
  mkdirSync(folder, { recursive: true });
  const appleSilicon = process.platform === 'darwin' && process.arch === 'arm64';
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `${appleSilicon ? 'node-bin' : 'node'}-${platform}-${process.arch}`;
  const executable = path.join(folder, 'node_modules', name, 'bin', platform === 'win' ? 'node.exe' : 'node');
  if (existsSync(executable)) return executable;
  writeFileSync(path.join(folder, 'package.json'), '{"name":"node24","private":true}\n');
  await run('npm', ['install', '--no-save', '--no-audit', '--no-fund', `${name}@${version}`], { cwd: folder, timeout: DOWNLOAD_MS });
  return executable;
}

/** Without what this machine's user or this test runner set for themselves. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:OPS_AGENT_|DATABRICKS_|JEST_|NODE_OPTIONS$)/.test(name)));
}

beforeAll(async () => {
  if (!process.version.startsWith('v24.')) newest = await installNode('24');
  withFitSqlite = await installNode(WITH_A_FIT_SQLITE);
}, DOWNLOAD_MS);

test('the other Nodes are Node 24', async () => {
  for (const node of [newest, withFitSqlite]) expect((await run(node, ['--version'])).stdout).toMatch(/^v24\./);
});

test(
  'the stores keep their contract under Node 24, with the built-in SQLite and with the package',
  async () => {
    const jest = path.join(root, 'node_modules/jest/bin/jest.js');
    const { stderr } = await run(withFitSqlite, [jest, 'test/contract', '--ci'], {
      cwd: root,
      env: ownEnvironment(),
      timeout: CONTRACT_MS,
    });
    expect(stderr).toMatch(/^Tests: +\d+ passed, \d+ total$/m);
    expect(stderr).toContain('embedded-builtin');
  },
  CONTRACT_MS,
);

test(
  'the demo reaches its effective outcome under the newest Node 24, whatever SQLite that has, and under one whose own it uses',
  async () => {
    for (const node of [newest, withFitSqlite]) {
      // A failed demo exits with another code than 0, and run() rejects with its output.
      const { stdout, stderr } = await run(node, [path.join(root, 'dist/ops-agent.js'), 'demo'], {
        cwd: cache,
        env: ownEnvironment(),
        timeout: DEMO_MS,
      });
      expect(stdout).toMatch(/\beffective\b/);
      expect(stderr).not.toContain('ExperimentalWarning');
    }
  },
  2 * DEMO_MS,
);

/** The statement of detection is largest for such readings. */
const LONG_IN_A_ZONE = `source:
  table: historian_values
  shape: long
  timestampFormat: iso
  timeZone: Europe/Berlin
  columns:
    { equipment: asset, timestamp: t_stamp, arrival: stored_at, signal: tag, value: val, quality: quality, signals: { temperature: T, pressure: P } }
`;

test(
  'under every Node readings of any form are detected: by its own SQLite, or else by the package',
  async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-node24-'));
    const agent = (node: string, ...args: string[]) =>
      run(node, [path.join(root, 'dist/ops-agent.js'), ...args], { cwd: folder, env: ownEnvironment() });
    try {
      await agent(newest, 'setup');
      await agent(
        newest,
        'sql',
        `CREATE TABLE historian_values (asset TEXT, tag TEXT, val DOUBLE, quality TEXT, t_stamp TEXT, stored_at TEXT)`,
      );
      writeFileSync(path.join(folder, 'ops-agent.yaml'), LONG_IN_A_ZONE);
      for (const node of [newest, withFitSqlite, process.execPath]) {
        const report = JSON.parse((await agent(node, 'run-once', '--json')).stdout) as Readonly<Record<string, unknown>>; // what run-once prints
        expect(report).toMatchObject({ outcome: 'completed', errors: [] });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  DEMO_MS,
);
