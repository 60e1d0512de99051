import type { ChildProcess } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { CycleReport } from '../../src/cycle/report.ts';
import { type AgentChild, agentProcesses, type AgentProcesses } from '../support/agent-children.ts';
import { newScene, type Scene } from '../support/scenario.ts';

const AGENTS = 3;
const CYCLES = 50;
/** Two commands each, and two a cycle: the work lasts for many cycles, and for many changes of who does it. */
const EQUIPMENT = Array.from({ length: 60 }, (_none, index) => `R${index + 1}`);
const FLAGS = {
  'store.leaseSeconds': 5.8,
  'plant.timeoutSeconds': 0.2,
  'plant.readBackSeconds': 1,
  'policy.maxDispatchPerCycle': 2,
  'policy.maxWritesPerMinute': 1000,
  'policy.settlingSeconds': 3600,
  'policy.verifyWindowSeconds': 7200,
  'retry.attempts': 3,
};
const LONGER_THAN_A_LEASE_MS = 6200;
/** Every so manyth pause is as long as that. */
const ONE_IN = 20;
const TIMEOUT_MS = 170_000;
const SEED = Number(process.env['FENCING_SEED'] ?? Date.now() % 1_000_000);

let scene: Scene;
let agents: AgentProcesses;
beforeEach(() => {
  agents = agentProcesses();
});
afterEach(async () => {
  agents.stop();
  await scene.close();
});

/** Numbers from 0 to 1; mulberry32. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pauseFor = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const isOver = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

/** Stops an agent and lets it go on, again and again, until it has done its cycles. @returns how often it stood longer than a lease */
async function pauseAtRandom({ child }: AgentChild, random: () => number): Promise<number> {
  let long = 0;
  while (!isOver(child)) {
    await pauseFor(random() * 150);
    child.kill('SIGSTOP');
    const isLong = random() < 1 / ONE_IN;
    await pauseFor(isLong ? LONGER_THAN_A_LEASE_MS : random() * 60);
    child.kill('SIGCONT');
    if (isLong) long += 1;
  }
  return long;
}

test(
  `agents that are stopped and go on at random write each command once, in time, and only the holder (FENCING_SEED=${SEED})`,
  async () => {
    scene = await newScene(FLAGS);
    for (const id of EQUIPMENT) await scene.reading(id, 92);
    await scene.cycle();
    for (const id of EQUIPMENT) await scene.approve(id);
    for (const id of EQUIPMENT) await scene.reading(id, 92);
    const random = numbersFrom(SEED);
    const children = Array.from({ length: AGENTS }, (_none, index) =>
      agents.start(scene.settings, { name: `agent-${index + 1}`, cycles: CYCLES, waitSeconds: 1, stopAt: [] }),
    );
    const pauses = await Promise.all(children.map((child) => pauseAtRandom(child, random)));
    const reports = (await Promise.all(children.map(({ said }) => said))).flat().map(({ report }) => report);
    expect(reports).toHaveLength(AGENTS * CYCLES);
    expect(Math.max(...pauses)).toBeGreaterThan(0);
    await settle();
    await expectCountedAtThePlant(reports);
  },
  TIMEOUT_MS,
);

/** A run may write until another one has begun, which it can only once the lease of the first is over. */
function expectOnlyTheHolderWrote(reports: readonly CycleReport[], writtenBy: ReadonlyMap<string, number>): void {
  const begun = reports.flatMap(({ runId, startedAt }) => (startedAt === null ? [] : [{ runId, startedAt }]));
  const startOf = new Map(begun.map(({ runId, startedAt }) => [runId, startedAt]));
  for (const [runId, lastWriteAt] of writtenBy) {
    const startedAt = startOf.get(runId) ?? Number.POSITIVE_INFINITY;
    expect(begun.filter((other) => other.startedAt > startedAt && other.startedAt < lastWriteAt)).toEqual([]);
  }
}

async function expectCountedAtThePlant(reports: readonly CycleReport[]): Promise<void> {
  const commands = await scene.sql('SELECT command_id, status, claimed_by, not_after FROM agent_commands');
  const byId = new Map(commands.map((row) => [String(row['command_id']), row]));
  const writes = scene.plant.writes().filter(({ accepted }) => accepted);
  expect(new Set(writes.map(({ commandId }) => commandId)).size).toBe(writes.length);
  expect(writes.filter(({ commandId, at }) => !(at <= Date.parse(String(byId.get(commandId)?.['not_after']))))).toEqual([]);
  expect(commands.filter(({ status }) => status === 'executed')).toHaveLength(writes.length);
  const writtenBy = new Map<string, number>();
  for (const { commandId, at } of writes) writtenBy.set(String(byId.get(commandId)?.['claimed_by']), at);
  expect(writtenBy.size).toBeGreaterThan(AGENTS);
  expectOnlyTheHolderWrote(reports, writtenBy);
}

/** Every approval comes to an end: what the agents left in the middle is decided by the next cycles. */
async function settle(): Promise<void> {
  for (let cycle = 0; cycle < EQUIPMENT.length; cycle += 1) {
    for (const id of EQUIPMENT) await scene.reading(id, 92);
    await scene.cycle();
    const open = await scene.sql(`SELECT 1 FROM agent_recommendations WHERE status IN ('approved', 'executing')`);
    if (open.length === 0) return;
    await pauseFor(FLAGS['plant.timeoutSeconds'] * 1000);
  }
  throw new Error('approved recommendations are still open');
}
