import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Settings } from '../../src/config/settings.ts';
import { newRunId } from '../../src/cli/run-id.ts';
import { runCycle } from '../../src/cycle/run-cycle.ts';
import { createSimulator } from '../../src/plant/simulator.ts';
import type { ReceivedWrite } from '../../src/ports/plant.ts';
import type { TableRow } from '../../src/ports/operator-store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { ensureBundle, startBundle } from '../support/bundle.ts';
import { flagEnvironment } from '../support/flag-environment.ts';
import { MODE, modeOf, throughputOf } from '../support/relative-rules.ts';
import { type Flags, newScene, plantWith, QUICK, type Scene } from '../support/scenario.ts';
import { storeFile, withStoreFile } from '../support/store-file.ts';
import { SILENT } from '../support/silent-log.ts';

const HIGH = 92;
const PLANT_TIMEOUT_SECONDS = 0.2;
const MOST_CYCLES_TO_SETTLE = 4;
const TIMEOUT_MS = 240_000;
/** One read for all approvals; read, write and read-back for each of two commands. */
const FEWEST_PLANT_CALLS = 7;
const FEWEST_STATEMENTS = 12;

/**
 * APPROVED is to be halved, RETURNED was given back because its mode was lost and has it again, MOVED is not where its operator saw it.
 */
const EQUIPMENT = ['APPROVED', 'RETURNED', 'MOVED'];

const FLAGS: Flags = { 'plant.timeoutSeconds': PLANT_TIMEOUT_SECONDS, 'source.maxAgeSeconds': 3600 };
const env = flagEnvironment({ ...QUICK, ...FLAGS });

/** Half of the live value where the equipment is in remote mode, and less by a difference for what is worse. */
const FILE = `
rules:
  bands:
    - rule: half
      above: 90
      severity: high
      issueType: high_temperature
      confidence: 0.9
      recommendedAction: Halve the throughput
      actions:
        - tag: '${throughputOf('{equipment_id}')}'
          percentOfCurrent: 50
          unit: '%'
          direction: decrease
          permissives: [{ tag: '${modeOf('{equipment_id}')}', equals: ${MODE.remote} }]
    - rule: much-less
      above: 95
      severity: critical
      issueType: critical_temperature
      confidence: 0.95
      recommendedAction: Reduce the throughput by 30
      actions: [{ tag: '${throughputOf('{equipment_id}')}', delta: -30, unit: '%', direction: decrease }]
tags:
  allow:
    - { path: '${throughputOf('{id}')}', min: 0, max: 100, unit: '%', direction: decrease }
    - { path: '${modeOf('{id}')}', min: 0, max: 3, type: integer }
`;

let scene: Scene;
beforeAll(async () => {
  ensureBundle();
  scene = await newScene(FLAGS, { file: FILE });
  await prepare();
  await scene.shut();
}, 60_000);
afterAll(async () => {
  await scene.close();
});

async function turnTo(tag: string, value: number): Promise<void> {
  await scene.plant.write({ commandId: 'operator', tag, value, notAfter: Date.now() + 1000, signature: null });
}

async function prepare(): Promise<void> {
  for (const id of EQUIPMENT) {
    await turnTo(throughputOf(id), 40);
    await turnTo(modeOf(id), MODE.remote);
    await scene.reading(id, HIGH);
  }
  await scene.cycle();
  await scene.approve('RETURNED');
  let reads = 0;
  const losing = plantWith(scene.plant, {
    read: async (tags) => {
      reads += 1;
      if (reads === 2) await turnTo(modeOf('RETURNED'), MODE.local);
      return scene.plant.read(tags);
    },
  });
  await scene.cycle({ ports: { plant: losing } });
  expect(await scene.commands('RETURNED')).toMatchObject([{ status: 'pending' }]);
  await turnTo(modeOf('RETURNED'), MODE.remote);
  await scene.approve('APPROVED');
  await scene.approve('MOVED');
  await turnTo(throughputOf('MOVED'), 30);
}

/** A copy of the prepared store, plant and configuration, with the settings that name them. */
function copied(): { readonly folder: string; readonly settings: Settings } {
  const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-killed-'));
  const { settings } = scene;
  const at = (file: string) => path.join(folder, path.basename(file));
  for (const file of [storeFile(settings), settings.plant.simulatorPath, path.join(scene.folder, 'ops-agent.yaml')])
    copyFileSync(file, at(file));
  return {
    folder,
    settings: {
      ...withStoreFile(settings, at(storeFile(settings))),
      plant: { ...settings.plant, simulatorPath: at(settings.plant.simulatorPath) },
    },
  };
}

/** Runs one cycle of the built bundle there. @returns whether it was killed */
async function cycleKilledAt(folder: string, point: string): Promise<boolean> {
  const killed = startBundle(['run-once', '--json'], { cwd: folder, env: { ...env, OPS_AGENT_CRASH_AT: point } });
  const { code, stderr } = await killed.done;
  const wasKilled = killed.child.signalCode === 'SIGKILL';
  if (!wasKilled && code !== 0) throw new Error(`the cycle ended with ${code ?? ''}: ${stderr}`);
  return wasKilled;
}

interface End {
  readonly rows: readonly TableRow[];
  readonly commands: readonly TableRow[];
  readonly writes: readonly ReceivedWrite[];
}

/** Lets further cycles finish the work. */
async function settled(settings: Settings): Promise<End> {
  const { store, source } = await openStore(settings);
  const { simulatorPath, timeoutSeconds } = settings.plant;
  const tags = settings.tags.allow;
  const plant = await createSimulator({ path: simulatorPath, latencySeconds: 0, timeoutSeconds, now: () => Date.now(), tags });
  const ports = { store, source, plant, log: SILENT, monotonic: () => performance.now() };
  try {
    for (let cycle = 1; cycle <= MOST_CYCLES_TO_SETTLE; cycle += 1) {
      const asked = { runId: newRunId(), processId: 'a-process', waitSeconds: 0, nextDueInSeconds: 10, takeOver: false };
      await runCycle(ports, settings, new AbortController().signal, asked);
      const open = await store.runSql(`SELECT 1 FROM agent_commands WHERE status IN ('pending', 'executing', 'unknown')
        UNION ALL SELECT 1 FROM agent_recommendations WHERE status IN ('approved', 'executing')`);
      if (open.rows.length === 0) break;
      // What a dead run had claimed is decided once nothing of it can arrive any more.
      await new Promise((resolve) => setTimeout(resolve, PLANT_TIMEOUT_SECONDS * 1000));
    }
    const { rows } = await store.runSql('SELECT * FROM agent_recommendations ORDER BY created_timestamp, rowid');
    const { rows: commands } = await store.runSql('SELECT * FROM agent_commands');
    return { rows, commands, writes: plant.writes().filter(({ commandId }) => commandId !== 'operator') };
  } finally {
    await plant.close();
    await source.close();
    await store.close();
  }
}

function expectDone({ rows, commands, writes }: End): void {
  const ids = writes.map(({ commandId }) => commandId);
  expect(ids).toEqual([...new Set(ids)]);
  for (const command of commands) {
    const sent = ids.filter((id) => id === command['command_id']).length;
    const { equipment_id: equipment, status, failure_code: code, new_value: value } = command;
    const executed = { equipment, status: 'executed', code: null, value: '20', sent: 1 };
    const lost = { equipment, status: 'failed', code: 'not_confirmed', value: '20', sent: 0 };
    expect([executed, lost]).toContainEqual({ equipment, status, code, value, sent });
  }
  expect(new Set(commands.map((command) => command['equipment_id']))).toEqual(new Set(['APPROVED', 'RETURNED']));
  // The operator of MOVED is asked once more, with today's values, and by no command.
  const moved = rows.filter((row) => row['equipment_id'] === 'MOVED');
  expect(moved).toMatchObject([{ status: 'pending', approved_by_operator: null }]);
  expect(JSON.parse(String(moved[0]?.['actions']))).toMatchObject([{ old: 30, value: 15, target: { kind: 'percentOfCurrent' } }]);
}

async function killAt(point: string): Promise<boolean> {
  const { folder, settings } = copied();
  try {
    const wasKilled = await cycleKilledAt(folder, point);
    expectDone(await settled(settings));
    return wasKilled;
  } catch (thrown) {
    throw new Error(`killed at ${point}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Kills at 1, 2, 3 … until a run lives to its end. @returns the number of points that killed */
async function killEverywhere(at: 'statement' | 'plant', when: 'before' | 'after'): Promise<number> {
  let killed = 0;
  while (await killAt(`${at}:${killed + 1}:${when}`)) killed += 1;
  return killed;
}

test.each([
  ['plant', FEWEST_PLANT_CALLS],
  ['statement', FEWEST_STATEMENTS],
] as const)(
  'relative steps whose cycle is killed before or after any %s call are sent at most once, and only with the value that was approved',
  async (at, fewest) => {
    const [before, after] = await Promise.all([killEverywhere(at, 'before'), killEverywhere(at, 'after')]);
    expect(before).toBe(after);
    expect(before).toBeGreaterThanOrEqual(fewest);
  },
  TIMEOUT_MS,
);
