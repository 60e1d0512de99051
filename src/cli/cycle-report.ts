import type { CycleReport } from '../cycle/report.ts';
import { counted } from '../domain/counted.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { jsonTree } from './json.ts';

/** The report with the keys of the tables' spelling; `skipped_reason` only where there is one. */
export function reportJson({ skippedReason, cause: _cause, ...report }: CycleReport): unknown {
  return jsonTree(skippedReason === null ? report : { ...report, skippedReason });
}

/** What the scheduler is told. The flag forgives what the heartbeat and the events tell, not a cycle that could do nothing. */
export function exitCodeFor(report: CycleReport, exitZeroOnPartial: boolean): number {
  if (exitZeroOnPartial && report.outcome !== 'failed') return EXIT.done;
  const codes = report.errors.map((error) => exitCodeOf(error.code));
  if (codes.includes(EXIT.unavailable)) return EXIT.unavailable;
  const [first] = codes;
  if (first !== undefined) return first;
  return report.commands.failed + report.commands.unknown > 0 ? EXIT.commandFailed : EXIT.done;
}

/** The same for people, on one line. */
export function reportLine(report: CycleReport): string {
  if (report.outcome === 'skipped') return `Cycle skipped: ${report.skippedReason ?? 'nothing to do'}`;
  const parts = [
    counted(report.readings.violations, 'violation'),
    counts('recommendations', report.recommendations),
    counts('commands', report.commands),
    counts('outcomes', report.outcomes),
    report.workOrders.opened + report.workOrders.closed === 0 ? '' : counts('work orders', report.workOrders),
    report.errors.length === 0 ? '' : `errors: ${report.errors.map((error) => `${error.phase}: ${error.message}`).join('; ')}`,
  ];
  return `Cycle ${report.outcome} in ${(report.durationMs / 1000).toFixed(2)}s: ${parts.filter((part) => part !== '').join('; ')}`;
}

function counts(what: string, numbers: Readonly<Record<string, number>>): string {
  const present = Object.entries(numbers).flatMap(([name, count]) => (count === 0 ? [] : [`${count} ${name}`]));
  return present.length === 0 ? `no ${what}` : `${what} ${present.join(', ')}`;
}
