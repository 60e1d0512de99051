import { expect, test } from '@jest/globals';
import { newWorkplace, runBundle, type RunningBundle, type RunResult, startBundle } from '../support/bundle.ts';
import { flagEnvironment } from '../support/flag-environment.ts';
import { type Site, withBundle } from './bundle-at-warehouse.ts';
import { environmentOf } from './environment.ts';
import { howMany, PLAYS_ALL } from './how-many.ts';
import { NOTHING_WRONG, Works, WORKS_CONFIGURATION } from './works.ts';

const SETUPS = howMany({ all: 20, always: 4 });
const TIMEOUT_MS = 900_000;
/** As a job that is run again at once: none waits for the lease of the one before. */
const RUN = 'job-1';

/** Until the plant answers, time enough to do something to the process that waits for it. */
const SLOW_PLANT = flagEnvironment({ 'plant.simulatorLatencySeconds': 3, 'plant.timeoutSeconds': 10 });

/** How long a statement is on its way to Spark, which its process does not live to see. */
const ON_THE_WAY_MS = 8000;
/** Of a run with an approval to carry out: it tells the audit, changes rows, claims, makes commands, and ends. */
const ON_THE_WAY = [
  'INSERT INTO `agent_events`',
  'MERGE INTO `agent_recommendations`',
  'SELECT w\\.command_id',
  'MERGE INTO `agent_commands`',
  'MERGE INTO `agent_health`.* AS extends_audit',
];

/**
 * The works of a copy of the tables, which nobody else works in; and that nothing was lost or done twice in the end.
 * @returns the commands that the plant acted on
 */
async function atWorks(site: Site, schema: string, use: (copy: Site, works: Works) => Promise<void>): Promise<readonly unknown[]> {
  const copy = await site.copied(schema);
  try {
    const works = new Works(copy);
    await use(copy, works);
    await works.settle();
    expect(await works.wrongs()).toEqual(NOTHING_WRONG);
    return await works.sent();
  } finally {
    await copy.drop();
  }
}

/** Something to carry out, and a condition to recommend something for. */
async function muchToDo(site: Site, works: Works): Promise<void> {
  await works.goOn();
  const { code, stderr } = await site.run('run-once', '--run-id', RUN);
  if (code !== 0) throw new Error(`the first run ended with ${code}: ${stderr}`);
  await works.goOn();
}

function start({ cwd, env }: Site, more: Readonly<Record<string, string>> = {}): RunningBundle {
  return startBundle(['run-once', '--run-id', RUN], { cwd, env: { ...env, ...more } });
}

/** Ends the process of a run in a call to the plant. */
async function endInDispatch(copy: Site, works: Works, signal: 'SIGTERM' | 'SIGKILL'): Promise<RunResult> {
  await muchToDo(copy, works);
  const running = start(copy, SLOW_PLANT);
  await running.saw('Executing command');
  running.child.kill(signal);
  return running.done;
}

withBundle(
  'processes_test',
  (site) => {
    test(
      `${SETUPS} setups at once make one schema and say the same`,
      async () => {
        const schema = 'processes_test_setups';
        const env = environmentOf(site(), schema);
        const place = newWorkplace(env);
        try {
          const all = Array.from({ length: SETUPS }, () => runBundle(['setup', '--sample-data'], { cwd: place.cwd, env }));
          const results = await Promise.all(all);
          expect(results.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual(results.map(() => 0));
          expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1);
          expect(await place.run('setup', '--check')).toMatchObject({ code: 0 });
          const counted = await site().control.sql(`SELECT (SELECT COUNT(*) FROM ${schema}.agent_schema) AS versions,
  (SELECT COUNT(*) FROM ${schema}.agent_health) AS agents, (SELECT COUNT(*) FROM ${schema}.sensor_data) AS readings`);
          expect(counted).toEqual([{ versions: 1, agents: 1, readings: 5 }]);
        } finally {
          place.remove();
          await site().control.dropSchema(schema);
        }
      },
      TIMEOUT_MS,
    );

    test(
      'SIGTERM in the middle of a dispatch: the write under way is finished, the rest given back, and the next run goes on with it',
      async () => {
        const sent = await atWorks(site(), 'processes_test_sigterm', async (copy, works) => {
          expect(await endInDispatch(copy, works, 'SIGTERM')).toMatchObject({ code: 143 });
          expect(await copy.sql('SELECT status, COUNT(*) AS n FROM {}.agent_commands GROUP BY status ORDER BY status')).toEqual([
            { status: 'executed', n: 1 },
            { status: 'pending', n: 1 },
          ]);
          expect(await copy.sql('SELECT status, lease_owner IS NULL AS free FROM {}.agent_health')).toEqual([
            { status: 'offline', free: true },
          ]);
        });
        expect(sent).toHaveLength(4);
      },
      TIMEOUT_MS,
    );

    // Its command is decided once its lease has ended: minutes of waiting.
    if (PLAYS_ALL)
      test(
        'a run that is killed in a call to the plant has its write read back, and nobody repeats it',
        async () => {
          await atWorks(site(), 'processes_test_plant', async (copy, works) => {
            expect(await endInDispatch(copy, works, 'SIGKILL')).toMatchObject({ code: null });
          });
        },
        TIMEOUT_MS,
      );

    test(
      'statements of a killed run that reach Spark while the next one is at work do nothing twice',
      async () => {
        await atWorks(site(), 'processes_test_late', async (copy, works) => {
          const { control } = copy;
          for (const sql of ON_THE_WAY.slice(0, howMany({ all: ON_THE_WAY.length, always: 1 }))) {
            await muchToDo(copy, works);
            const armed = await control.arm({ sql, fault: { kind: 'delay', ms: ON_THE_WAY_MS } });
            const { child, done } = start(copy);
            while ((await control.met(armed)) === 0) {
              if (child.exitCode !== null) throw new Error(`the run ended without a statement like ${sql}`);
              await new Promise((resolve) => setTimeout(resolve, 50));
            }
            child.kill('SIGKILL');
            await done;
            await control.clearFaults();
            const { code, stderr } = await copy.run('run-once', '--run-id', RUN);
            // 7: what the dead run had claimed did not come to the plant.
            expect({ sql, code: code === 7 ? 0 : code, stderr }).toEqual({ sql, code: 0, stderr: expect.any(String) });
          }
        });
      },
      TIMEOUT_MS,
    );
  },
  WORKS_CONFIGURATION,
);
