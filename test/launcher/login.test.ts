import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { BUNDLE, ensureBundle } from '../support/bundle.ts';
import {
  type FakeWorkspace,
  ID_TOKEN,
  oauthLogin,
  ownLogin,
  PERSONAL_TOKEN,
  startWorkspace,
  type WorkspaceOptions,
} from './fake-workspace.ts';
import { runJob, startJob } from './job.ts';
import { describeEachPython } from './pythons.ts';

const PROGRAM = path.join(__dirname, 'program.mjs');
/** Renewed 2 s before its end. */
const TOKEN_SECONDS = 5;
const PROBE_SECONDS = 12;
const TIMEOUT_MS = 120_000;

interface Shown {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly place: { readonly file: string; readonly folder: string; readonly token: string } | null;
}

let cwd: string;
let workspace: FakeWorkspace | undefined;
beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'ops-agent-login-'));
});
afterEach(async () => {
  await workspace?.close();
  workspace = undefined;
  rmSync(cwd, { recursive: true, force: true });
});

async function open(options?: WorkspaceOptions): Promise<FakeWorkspace> {
  workspace = await startWorkspace(options);
  return workspace;
}

const shown = (log: string) => JSON.parse(log) as Shown; // what program.mjs says

describeEachPython('the login', ({ python }) => {
  test("of the job is the parent's: the program gets the host and a file that only its user may read, which is gone afterwards", async () => {
    const space = await open();
    const env = { ...oauthLogin(space), PYSPARK_GATEWAY_SECRET: 'gateway-secret', OPS_AGENT_AGENT_ID: 'agent_7', TZ: 'UTC' };
    const job = startJob(['--cli', PROGRAM, '--command', 'show', '--set', 'store.kind=databricks'], { python, cwd, env });
    const { log, failure, succeeded } = await job.done;
    expect({ failure, succeeded }).toEqual({ failure: '', succeeded: true });
    const said = shown(log);
    expect(said.place).toEqual({ file: '600', folder: '700', token: space.tokens[0] });
    expect(said.env).toMatchObject({ OPS_AGENT_STORE_HOST: space.host, OPS_AGENT_AGENT_ID: 'agent_7', TZ: 'UTC' });
    expect(Object.keys(said.env).filter((name) => /DATABRICKS|SECRET|GATEWAY/.test(name))).toEqual([]);
    expect(JSON.stringify({ ...said, place: null })).not.toMatch(new RegExp([ID_TOKEN, ...space.tokens].join('|')));
    expect(job.temporaryFiles()).toEqual([]);
  });

  test("that the program can do by itself is the program's: no SDK, no file", async () => {
    const space = await open();
    const { log } = await runJob(['--cli', PROGRAM, '--command', 'show'], { python, cwd, env: ownLogin(space) });
    expect(shown(log)).toMatchObject({ place: null, env: ownLogin(space) });
  });

  test("is nobody's for a store in a file: not even a token that is there goes to the program", async () => {
    const space = await open();
    const { log } = await runJob(['--cli', PROGRAM, '--command', 'show', '--set', 'store.kind=embedded'], {
      python,
      cwd,
      env: ownLogin(space),
    });
    expect(log).not.toContain(PERSONAL_TOKEN);
  });

  test('of a store in a file is that of the readings, where those are in a warehouse', async () => {
    ensureBundle();
    const space = await open();
    const readings = { kind: 'databricks', warehouseId: '1234567890abcdef', catalog: 'plant', schema: 'historian' };
    const settings = Object.entries(readings).flatMap(([key, value]) => ['--set', `source.connection.${key}=${value}`]);
    const parameters = ['--cli', PROGRAM, '--command', 'show', '--set', 'store.kind=embedded', ...settings];
    const { env } = shown((await runJob(parameters, { python, cwd, env: oauthLogin(space) })).log);
    expect(env).toMatchObject({ OPS_AGENT_SOURCE_CONNECTION_HOST: space.host });
    expect(env['OPS_AGENT_SOURCE_CONNECTION_TOKEN_FILE']).toMatch(/\/token$/);
    expect(Object.keys(env).filter((name) => /^OPS_AGENT_STORE_(HOST|TOKEN)/.test(name))).toEqual([]);
    const own = shown((await runJob(parameters, { python, cwd, env: ownLogin(space) })).log);
    expect(own).toMatchObject({ place: null, env: ownLogin(space) });
    // The program itself takes it.
    const runtime = {
      DATABRICKS_RUNTIME_VERSION: '16.4',
      PYTHONPATH: __dirname,
      FAKE_RUNTIME_HOST: 'https://adb-1.azuredatabricks.net',
      FAKE_RUNTIME_TOKEN: 'runtime-token-31b2',
    };
    const real = ['--cli', BUNDLE, '--command', 'config show', ...parameters.slice(4)];
    const { log, failure } = await runJob(real, { python, cwd, env: runtime });
    expect([failure, log]).toEqual([
      '',
      expect.stringMatching(/^source\.connection\.host +https:\/\/adb-1\.azuredatabricks\.net +environment/m),
    ]);
  });

  test(
    'is renewed before the token ends, as often as that is: each request of the program has a good one',
    async () => {
      const space = await open({ tokenSeconds: TOKEN_SECONDS });
      const parameters = ['--cli', PROGRAM, '--command', `probe ${PROBE_SECONDS}`];
      const { log, failure, succeeded } = await runJob(parameters, { python, cwd, env: oauthLogin(space) });
      expect({ failure, succeeded, log }).toEqual({ failure: '', succeeded: true, log: '' });
      expect(space.probes.length).toBeGreaterThan(PROBE_SECONDS);
      expect(space.probes.filter(({ status }) => status !== 200)).toEqual([]);
      expect(new Set(space.probes.map(({ token }) => token)).size).toBeGreaterThanOrEqual(3);
      // Not at each look: only where there is a new one to be had.
      expect(space.tokens.length).toBeLessThan(PROBE_SECONDS / 2);
    },
    TIMEOUT_MS,
  );

  test('that cannot be renewed is said once, without a word of the answer, and the program goes on', async () => {
    const space = await open({ tokenSeconds: 3 });
    const job = startJob(['--cli', PROGRAM, '--command', 'probe 4'], { python, cwd, env: oauthLogin(space) });
    await job.program();
    space.refuseTokens();
    const { log, failure, succeeded } = await job.done;
    expect({ failure, succeeded }).toEqual({ failure: '', succeeded: true });
    expect(
      log.match(/The token could not be renewed and is tried again every 1 s: the job cannot log in to http:\/\/127\.0\.0\.1:\d+ \(\w+\)/g),
    ).toHaveLength(1);
    expect(log).not.toMatch(new RegExp([ID_TOKEN, ...space.tokens, 'refused:'].join('|')));
  });

  test('that fails names no secret, and the remedy', async () => {
    const space = await open();
    space.refuseTokens();
    const { log, failure, succeeded } = await runJob(['--cli', PROGRAM, '--command', 'show'], { python, cwd, env: oauthLogin(space) });
    expect({ log, succeeded }).toEqual({ log: '', succeeded: false });
    expect(failure).toMatch(
      /LaunchError: the job cannot log in to http:\/\/127\.0\.0\.1:\d+ \(\w+\)\. Give it an identity there, or DATABRICKS_TOKEN by --secret/,
    );
    expect(failure).not.toContain(ID_TOKEN);
  });

  test('that finds no tokens says so in one line, and the SDK in none', async () => {
    const space = await open({ hasMetadata: false });
    const { failure } = await runJob(['--cli', PROGRAM, '--command', 'show'], { python, cwd, env: oauthLogin(space) });
    expect(failure).toMatch(/LaunchError: the job cannot log in to http:\/\/127\.0\.0\.1:\d+ \(\w+\)\. Give it an identity/);
    expect(failure).not.toMatch(/WARNING|metadata/);
  });

  test('is shown to no other host than its own', async () => {
    const space = await open();
    const parameters = ['--cli', PROGRAM, '--command', 'show', '--set', 'store.host=adb-1.azuredatabricks.net'];
    const { failure } = await runJob(parameters, { python, cwd, env: oauthLogin(space) });
    expect(failure).toContain(`LaunchError: store.host is adb-1.azuredatabricks.net, but the job logs in at ${space.host}. `);
  });

  test('of a runtime, as the platform gives it, is one that ops-agent takes', async () => {
    ensureBundle();
    const env = {
      DATABRICKS_RUNTIME_VERSION: '16.4',
      PYTHONPATH: __dirname,
      FAKE_RUNTIME_HOST: 'https://adb-1.azuredatabricks.net',
      FAKE_RUNTIME_TOKEN: 'runtime-token-31b2',
    };
    const settings = ['--set', 'store.kind=databricks', '--set', 'store.warehouseId=1234567890abcdef'];
    const { log, failure } = await runJob(['--cli', BUNDLE, '--command', 'config show', ...settings], { python, cwd, env });
    expect(failure).toBe('');
    expect(log).toMatch(/^store\.host +https:\/\/adb-1\.azuredatabricks\.net +environment/m);
    expect(log).toMatch(/^store\.tokenFile +\S+\/token +environment/m);
    expect(log).not.toContain('runtime-token-31b2');
  });
});
