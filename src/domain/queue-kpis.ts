import type { Instant } from './instant.ts';
import { SECOND_MS } from './instant.ts';
import { FLOOD_WINDOW_SECONDS } from './queue.ts';
import { knownSeverity, type Severity } from './severity.ts';

export const KPI_WINDOW_HOURS = 24;

/** ANSI/ISA-18.2 and IEC 62682, for four priorities: about 80 % low, 15 % medium, 5 % high, and less than 1 % of the highest. */
export const TARGET_SHARE_PERCENT: Readonly<Record<Severity, number>> = { critical: 1, high: 5, medium: 15, low: 80 };

/** What is stored about the last 24 hours of the queue, without episodes that were over before they were seen. */
export interface QueueDay {
  /** One entry for each moment of opening and severity: a cycle opens all of its recommendations at one moment. */
  readonly opened: readonly { readonly at: Instant; readonly severity: string; readonly opened: number; readonly withdrawn: number }[];
  /** From the opening to the approval or rejection, of each that was decided in these hours. */
  readonly secondsToDecision: readonly number[];
  /** Open and undecided, however old. */
  readonly unanswered: number;
  /** Open for more than 24 hours. */
  readonly stale: number;
  /** Pairs of equipment and family that chattered. */
  readonly chattering: number;
  /** Floods that began. */
  readonly floods: number;
}

export interface QueueKpis {
  readonly created: number;
  readonly meanPer10Minutes: number;
  readonly peakPer10Minutes: number;
  /** Percent; null where nothing was created. `other` only where something was that has none of the four. */
  readonly sharePercent: Readonly<Record<Severity, number | null>> & { readonly other?: number | null };
  readonly medianMinutesToDecision: number | null;
  readonly p90MinutesToDecision: number | null;
  /** Of what was created, percent; null where nothing was. */
  readonly withdrawnBeforeDecisionPercent: number | null;
}

function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

function percentOf(part: number, whole: number): number | null {
  return whole === 0 ? null : rounded((100 * part) / whole, 1);
}

/** By nearest rank: a value that occurred, and not one in between. Null of none. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** The most within any 10 minutes: some such window ends with an opening. */
export function peakWithin(moments: readonly { readonly at: Instant; readonly opened: number }[], seconds: number): number {
  const sorted = moments.toSorted((a, b) => a.at - b.at);
  let first = 0;
  let inWindow = 0;
  let peak = 0;
  for (const { at, opened } of sorted) {
    inWindow += opened;
    for (let oldest = sorted[first]; oldest && oldest.at <= at - seconds * SECOND_MS; oldest = sorted[first]) {
      inWindow -= oldest.opened;
      first += 1;
    }
    peak = Math.max(peak, inWindow);
  }
  return peak;
}

/** The figures of the standards over the last 24 hours. */
export function kpisOf(day: QueueDay): QueueKpis {
  const created = day.opened.reduce((sum, each) => sum + each.opened, 0);
  const withdrawn = day.opened.reduce((sum, each) => sum + each.withdrawn, 0);
  const windows = (KPI_WINDOW_HOURS * 3600) / FLOOD_WINDOW_SECONDS;
  const minutes = (seconds: number | null) => (seconds === null ? null : rounded(seconds / 60, 1));
  const countOf = (severity: Severity | 'other') =>
    day.opened.filter((each) => knownSeverity(each.severity) === severity).reduce((sum, each) => sum + each.opened, 0);
  const shareOf = (severity: Severity | 'other') => percentOf(countOf(severity), created);
  return {
    created,
    meanPer10Minutes: rounded(created / windows, 2),
    peakPer10Minutes: peakWithin(day.opened, FLOOD_WINDOW_SECONDS),
    sharePercent: {
      critical: shareOf('critical'),
      high: shareOf('high'),
      medium: shareOf('medium'),
      low: shareOf('low'),
      ...(countOf('other') > 0 && { other: shareOf('other') }),
    },
    medianMinutesToDecision: minutes(percentile(day.secondsToDecision, 0.5)),
    p90MinutesToDecision: minutes(percentile(day.secondsToDecision, 0.9)),
    // Only what is undecided can be withdrawn: the table of transitions has no other way there.
    withdrawnBeforeDecisionPercent: percentOf(withdrawn, created),
  };
}
