import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';

import { BUNDLE, ensureBundle, newWorkplace, type Workplace } from '../support/bundle.ts';
import { oauthLogin, startWorkspace } from './fake-workspace.ts';
import { endsWithin, type Job, startJob } from './job.ts';
import { describeEachPython } from './pythons.ts';

const PROGRAM = path.join(__dirname, 'program.mjs');
const EMBEDDED = ['--set', 'store.kind=embedded'];
const SOON_MS = 5000;
const TIMEOUT_MS = 60_000;

let place: Workplace;
beforeAll(() => ensureBundle(), TIMEOUT_MS);
beforeEach(async () => {
  place = newWorkplace();
  await place.run('setup', '--sample-data');
});
afterEach(() => place.remove());

async function statusNow(): Promise<unknown> {
  return place.json('sql', '--json', 'SELECT status FROM agent_health');
}
const OFFLINE = [{ status: 'offline' }];

describeEachPython('a run that is to stop', ({ python }) => {
  const loop = async (inThread: boolean): Promise<{ readonly job: Job; readonly program: number }> => {
    const job = startJob(['--cli', BUNDLE, '--command', 'loop --interval 60', ...EMBEDDED], { python, cwd: place.cwd, inThread });
    await job.saw('[CYCLE COMPLETE]');
    return { job, program: await job.program() };
  };
  test.each([false, true])(
    'because it is cancelled ends the program as SIGTERM does, and is cancelled (in another thread: %s)',
    async (inThread) => {
      const { job, program } = await loop(inThread);
      job.process.kill('SIGUSR1');
      const { failure, log, succeeded } = await job.done;
      expect({ succeeded, ended: await endsWithin(program, 0) }).toEqual({ succeeded: false, ended: true });
      expect(failure).toContain('the run failed: KeyboardInterrupt\n');
      expect(log).toContain('is offline after 1 cycle\n');
      expect(await statusNow()).toEqual(OFFLINE);
    },
  );

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('by %s passes it on, and ends with exit code %d', async (signal, code) => {
    const { job } = await loop(false);
    job.process.kill(signal);
    const { failure, log } = await job.done;
    expect(failure).toContain(`AgentFailed: ops-agent loop --interval 60 ended with exit code ${code}: `);
    expect(log).toContain('is offline after 1 cycle\n');
    expect(await statusNow()).toEqual(OFFLINE);
  });

  test('by SIGTERM in another thread, where no signal can be heard, is dead at once, and the program stops by itself', async () => {
    const { job, program } = await loop(true);
    job.process.kill('SIGTERM');
    expect(await endsWithin(program, SOON_MS)).toBe(true);
    await job.done;
    expect(await statusNow()).toEqual(OFFLINE);
  });

  test('because nobody takes its lines any more ends the program first', async () => {
    const { job, program } = await loop(false);
    job.process.stdout?.destroy();
    job.process.kill('SIGTERM'); // the loop says that it ends: a line that cannot be written
    const { failure } = await job.done;
    expect(failure).toContain('the run failed: BrokenPipeError\n');
    expect(await endsWithin(program, 0)).toBe(true);
    expect(await statusNow()).toEqual(OFFLINE);
  });

  test('because nobody takes its lines asks the program once: a second time would end it at once', async () => {
    const file = path.join(place.cwd, 'asked');
    const parameters = ['--cli', PROGRAM, '--command', `stubborn ${file}`, ...EMBEDDED, '--set', 'store.leaseSeconds=1'];
    const job = startJob(parameters, { python, cwd: place.cwd });
    await job.saw('ready\n');
    job.process.stdout?.destroy();
    job.process.kill('SIGTERM');
    expect((await job.done).failure).toContain('the run failed: BrokenPipeError\n');
    expect(readFileSync(file, 'utf8')).toBe('SIGTERM\n');
  });

  test('waits no longer for the program than a lease lasts, and then kills it', async () => {
    const parameters = ['--cli', PROGRAM, '--command', 'stubborn', ...EMBEDDED, '--set', 'store.leaseSeconds=1'];
    const job = startJob(parameters, { python, cwd: place.cwd });
    await job.saw('ready\n');
    const begun = performance.now();
    job.process.kill('SIGTERM');
    const { failure, log } = await job.done;
    expect(log).toBe('ready\nnot yet\n');
    expect(failure).toContain('AgentFailed: ops-agent stubborn ended with exit code -9: killed by signal 9\n');
    expect(performance.now() - begun).toBeGreaterThan(1000);
  });

  test('leaves no token behind, whether the program was there or not', async () => {
    const space = await startWorkspace({ tokenDelayMs: 2000 });
    try {
      const parameters = ['--cli', PROGRAM, '--command', 'stubborn', '--set', 'store.leaseSeconds=1'];
      const started = startJob(parameters, { python, cwd: place.cwd, env: oauthLogin(space) });
      await started.saw('ready\n');
      expect(started.temporaryFiles()).toHaveLength(1);
      started.process.kill('SIGUSR1');
      expect((await started.done).failure).toContain('the run failed: KeyboardInterrupt\n');
      expect(started.temporaryFiles()).toEqual([]);

      const early = startJob(parameters, { python, cwd: place.cwd, env: oauthLogin(space) });
      await space.wasAsked(2);
      early.process.kill('SIGTERM');
      const { failure, log } = await early.done;
      expect(failure).toContain('the run failed: KeyboardInterrupt\n');
      expect({ log, files: early.temporaryFiles() }).toEqual({ log: '', files: [] });
    } finally {
      await space.close();
    }
  });
});
