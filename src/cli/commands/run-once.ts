import { newRunId } from '../run-id.ts';
import { runCycle } from '../../cycle/run-cycle.ts';
import type { CliContext } from '../context.ts';
import { openCyclePorts } from '../cycle-ports.ts';
import { exitCodeFor, reportJson, reportLine } from '../cycle-report.ts';
import { introduce } from '../introduction.ts';
import type { JsonOption } from '../json-option.ts';

export interface RunOnceOptions extends JsonOption {
  readonly wait?: string;
  readonly runId?: string;
  readonly exitZeroOnPartial?: boolean;
  readonly takeOver?: boolean;
}

export async function run(context: CliContext, options: RunOnceOptions): Promise<number> {
  const settings = await context.settings();
  const waitSeconds = options.wait === undefined ? 0 : await secondsOf(options.wait);
  introduce(settings, settings.poll.intervalSeconds, await context.log());
  const runId = runIdOf(options.runId);
  context.nameRun(runId);
  const ports = await openCyclePorts(context);
  const report = await runCycle(ports, settings, context.interruption.signal, {
    runId,
    processId: null,
    waitSeconds,
    nextDueInSeconds: settings.poll.intervalSeconds,
    takeOver: options.takeOver === true,
  });
  if (options.json) context.out.json(reportJson(report));
  // A cycle that could not begin did nothing that a line could tell; why is the error's to say, with its remedy.
  if (report.outcome === 'failed') throw report.cause;
  if (!options.json) context.out.print(reportLine(report));
  const interrupted = context.interruption.exitCode();
  if (interrupted === null) return exitCodeFor(report, options.exitZeroOnPartial === true);
  await (await context.store()).markOffline(settings.agentId, null);
  return interrupted;
}

async function secondsOf(text: string): Promise<number> {
  const { parseDuration } = await import('../../config/duration.ts');
  return parseDuration(text);
}

/** A scheduler's own id, or a new one. An empty one would be everybody's, and a lease must be somebody's. */
function runIdOf(given: string | undefined): string {
  const text = given?.trim() ?? '';
  return text === '' ? newRunId() : text;
}
