/**
 * Another agent on a store without a holder's lock, for the fencing suite: reads its settings and its task from its arguments, runs its
 * cycles, and says on stdout what each of them reported. It stops itself (SIGSTOP) at the points it is told; who started it lets it go on.
 */
import type { Settings } from '../../src/config/settings.ts';
import type { CycleReport } from '../../src/cycle/report.ts';
import { runCycle } from '../../src/cycle/run-cycle.ts';
import { parseCrashPoint } from '../../src/domain/crash-point.ts';
import { type Calls, openRowLeased } from './row-leased.ts';

export interface AgentTask {
  /** The runs are called after it: `name-1`, `name-2` … */
  readonly name: string;
  readonly cycles: number;
  /** How long each cycle waits for the lease of another run, seconds. */
  readonly waitSeconds: number;
  /** As OPS_AGENT_STOP_AT spells one. */
  readonly stopAt: readonly string[];
}

export interface CycleSaid {
  readonly report: CycleReport;
  readonly calls: Calls;
}

async function work(settings: Settings, { name, cycles, waitSeconds, stopAt }: AgentTask): Promise<void> {
  const points = stopAt.flatMap((text) => parseCrashPoint(text, 'OPS_AGENT_STOP_AT') ?? []);
  const { ports, calls, close } = await openRowLeased(settings, points);
  for (let cycle = 1; cycle <= cycles; cycle += 1) {
    const options = { runId: `${name}-${cycle}`, processId: name, waitSeconds, nextDueInSeconds: 10, takeOver: false };
    const report = await runCycle(ports, settings, new AbortController().signal, options);
    process.stdout.write(`${JSON.stringify({ report, calls } satisfies CycleSaid)}\n`);
  }
  await close();
}

const [settings, task] = process.argv.slice(2).map((text) => JSON.parse(text) as unknown);
void work(settings as Settings, task as AgentTask); // the suite wrote both
