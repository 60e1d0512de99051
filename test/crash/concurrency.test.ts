import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, expect, test } from '@jest/globals';
import { approvedScene } from '../support/approved-scene.ts';
import { ensureBundle, runBundle, type RunningBundle, startBundle } from '../support/bundle.ts';
import { flagEnvironment } from '../support/flag-environment.ts';
import { QUICK, type Scene } from '../support/scenario.ts';

const TIMEOUT_MS = 60_000;
/** Longer than Node needs to start on a busy machine, shorter than any lease or latency that a bug would wait for. */
const SOON_MS = 5000;

const env = flagEnvironment({ ...QUICK, 'plant.timeoutSeconds': 2 });
/** Every call to the plant takes as long: time to do something to the process that makes it. */
const slow = (seconds: number) => ({
  ...env,
  ...flagEnvironment({ 'plant.simulatorLatencySeconds': seconds, 'plant.timeoutSeconds': seconds + 1 }),
});

const EXIT_ON_STDIN_END = '--exit-on-stdin-end';

let scene: Scene | undefined;
const started: RunningBundle[] = [];
beforeAll(() => ensureBundle(), TIMEOUT_MS);
afterEach(async () => {
  for (const { child } of started) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await Promise.all(started.splice(0).map((one) => one.done));
  await scene?.close();
  scene = undefined;
});

function start(cwd: string, args: readonly string[], withEnv: Readonly<Record<string, string>> = env): RunningBundle {
  const running = startBundle(args, { cwd, env: withEnv, hasStdin: args.includes(EXIT_ON_STDIN_END) });
  started.push(running);
  return running;
}

async function json(cwd: string, ...args: string[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { stdout, stderr, code } = await runBundle([...args, '--json'], { cwd, env });
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as readonly Readonly<Record<string, unknown>>[]; // every list is an array of objects
}

const statuses = async (cwd: string) =>
  (await json(cwd, 'sql', 'SELECT status FROM agent_commands ORDER BY status')).map((row) => row['status']);
const outcomeOf = (stdout: string) => (JSON.parse(stdout) as { outcome: string }).outcome; // the documented report

test(
  'eight cycles at once on one file end well, and the plant gets every command once',
  async () => {
    const equipment = ['A', 'B', 'C', 'D', 'E', 'F'];
    scene = await approvedScene(equipment);
    const cwd = scene.folder;
    const results = await Promise.all(Array.from({ length: 8 }, () => start(cwd, ['run-once', '--json'], slow(0.2)).done));
    expect(results.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual(Array.from({ length: 8 }, () => 0));
    for (const { stdout } of results) expect(['completed', 'skipped']).toContain(outcomeOf(stdout));
    await start(cwd, ['run-once', '--wait', '10s']).done;
    const writes = await json(cwd, 'plant', 'writes');
    expect(new Set(writes.map((write) => write['command_id'])).size).toBe(equipment.length);
    expect(writes).toHaveLength(equipment.length);
    expect(await statuses(cwd)).toEqual(equipment.map(() => 'executed'));
    const rows = await json(cwd, 'sql', 'SELECT equipment_id, COUNT(*) AS n FROM agent_recommendations GROUP BY equipment_id');
    expect(rows.map((row) => row['n'])).toEqual(equipment.map(() => 1));
  },
  TIMEOUT_MS,
);

test(
  'twenty setups at once make one schema and say the same',
  async () => {
    const cwd = mkdtempSync(path.join(tmpdir(), 'ops-agent-setups-'));
    try {
      const results = await Promise.all(Array.from({ length: 20 }, () => start(cwd, ['setup', '--sample-data']).done));
      expect(results.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual(Array.from({ length: 20 }, () => 0));
      expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1);
      expect((await runBundle(['setup', '--check'], { cwd, env })).code).toBe(0);
      const counts = await json(
        cwd,
        'sql',
        `SELECT (SELECT COUNT(*) FROM agent_schema) AS versions, (SELECT COUNT(*) FROM agent_health) AS agents,
      (SELECT COUNT(*) FROM sensor_data) AS readings`,
      );
      expect(counts).toEqual([{ versions: 1, agents: 1, readings: 5 }]);
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  },
  TIMEOUT_MS,
);

test(
  'a holder that was killed in a call to the plant does not delay the next cycle, and its write is not repeated',
  async () => {
    scene = await approvedScene(['A']);
    const cwd = scene.folder;
    const holder = start(cwd, ['run-once'], slow(1));
    await holder.saw('Executing command');
    await new Promise((resolve) => setTimeout(resolve, 200)); // the plant has the write and has not answered
    holder.child.kill('SIGKILL');
    await holder.done;
    const begun = performance.now();
    const next = await start(cwd, ['run-once', '--json']).done;
    expect(performance.now() - begun).toBeLessThan(SOON_MS);
    expect({ code: next.code, outcome: outcomeOf(next.stdout) }).toEqual({ code: 0, outcome: 'completed' });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await start(cwd, ['run-once']).done;
    expect(await statuses(cwd)).toEqual(['executed']);
    expect(await json(cwd, 'plant', 'writes')).toHaveLength(1);
  },
  TIMEOUT_MS,
);

test(
  'a second cycle says that it was skipped, and one with --wait outlives the holder',
  async () => {
    scene = await approvedScene(['A']);
    const cwd = scene.folder;
    const holder = start(cwd, ['run-once', '--json'], slow(1));
    await holder.saw('Processing approvals');
    const [second, waiting] = await Promise.all([
      start(cwd, ['run-once', '--json']).done,
      start(cwd, ['run-once', '--json', '--wait', '30s']).done,
    ]);
    expect({ code: second.code, outcome: outcomeOf(second.stdout) }).toEqual({ code: 0, outcome: 'skipped' });
    expect({ code: waiting.code, outcome: outcomeOf(waiting.stdout) }).toEqual({ code: 0, outcome: 'completed' });
    expect(holder.child.exitCode).toBe(0); // it was over before the waiting one was
    expect(await json(cwd, 'plant', 'writes')).toHaveLength(1);
  },
  TIMEOUT_MS,
);

const stops = {
  SIGTERM: { options: [], stop: ({ child }: RunningBundle) => child.kill('SIGTERM') },
  'the end of stdin': { options: [EXIT_ON_STDIN_END], stop: ({ child }: RunningBundle) => child.stdin?.end() },
};

test.each([
  ['SIGTERM', 'run-once'],
  ['SIGTERM', 'loop'],
  ['the end of stdin', 'run-once'],
  ['the end of stdin', 'loop'],
] as const)(
  '%s in the middle of a dispatch: %s finishes it, returns the rest and says that it is offline',
  async (how, command) => {
    const { options, stop } = stops[how];
    scene = await approvedScene(['A', 'B', 'C']);
    const cwd = scene.folder;
    const running = start(cwd, [command, ...options], slow(0.5));
    await running.saw('Executing command');
    const begun = performance.now();
    stop(running);
    const { code } = await running.done;
    expect(code).toBe(143);
    expect(performance.now() - begun).toBeLessThan(SOON_MS);
    expect(await statuses(cwd)).toEqual(['executed', 'pending', 'pending']);
    expect(await json(cwd, 'sql', 'SELECT status, lease_owner FROM agent_health')).toEqual([{ status: 'offline', lease_owner: null }]);
    await start(cwd, ['run-once']).done;
    const writes = await json(cwd, 'plant', 'writes');
    expect(new Set(writes.map((write) => write['command_id'])).size).toBe(3);
    expect(writes).toHaveLength(3);
  },
  TIMEOUT_MS,
);

test(
  'a second signal ends the process at once',
  async () => {
    scene = await approvedScene(['A']);
    const running = start(scene.folder, ['run-once'], slow(20));
    await running.saw('Processing approvals');
    running.child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(running.child.exitCode).toBeNull();
    const begun = performance.now();
    running.child.kill('SIGTERM');
    expect((await running.done).code).toBe(143);
    expect(performance.now() - begun).toBeLessThan(SOON_MS);
    expect(await json(scene.folder, 'plant', 'writes')).toEqual([]);
  },
  TIMEOUT_MS,
);
