import { HOUR_MS, type Instant } from '../../src/domain/instant.ts';
import type { Recommended } from './clocked-store.ts';
import type { Shown } from './feed.ts';
import { type Fault, KINDS, type Kind, type Plan } from './plan.ts';

export interface Judged {
  readonly fault: Fault;
  readonly shown: Shown;
  /** The recommendations of its equipment and family whose time it is in. */
  readonly matches: readonly Recommended[];
}

export interface Verdict {
  readonly planned: number;
  readonly once: number;
  readonly missed: readonly Judged[];
  readonly twice: readonly Judged[];
  /** Recommendations without a fault. */
  readonly unfounded: readonly Recommended[];
  /** Found with the severity of its worst reading; a recommendation about several faults has the worst one's. */
  readonly severityRight: number;
  /** Found together with an earlier fault, in one recommendation. */
  readonly together: readonly (readonly Fault[])[];
  readonly decoys: number;
  readonly judged: readonly Judged[];
}

/**
 * A recommendation is about a fault when the time from its first reading to the last that it accounts for touches the fault's; one that is
 * still open goes on.
 */
export function judge(plan: Plan, shown: ReadonlyMap<Fault, Shown>, found: readonly Recommended[]): Verdict {
  const real = plan.faults.filter((fault) => fault.spoilt === null);
  const judged = real.map((fault): Judged => {
    const seen = shown.get(fault);
    if (seen === undefined) throw new Error(`a planned ${fault.kind} shows nothing: the plan is wrong`);
    return { fault, shown: seen, matches: found.filter((row) => isAbout(row, fault, seen)) };
  });
  const about = (row: Recommended): readonly Judged[] => judged.filter(({ matches }) => matches.includes(row));
  return {
    planned: real.length,
    once: judged.filter(({ matches }) => matches.length === 1).length,
    missed: judged.filter(({ matches }) => matches.length === 0),
    twice: judged.filter(({ matches }) => matches.length > 1),
    unfounded: found.filter((row) => about(row).length === 0),
    severityRight: judged.filter(({ fault, matches: [row] }) => row?.severity === severityOf(row === undefined ? [] : about(row), fault))
      .length,
    together: found.map((row) => about(row).map(({ fault }) => fault)).filter((faults) => faults.length > 1),
    decoys: plan.faults.length - real.length,
    judged,
  };
}

function isAbout(row: Recommended, fault: Fault, { first, last }: Shown): boolean {
  const place = row.equipment === `EQ_${String(fault.equipment).padStart(3, '0')}` && row.family === fault.family;
  return place && row.firstDetected <= last && (row.status === 'pending' || row.lastAccounted >= first);
}

/** By the same bands as the store's rules. */
function severityOf(judged: readonly Judged[], { family }: Fault): string {
  if (family === 'flow_rate') return 'medium';
  const worst = Math.max(...judged.map(({ shown }) => shown.peak));
  return worst > 95 ? 'critical' : worst > 90 ? 'high' : 'medium';
}

/** Which hour of the plan a moment is in; the end of an hour belongs to it, as it does to a slice. */
export function hourOf(plan: Plan, at: Instant): number {
  return Math.ceil((at - plan.begin) / HOUR_MS) - 1;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function printVerdict(verdict: Verdict): void {
  const { planned, once, missed, twice, unfounded, together, severityRight, decoys } = verdict;
  const merged = together.reduce((sum, faults) => sum + faults.length - 1, 0);
  console.log(
    `  ${planned} faults: ${once} found once, ${twice.length} twice, ${missed.length} missed; ${unfounded.length} unfounded recommendations`,
  );
  console.log(`  severity right: ${severityRight} of ${planned}; in one recommendation with an earlier fault: ${merged}; ${decoys} decoys`);
  for (const kind of KINDS) console.log(`    ${kindLine(verdict, kind)}`);
  for (const each of [...missed, ...twice]) console.log(`  ! ${describe(each)}`);
  for (const row of unfounded) console.log(`  ! unfounded: ${JSON.stringify(row)}`);
}

function kindLine({ judged, decoys }: Verdict, kind: Kind): string {
  if (kind === 'spoilt') return `${kind.padEnd(16)} ${decoys} planned, none to be found`;
  const mine = judged.filter(({ fault }) => fault.kind === kind);
  return `${kind.padEnd(16)} ${mine.filter(({ matches }) => matches.length === 1).length} of ${mine.length} once`;
}

function describe({ fault, shown, matches }: Judged): string {
  const span = `${new Date(shown.first).toISOString()} to ${new Date(shown.last).toISOString()}`;
  return `${fault.kind} of EQ_${String(fault.equipment).padStart(3, '0')}, ${span}, late ${fault.lateMs / 1000} s: ${JSON.stringify(matches)}`;
}
