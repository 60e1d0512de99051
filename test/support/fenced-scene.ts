import { loadSettings } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import type { CycleReport } from '../../src/cycle/report.ts';
import { runCycle } from '../../src/cycle/run-cycle.ts';
import type { ReceivedWrite } from '../../src/ports/plant.ts';
import { openRowLeased } from './row-leased.ts';
import { approval, type Flags, QUICK } from './scenario.ts';
import { type BusyCase, type BusyTemplate, copyOf } from './scenario-busy.ts';

const MOST_CYCLES_TO_SETTLE = 6;
const LOOK_MS = 50;
const NOW = `strftime('%Y-%m-%d %H:%M:%f', 'now')`;
const OPEN_WORK = `SELECT status FROM agent_commands WHERE status IN ('pending', 'executing', 'unknown')
  UNION ALL SELECT status FROM agent_recommendations WHERE status IN ('approved', 'executing')`;

/** One busy store and plant that two agents work on: the one that stops itself, and this one, which has the row's lease alone. */
export interface FencedScene extends BusyCase {
  readonly settings: Settings;
  /** One cycle of this agent, which waits for the lease of the other to run out. */
  cycle(runId: string): Promise<CycleReport>;
  /** Takes the lease as soon as it is free, and does nothing with it. */
  takeLease(runId: string): Promise<void>;
  /** Cycles until nothing that was approved is open. @throws Error when something hangs */
  settle(name: string): Promise<void>;
  /** As an operator's HMI: the row that the cycles made for the newest violation. */
  approveNew(): Promise<void>;
  /** Until the store's clock has passed what the statement says. @returns that moment; null where it says nothing, and at once */
  passed(sql: string): Promise<number | null>;
  /** What reached the plant, whether it acted on it or not, oldest first. */
  received(): readonly ReceivedWrite[];
  /** What it acted on. */
  accepted(): readonly ReceivedWrite[];
}

/** A time of the store's as an instant. */
export function instantOf(text: unknown): number {
  return Date.parse(`${String(text).replace(' ', 'T')}Z`);
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}

export async function openFencedScene(template: BusyTemplate, flags: Flags): Promise<FencedScene> {
  const copy = copyOf(template);
  const settings = loadSettings({ env: {}, cwd: copy.folder, flags: { ...QUICK, ...flags } });
  const agent = await openRowLeased(settings);
  const cycle = async (runId: string): Promise<CycleReport> => {
    await copy.refresh();
    const options = { runId, processId: 'other', waitSeconds: 30, nextDueInSeconds: 10, takeOver: false };
    return runCycle(agent.ports, settings, new AbortController().signal, options);
  };
  return {
    ...copy,
    settings,
    cycle,
    takeLease: (runId) =>
      until(async () => {
        await agent.ports.store.takeLease({ agentId: settings.agentId, runId, leaseSeconds: settings.store.leaseSeconds });
        return (await copy.rows(`SELECT 1 FROM agent_health WHERE lease_owner = '${runId}'`)).length > 0;
      }),
    settle: async (name) => {
      for (let count = 1; count <= MOST_CYCLES_TO_SETTLE; count += 1) {
        const { outcome, errors } = await cycle(`${name}-${count}`);
        if (outcome !== 'completed') throw new Error(`a cycle of ${name} was ${outcome}: ${JSON.stringify(errors)}`);
        if ((await copy.rows(OPEN_WORK)).length === 0) return;
        // What was sent may still arrive as long.
        await new Promise((resolve) => setTimeout(resolve, settings.plant.timeoutSeconds * 1000));
      }
      throw new Error(`still open: ${JSON.stringify(await copy.rows(OPEN_WORK))}`);
    },
    approveNew: async () => {
      const pending = await copy.rows(
        `SELECT recommendation_id AS id FROM agent_recommendations WHERE equipment_id = 'NEW' AND status = 'pending'`,
      );
      for (const { id } of pending) await copy.rows(approval(String(id), { approved_timestamp: NOW }));
    },
    passed: async (sql) => {
      const [row] = await copy.rows(sql);
      const text = row && Object.values(row)[0];
      if (typeof text !== 'string') return null;
      await until(() => Date.now() > instantOf(text));
      return instantOf(text);
    },
    received: () => agent.simulator.writes(),
    accepted: () => agent.simulator.writes().filter((write) => write.accepted),
    remove: () => {
      void agent.close().then(() => copy.remove());
    },
  };
}
