import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';

import { approvedScene } from '../support/approved-scene.ts';
import { BUNDLE, ensureBundle } from '../support/bundle.ts';
import { flagEnvironment } from '../support/flag-environment.ts';
import { QUICK } from '../support/scenario.ts';
import { runJob } from './job.ts';
import { describeEachPython, LAUNCHER } from './pythons.ts';

const ROOT = path.resolve(__dirname, '../..');
const PROGRAM = path.join(__dirname, 'program.mjs');
const EMBEDDED = ['--set', 'store.kind=embedded'];
const TIMEOUT_MS = 120_000;
const env = flagEnvironment(QUICK);
const run = promisify(execFile);

let cwd: string;
beforeAll(() => ensureBundle(), TIMEOUT_MS);
beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'ops-agent-outcome-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

describeEachPython('the outcome of a run', ({ python }) => {
  const agent = (command: string, more: readonly string[] = [], where = cwd, withEnv = env) =>
    runJob(['--cli', BUNDLE, '--command', command, ...EMBEDDED, ...more], { python, cwd: where, env: withEnv });

  const failed = async (command: string) => (await runJob(['--cli', PROGRAM, '--command', command, ...EMBEDDED], { python, cwd })).failure;

  test('is a success for exit code 0, with the words of --command split as a shell does, and --config', async () => {
    expect(await agent('setup --sample-data')).toMatchObject({ succeeded: true, failure: '' });
    expect(await agent(`sql --json "SELECT COUNT(*) AS n FROM sensor_data"`)).toMatchObject({
      log: expect.stringMatching(/^\[\s*\{\s*"n": 5\s*\}\s*\]\s*$/),
      succeeded: true,
    });
    expect(await agent('config show', ['--set', 'agent.id=agent_7'])).toMatchObject({
      succeeded: true,
      log: expect.stringMatching(/^agent\.id +agent_7 +flag/m),
    });
    expect(await agent('config check', ['--config', 'absent.yaml'])).toMatchObject({
      succeeded: false,
      log: expect.stringContaining('absent.yaml'),
    });
  });

  test(
    'is otherwise the exception of its exit code, with its own error where it told one: not set up, no plant, a command that failed',
    async () => {
      const none = await agent('run-once');
      expect(none.failure).toContain(
        `AgentFailed: ops-agent run-once ended with exit code 8: the store ${path.join(cwd, 'ops-agent.db')} does not exist. Run: ops-agent setup\n`,
      );
      expect(none.log).toContain('Run: ops-agent setup\n');
      const scene = await approvedScene(['A']);
      try {
        const silent = { ...env, ...flagEnvironment({ 'plant.simulatorLatencySeconds': 5 }) };
        expect((await agent('run-once', [], scene.folder, silent)).failure).toContain('exit code 6: ');
        const dying = { ...env, OPS_AGENT_CRASH_AT: 'plant:3:before' };
        expect((await agent('run-once', [], scene.folder, dying)).failure).toContain('exit code -9: killed by signal 9\n');
        await new Promise((resolve) => setTimeout(resolve, 600)); // until nothing of it can arrive any more
        expect((await agent('run-once', [], scene.folder)).failure).toContain('exit code 7: its lines say why, ');
      } finally {
        await scene.close();
      }
    },
    TIMEOUT_MS,
  );

  test('says the killing signal, and where the program told no error that its lines say why', async () => {
    expect(await failed('exit 77')).toContain(
      'AgentFailed: ops-agent exit 77 ended with exit code 77: its lines say why, and ops-agent --help',
    );
    expect(await failed('told 5')).toContain('AgentFailed: ops-agent told 5 ended with exit code 5: the last error. And its remedy\n');
  });

  test.each([
    ['show run-once', true],
    ['--log-level debug show loop', true],
    ['show setup', false],
  ])('of %j: told to end with its stdin, wherever the word stands: %s', async (command, isTold) => {
    const { log } = await runJob(['--cli', PROGRAM, '--command', command, ...EMBEDDED], { python, cwd });
    const { argv } = JSON.parse(log) as { readonly argv: readonly string[] }; // what program.mjs says
    expect(argv).toEqual([...command.split(' '), ...(isTold ? ['--exit-on-stdin-end'] : []), '--set=store.kind=embedded']);
  });

  test.each([
    [['--command', 'run-once'], 'the following arguments are required: --cli'],
    [['--cli', 'absent.js', ...EMBEDDED], '--cli: there is no file absent.js. Deploy dist/'],
    [
      ['--cli', PROGRAM, '--node', 'absent', ...EMBEDDED],
      'absent cannot be started: No such file or directory. Name another Node by --node',
    ],
    [['--cli', PROGRAM, '--node', PROGRAM, ...EMBEDDED], `${PROGRAM} cannot be started: Permission denied. Name another Node by --node`],
    [['--cli', PROGRAM, '--set', 'store.kind'], 'argument --set: it is not NAME=VALUE'],
    [['--cli', PROGRAM, '--env', '=x'], 'argument --env: it is not NAME=VALUE'],
    [['--cli', PROGRAM, '--command', 'exit "0'], `--command 'exit "0' cannot be split into words: No closing quotation`],
    [['--cli', PROGRAM, '--wait', '5s'], 'unrecognized arguments: --wait 5s'],
  ])('is one line that says what is wrong with the parameters %j', async (parameters, expected) => {
    const { failure, succeeded, log } = await runJob(parameters, { python, cwd });
    expect({ succeeded, log }).toEqual({ succeeded: false, log: '' });
    expect(failure.split('\n').filter((line) => line.includes('Error: '))).toEqual([expect.stringContaining(`LaunchError: ${expected}`)]);
  });

  test(
    'can be trusted as far as strict types go, from Python 3.10 on',
    async () => {
      const files = [LAUNCHER, path.join(__dirname, 'databricks_job.py'), path.join(__dirname, 'dbruntime')];
      const options = ['--strict', '--python-version', '3.10', '--cache-dir', path.join(ROOT, '.cache/mypy')];
      const { stdout } = await run(python, ['-m', 'mypy', ...options, ...files], { cwd: ROOT });
      expect(stdout).toMatch(/^Success: no issues found in 4 source files/);
    },
    TIMEOUT_MS,
  );
});
