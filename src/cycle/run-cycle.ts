import type { Settings } from '../config/settings.ts';
import { approve } from './approve.ts';
import { begin } from './begin.ts';
import { countDecisions } from './count-decisions.ts';
import type { Cycle } from './cycle.ts';
import { detect } from './detect.ts';
import { end } from './end.ts';
import { execute } from './execute.ts';
import type { CycleOptions, CyclePorts } from './ports.ts';
import { recommend } from './recommend.ts';
import { type CycleReport, newReport, noteError, type Phase } from './report.ts';
import { verify } from './verify.ts';

/**
 * One cycle: an idempotent invocation that picks up whatever an earlier one left. A phase that fails is reported and does
 * not stop the later ones; a phase that needs what the failed one should have given does nothing.
 * Never throws for the store, the source or the plant: the report says what happened.
 */
export async function runCycle(ports: CyclePorts, settings: Settings, signal: AbortSignal, options: CycleOptions): Promise<CycleReport> {
  const report = newReport(settings.agentId, options.runId);
  const startedAt = ports.monotonic();
  const sentBefore = ports.store.statements + ports.source.statements;
  const elapsed = () => ports.monotonic() - startedAt;
  try {
    const begun = await begin(ports, settings, signal, options, report);
    if ('skipped' in begun) {
      report.outcome = 'skipped';
      report.skippedReason = begun.skipped;
      ports.log.info(`Cycle skipped: ${begun.skipped}`);
    } else {
      await runPhases(begun, () => end(begun, options, elapsed()));
      if (report.errors.length > 0) report.outcome = 'partial';
    }
  } catch (thrown) {
    report.outcome = 'failed';
    report.skippedReason = null;
    noteError(report, 'begin', thrown);
    report.cause = thrown;
  } finally {
    await ports.store.releaseLock();
  }
  report.durationMs = Math.round(elapsed());
  report.statements = ports.store.statements + ports.source.statements - sentBefore;
  return report;
}

async function runPhases(cycle: Cycle, finish: () => Promise<void>): Promise<void> {
  await phase(cycle, 'detect', detect);
  await phase(cycle, 'recommend', recommend);
  await phase(cycle, 'approve', approve);
  await phase(cycle, 'execute', execute);
  await phase(cycle, 'verify', verify);
  await phase(cycle, 'end', countDecisions);
  await phase(cycle, 'end', finish);
}

async function phase(cycle: Cycle, name: Phase, work: (cycle: Cycle) => Promise<void>): Promise<void> {
  try {
    await work(cycle);
  } catch (thrown) {
    noteError(cycle.report, name, thrown);
    cycle.report.cause ??= thrown;
    cycle.ports.log.error(`Phase ${name} failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}
