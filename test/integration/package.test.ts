import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const run = promisify(execFile);
const root = path.resolve(__dirname, '../..');
const INSTALL_MS = 240_000;
const COMMAND_MS = 60_000;

const temporary = mkdtempSync(path.join(tmpdir(), 'ops-agent-package-'));
const project = path.join(temporary, 'project');
const work = path.join(temporary, 'work');
const tarball = (): string => path.join(temporary, `ops-agent-${version}.tgz`);
const { version, scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  version: string;
  scripts: Record<string, string>;
};

/** The installed command in an empty folder, without configuration of this machine's that would choose another store. */
async function opsAgent(...args: string[]): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:OPS_AGENT_|DATABRICKS_|NODE_OPTIONS$)/.test(name)));
  const { stdout } = await run(path.join(project, 'node_modules/.bin/ops-agent'), args, { cwd: work, env, timeout: COMMAND_MS });
  return stdout;
}

// The bundle was built just before. Packing it without prepack keeps dist/ in place for the suites that run beside this one.
beforeAll(async () => {
  mkdirSync(project);
  mkdirSync(work);
  writeFileSync(path.join(project, 'package.json'), '{"name":"user-of-ops-agent","private":true}\n');
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', temporary], { cwd: root });
  await run('npm', ['install', '--no-audit', '--no-fund', tarball()], { cwd: project, timeout: INSTALL_MS });
}, INSTALL_MS);

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

test('packing builds the bundle first', () => {
  expect(scripts['prepack']).toBe('npm run build');
});

test('the tarball holds the bundle, the licences and nothing of the sources', async () => {
  const { stdout } = await run('tar', ['-tzf', tarball()]);
  const files = stdout.trim().split('\n');
  expect(files).toEqual(expect.arrayContaining(['package/dist/ops-agent.js', 'package/dist/THIRD-PARTY-NOTICES.txt', 'package/LICENSE']));
  expect(files.filter((file) => /\.ts$|\/(?:src|test|node_modules)\//.test(file))).toEqual([]);
});

test(
  'the installed command says its version',
  async () => {
    expect((await opsAgent('--version')).trim()).toBe(version);
  },
  COMMAND_MS,
);

test(
  'the installed command sets up an embedded store and finds the anomalies of the sample data',
  async () => {
    await opsAgent('setup', '--sample-data');
    const report: unknown = JSON.parse(await opsAgent('run-once', '--json'));
    expect(report).toMatchObject({ outcome: 'completed', errors: [] });
    const listed = JSON.parse(await opsAgent('recommendations', '--json')) as { status: string }[];
    expect(listed.length).toBeGreaterThan(0);
    expect(new Set(listed.map((row) => row.status))).toEqual(new Set(['pending']));
  },
  3 * COMMAND_MS,
);
