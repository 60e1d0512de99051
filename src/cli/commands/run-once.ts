import { newRunId } from '../run-id.ts';
import type { CycleReport } from '../../cycle/report.ts';
import { runCycle } from '../../cycle/run-cycle.ts';
import { asAgentError } from '../../domain/errors.ts';
import type { CliContext } from '../context.ts';
import { openCyclePorts, requireColumns } from '../cycle-ports.ts';
import { exitCodeFor, reportJson, reportLine } from '../cycle-report.ts';
import { sentence } from '../error-text.ts';
import { introduce } from '../introduction.ts';
import type { JsonOption } from '../json-option.ts';
import { tellAfterCycle } from '../tell-people.ts';

export interface RunOnceOptions extends JsonOption {
  readonly wait?: string;
  readonly runId?: string;
  readonly exitZeroOnPartial?: boolean;
  readonly exitOnStdinEnd?: boolean;
  readonly takeOver?: boolean;
}

export async function run(context: CliContext, options: RunOnceOptions): Promise<number> {
  if (options.exitOnStdinEnd) context.interruption.watchStdin();
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
  await nameColumns(context, report);
  if (options.json) context.out.json(reportJson(report));
  // A cycle that could not begin did nothing that a line could tell; why is the error's to say, with its remedy.
  if (report.outcome === 'failed') throw report.cause;
  if (!options.json) context.out.print(reportLine(report));
  // The cycle is over, its lease is given back and its report is out: nothing of it waits for anybody who is told.
  await tellAfterCycle(context);
  const interrupted = context.interruption.exitCode();
  if (interrupted === null) return exitCodeFor(report, options.exitZeroOnPartial === true);
  await (await context.store()).markOffline(settings.agentId, null);
  return interrupted;
}

/**
 * Of a look at the readings that the engine refused: which keys name what the table lacks, and where. Before each cycle that would be a statement more in
 * all of those that find nothing, so that it is asked afterwards, and only then.
 */
async function nameColumns(context: CliContext, report: CycleReport): Promise<void> {
  if (!report.errors.some(({ phase, code }) => phase === 'detect' && code === 'usage')) return;
  try {
    await requireColumns(context);
  } catch (thrown) {
    // That the cycle failed is told, and its exit code stands, whatever becomes of this.
    (await context.log()).error(sentence(asAgentError(thrown)));
  }
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
