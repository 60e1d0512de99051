import type { CycleReport } from '../cycle/report.ts';
import { asAgentError } from '../domain/errors.ts';
import { SECOND_MS } from '../domain/instant.ts';
import type { Log } from '../ports/log.ts';
import { reportJson } from './cycle-report.ts';
import { sentence } from './error-text.ts';

export interface LoopPlan {
  /** From the start of one cycle to the start of the next. */
  readonly intervalSeconds: number;
  /** Null: without end. */
  readonly maxCycles: number | null;
  readonly forSeconds: number | null;
}

export interface LoopLimits {
  readonly maxErrorsInARow: number;
  readonly pauseSeconds: number;
}

/** The specification's: after 5 errors in a row it backs off for 60 seconds. */
export const LOOP_LIMITS: LoopLimits = { maxErrorsInARow: 5, pauseSeconds: 60 };

export interface LoopPorts {
  /** One cycle; `first` is true once. */
  readonly cycle: (first: boolean) => Promise<CycleReport>;
  readonly log: Log;
  readonly monotonic: () => number;
  /** Ends early when the signal is aborted; never throws for it. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Nobody can wait these away, so at the start they end the loop; later they may be a migration under way. */
const FATAL_AT_START: ReadonlySet<string> = new Set(['usage', 'not_set_up']);

/**
 * Runs cycles until the signal, the number or the time is reached. An error of one cycle is logged and does not keep
 * the next from running; several in a row make it pause, one success forgets them.
 * @returns how many cycles ran
 * @throws AgentError usage, not_set_up when the first cycle finds that this cannot work
 */
export async function loopCycles(ports: LoopPorts, plan: LoopPlan, limits: LoopLimits, signal: AbortSignal): Promise<number> {
  const begun = ports.monotonic();
  const deadline = plan.forSeconds === null ? Number.POSITIVE_INFINITY : begun + plan.forSeconds * SECOND_MS;
  let errorsInARow = 0;
  let cycles = 0;
  while (!signal.aborted) {
    const started = ports.monotonic();
    const report = await oneCycle(ports, cycles === 0);
    const ended = ports.monotonic();
    cycles += 1;
    errorsInARow = report.errors.length === 0 ? 0 : errorsInARow + 1;
    const due = started + plan.intervalSeconds * SECOND_MS;
    const pausing = errorsInARow >= limits.maxErrorsInARow;
    const waitMs = pausing ? limits.pauseSeconds * SECOND_MS : Math.max(0, due - ended);
    const isLast = signal.aborted || cycles === plan.maxCycles || ended + waitMs >= deadline;
    logEnd(ports.log, report, ended - started, isLast ? null : waitMs);
    if (isLast) break;
    if (pausing) {
      ports.log.error(`${errorsInARow} errors in a row, pausing for ${limits.pauseSeconds} seconds`);
      errorsInARow = 0;
    }
    await ports.sleep(waitMs, signal);
  }
  return cycles;
}

/** Whole seconds as the specification prints them, but no '1s' for a tenth of one. */
function waitText(waitMs: number): string {
  return `${waitMs >= SECOND_MS ? Math.ceil(waitMs / SECOND_MS) : Math.ceil(waitMs / 100) / 10}s`;
}

function logEnd(log: Log, report: CycleReport, durationMs: number, waitMs: number | null): void {
  const next = waitMs === null ? 'no next poll' : `Next poll in ${waitText(waitMs)}`;
  log.info(`[CYCLE COMPLETE] Duration: ${(durationMs / SECOND_MS).toFixed(2)}s, ${next}`, { report: reportJson(report) });
}

/** A cycle that could not even begin has said nothing yet; of any other the phases have. */
async function oneCycle(ports: LoopPorts, first: boolean): Promise<CycleReport> {
  const report = await ports.cycle(first);
  if (report.outcome !== 'failed') return report;
  const error = asAgentError(report.cause);
  if (first && FATAL_AT_START.has(error.code)) throw error;
  ports.log.error(`Cycle failed: ${sentence(error)}`);
  return report;
}
