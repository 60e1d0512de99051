import path from 'node:path';
import { expect, test } from '@jest/globals';
import { endsWithin, isRunning, type Job, standsStill, startJob } from '../launcher/job.ts';
import { describeNewestPython } from '../launcher/pythons.ts';
import { BUNDLE } from '../support/bundle.ts';
import { flagEnvironment } from '../support/flag-environment.ts';
import { type Site, UNHURRIED, withBundle } from './bundle-at-warehouse.ts';
import { NOTHING_WRONG, Works, WORKS_CONFIGURATION } from './works.ts';

const TIMEOUT_MS = 900_000;
/** Beside what the warehouse takes for the statements that end its cycle. */
const ORPHAN_MS = 5000;
const TOKEN = 'dapi-of-the-job';
/** Until the plant answers, time enough to end the launcher. */
const SLOW_PLANT = flagEnvironment({ 'plant.simulatorLatencySeconds': 1, 'plant.timeoutSeconds': 10 });
/** Before it tells the audit what it decided. */
const STANDS_STILL = { OPS_AGENT_STOP_AT: 'statement:5:before' };

/** As a task of the job runs it: with the login that the platform gives the task. */
function start(python: string, site: Site, more: Readonly<Record<string, string>> = {}): Job {
  const own = Object.entries(site.env).filter(([name]) => name.startsWith('OPS_AGENT_') && name !== 'OPS_AGENT_STORE_KIND');
  const env = {
    ...Object.fromEntries(own),
    DATABRICKS_RUNTIME_VERSION: '16.4',
    DATABRICKS_HTTP_PATH: site.httpPath,
    PYTHONPATH: path.join(__dirname, '../launcher'),
    FAKE_RUNTIME_HOST: `https://localhost:${site.port}`,
    FAKE_RUNTIME_TOKEN: TOKEN,
    ...more,
  };
  const command = 'run-once --wait 130s --exit-zero-on-partial';
  return startJob(['--cli', BUNDLE, '--command', command, '--set', 'store.kind=databricks'], {
    python,
    cwd: site.cwd,
    env,
    home: site.cwd,
  });
}

/** Milliseconds of its own that a program without its launcher took to end: the warehouse's, which it waits for, are left out. */
async function endOf(program: number, site: Site, from: number): Promise<number> {
  if (!(await endsWithin(program, TIMEOUT_MS))) throw new Error(`the program ${program} still runs`);
  const ended = Date.now();
  const sent = (await site.sent()).filter(({ token, endedAt }) => token === TOKEN && (endedAt ?? ended) > from);
  const waited = sent.reduce((sum, { startedAt, endedAt }) => sum + (endedAt ?? ended) - Math.max(startedAt, from), 0);
  return ended - from - waited;
}

/** The launcher is killed; its program may live on. @returns when */
async function kill(job: Job): Promise<number> {
  job.process.kill('SIGKILL');
  const killed = Date.now();
  await job.done;
  return killed;
}

const healthOf = (site: Site) => site.sql('SELECT status, lease_owner IS NULL AS free FROM {}.agent_health');
const commandsOf = (site: Site) => site.sql('SELECT status, COUNT(*) AS n FROM {}.agent_commands GROUP BY status ORDER BY status');

/** Killed while its program waits for the plant, which then ends what it has in hand. */
async function killInDispatch(python: string, site: Site): Promise<void> {
  const job = start(python, site, SLOW_PLANT);
  const program = await job.program();
  await job.saw('Executing command');
  expect(isRunning(program)).toBe(true);
  expect(await endOf(program, site, await kill(job))).toBeLessThan(ORPHAN_MS);
  expect(await healthOf(site)).toEqual([{ status: 'offline', free: true }]);
  expect(await commandsOf(site)).toEqual([
    { status: 'executed', n: 1 },
    { status: 'pending', n: 1 },
  ]);
}

/** Killed while its program stands still, which therefore hears nothing of it. @returns the program, which has the lease */
async function killStandingStill(python: string, site: Site): Promise<number> {
  const job = start(python, site, STANDS_STILL);
  const program = await job.program();
  expect(await standsStill(program)).toBe(true);
  await kill(job);
  expect(isRunning(program)).toBe(true);
  expect(await healthOf(site)).toMatchObject([{ free: false }]);
  return program;
}

describeNewestPython('the launcher at a warehouse', ({ python }) => {
  withBundle(
    'launcher_test',
    (site) => {
      test(
        'killed in the middle of a cycle leaves a program that ends by itself; what it held is given back or runs out, and the next run does the rest, once',
        async () => {
          const { control } = site();
          await control.addToken(TOKEN);
          const works = new Works(site());
          await works.goOn();
          expect(await site().run('run-once')).toMatchObject({ code: 0 });
          await works.goOn();
          await killInDispatch(python, site());

          await works.approve();
          const orphan = await killStandingStill(python, site());
          try {
            await site().sql(`UPDATE {}.agent_health SET lease_expires = current_timestamp() - INTERVAL 1 SECOND`);
            const { failure, succeeded } = await start(python, site()).done;
            expect({ failure, succeeded }).toEqual({ failure: '', succeeded: true });
            const sent = await works.sent();
            expect(sent).toHaveLength(4);
            process.kill(orphan, 'SIGCONT');
            expect(await endOf(orphan, site(), Date.now())).toBeLessThan(ORPHAN_MS);
            expect(await works.sent()).toEqual(sent);
          } finally {
            if (isRunning(orphan)) process.kill(orphan, 'SIGKILL');
          }
          expect(await works.wrongs()).toEqual(NOTHING_WRONG);
        },
        TIMEOUT_MS,
      );
    },
    JSON.stringify({ ...(JSON.parse(WORKS_CONFIGURATION) as object), store: UNHURRIED }),
  );
});
