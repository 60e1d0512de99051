import { counted } from '../../domain/counted.ts';
import { newRunId } from '../run-id.ts';
import { setTimeout as delay } from 'node:timers/promises';

import type { Settings } from '../../config/settings.ts';
import type { CyclePorts } from '../../cycle/ports.ts';
import { runCycle } from '../../cycle/run-cycle.ts';
import type { Log } from '../../ports/log.ts';
import type { CliContext } from '../context.ts';
import { requireColumns } from '../cycle-ports.ts';
import { EXIT } from '../exit-codes.ts';
import { introduce } from '../introduction.ts';
import { LOOP_LIMITS, loopCycles } from '../loop-cycles.ts';
import { withoutRepeats } from '../standing-warnings.ts';
import { statusReport } from '../status-report.ts';
import { tellingBeside } from '../tell-people.ts';

export interface LoopOptions {
  readonly interval?: number;
  readonly maxCycles?: number;
  readonly for?: string;
  readonly exitOnStdinEnd?: boolean;
  readonly takeOver?: boolean;
}

export async function run(context: CliContext, options: LoopOptions): Promise<number> {
  if (options.exitOnStdinEnd) context.interruption.watchStdin();
  const settings = await context.settings();
  const forSeconds = options.for === undefined ? null : await secondsOf(options.for);
  const intervalSeconds = options.interval ?? settings.poll.intervalSeconds;
  const log = await context.log();
  const ports = await start(context, settings, intervalSeconds, log);
  const { signal, ending } = context.interruption;
  signal.addEventListener('abort', () => log.info('Agent interrupted by user. Shutting down gracefully...'), { once: true });
  const processId = newRunId();
  const telling = tellingBeside(context);
  const cycle = async (first: boolean) => {
    const runId = newRunId();
    context.nameRun(runId);
    const report = await runCycle(ports, settings, signal, {
      runId,
      processId,
      waitSeconds: 0,
      nextDueInSeconds: intervalSeconds,
      takeOver: first && options.takeOver === true,
    });
    if (report.outcome !== 'failed') telling.ring();
    return report;
  };
  const plan = { intervalSeconds, maxCycles: options.maxCycles ?? null, forSeconds };
  const cycles = await loopCycles({ cycle, log, monotonic: context.monotonic, sleep }, plan, LOOP_LIMITS, ending);
  await (await context.store()).markOffline(settings.agentId, processId);
  log.info(`Agent ${settings.agentId} is offline after ${counted(cycles, 'cycle')}`);
  await telling.ended();
  return context.interruption.exitCode() ?? EXIT.done;
}

async function secondsOf(text: string): Promise<number> {
  const { parseDuration } = await import('../../config/duration.ts');
  return parseDuration(text);
}

/** Opens everything, saying so in the specification's words. @throws AgentError where the loop could not work at all. */
async function start(context: CliContext, settings: Settings, intervalSeconds: number, log: Log): Promise<CyclePorts> {
  const { agentId } = settings;
  introduce(settings, intervalSeconds, log);
  const store = await context.store();
  log.info(`Connected to store ${store.description} successfully`);
  const plant = await context.plant();
  log.info(`Initialized plant: ${plant.description}`);
  log.info(`Agent ${agentId} initialized successfully`);
  const source = await context.source();
  await requireColumns(context);
  const figures = await store.readFigures();
  log.info('✓ Database connection verified');
  log.info(`\n${statusReport(agentId, figures)}\n`);
  log.info(`[STARTUP] Agent ${agentId} starting monitoring loop...`);
  log.info(`Poll interval: ${intervalSeconds} seconds`);
  return { store, source, plant, log: withoutRepeats(log), monotonic: context.monotonic };
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  // An aborted wait rejects; to be woken is what was wanted.
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
