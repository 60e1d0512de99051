import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { approvedScene } from '../support/approved-scene.ts';
import { BUNDLE, ensureBundle, runBundle } from '../support/bundle.ts';
import { flagEnvironment } from '../support/flag-environment.ts';
import { QUICK, type Scene } from '../support/scenario.ts';
import { endsWithin, isRunning, startJob } from './job.ts';
import { describeEachPython, PYTHONS } from './pythons.ts';

const EQUIPMENT = ['A', 'B'];
const ORPHAN_MS = 5000;
const LATENCY_SECONDS = 0.4;
/** A cycle of two commands asks the plant more than five times. */
const SHORTEST_CYCLE_MS = 5 * LATENCY_SECONDS * 1000;
const KILLS = 10;
const TIMEOUT_MS = 240_000;

const env = flagEnvironment({ ...QUICK, 'plant.timeoutSeconds': 1 });
const slow = { ...env, ...flagEnvironment({ 'plant.simulatorLatencySeconds': LATENCY_SECONDS }) };
const EMBEDDED = ['--set', 'store.kind=embedded'];

let scene: Scene;
beforeAll(async () => {
  ensureBundle();
  scene = await approvedScene(EQUIPMENT);
}, TIMEOUT_MS);
afterAll(async () => {
  await scene.close();
});

async function json<T>(cwd: string, ...args: string[]): Promise<T> {
  const { stdout, stderr, code } = await runBundle([...args, '--json'], { cwd, env });
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T; // as each command documents it
}

interface Row {
  readonly command_id: string;
  readonly status: string;
}

/** What the next runs leave. */
interface Left {
  /** Of the first of them: it did not find the lease taken. */
  readonly outcome: string;
  readonly commands: readonly string[];
  /** Whether the plant was written to once for each command, and for nothing else. */
  readonly onceEach: boolean;
  readonly auditVerify: number | null;
}

function commandsIn(list: readonly { readonly command_id: string }[]): string {
  return list
    .map((one) => one.command_id)
    .toSorted()
    .join();
}

async function afterwards(cwd: string): Promise<Left> {
  const { outcome } = await json<{ readonly outcome: string }>(cwd, 'run-once');
  const commands = await json<readonly Row[]>(cwd, 'sql', 'SELECT command_id, status FROM agent_commands');
  const writes = await json<readonly { readonly command_id: string }[]>(cwd, 'plant', 'writes');
  const { code } = await runBundle(['audit', 'verify'], { cwd, env });
  return {
    outcome,
    commands: commands.map(({ status }) => status),
    onceEach: commandsIn(writes) === commandsIn(commands),
    auditVerify: code,
  };
}

/** What became of a launcher that was killed so long after its cycle began. */
async function killed(python: string, signal: 'SIGTERM' | 'SIGKILL', afterMs: number) {
  const cwd = mkdtempSync(path.join(tmpdir(), 'ops-agent-launched-'));
  try {
    cpSync(scene.folder, cwd, { recursive: true });
    const job = startJob(['--cli', BUNDLE, '--command', 'run-once --wait 5s', ...EMBEDDED], { python, cwd, env: slow });
    const program = await job.program();
    await job.saw('Processing approvals');
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    const wasRunning = isRunning(program);
    job.process.kill(signal);
    const { failure, succeeded } = await job.done;
    const inTime = await endsWithin(program, ORPHAN_MS);
    const health = await json(cwd, 'sql', 'SELECT status, lease_owner FROM agent_health');
    const said = failure.split('\n').find((line) => line.startsWith('AgentFailed: ')) ?? '';
    return { afterMs, wasRunning, succeeded, said, inTime, health, left: await afterwards(cwd) };
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

const share = Math.ceil(KILLS / Math.max(1, PYTHONS.length));

describeEachPython('a launcher that is killed in the middle of a cycle', ({ python, version }) => {
  const first = PYTHONS.findIndex((one) => one.version === version) * share;
  const moments = Array.from({ length: share }, (_, index) => Math.round(((first + index) / KILLS) * SHORTEST_CYCLE_MS));

  test.each([
    [
      'SIGTERM',
      'AgentFailed: ops-agent run-once --wait 5s ended with exit code 143: its lines say why, and ops-agent --help what the code means',
    ],
    ['SIGKILL', ''],
  ] as const)(
    '%s: leaves no orphan and no lease, and the next cycle does the rest: one write for each command, and a whole audit',
    async (signal, said) => {
      const half = Math.ceil(moments.length / 2);
      const ends: unknown[] = [];
      const inTurn = async (some: readonly number[]) => {
        for (const moment of some) ends.push(await killed(python, signal, moment));
      };
      await Promise.all([inTurn(moments.slice(0, half)), inTurn(moments.slice(half))]);
      // Offline: its cycle was not simply over before anybody looked.
      const health = [{ status: 'offline', lease_owner: null }];
      const left: Left = { outcome: 'completed', commands: EQUIPMENT.map(() => 'executed'), onceEach: true, auditVerify: 0 };
      const asItShould = moments.map((afterMs) => ({ afterMs, wasRunning: true, succeeded: false, said, inTime: true, health, left }));
      expect(ends).toHaveLength(share);
      expect(ends).toEqual(expect.arrayContaining(asItShould));
    },
    TIMEOUT_MS,
  );
});
