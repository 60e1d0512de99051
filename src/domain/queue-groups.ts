import type { Instant } from './instant.ts';
import type { Recommendation } from './recommendation.ts';
import { priorityOf, type Severity } from './severity.ts';

/** What an operator sees of a flood instead of its rows. */
export interface QueueGroup {
  readonly severity: Severity;
  readonly issueType: string;
  readonly count: number;
  /** The row with the worst reading. */
  readonly worst: Recommendation;
  readonly oldestAt: Instant;
  /** Each once, the one with the worst reading first. */
  readonly equipment: readonly string[];
}

/**
 * Recommendations by severity and issue, the worst and then the largest group first.
 * @param isHigherWorse of a row: whether its issue lies above a limit
 */
export function groupQueue(rows: readonly Recommendation[], isHigherWorse: (row: Recommendation) => boolean): readonly QueueGroup[] {
  const groups = new Map<string, Recommendation[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.severity, row.issueType]);
    const members = groups.get(key);
    if (members) members.push(row);
    else groups.set(key, [row]);
  }
  const badness = (row: Recommendation) => (isHigherWorse(row) ? row.peakValue : -row.peakValue);
  const made = [...groups.values()].flatMap((members): readonly QueueGroup[] => {
    const sorted = members.toSorted((a, b) => badness(b) - badness(a) || a.createdTimestamp - b.createdTimestamp);
    const [worst] = sorted;
    if (!worst) return [];
    return [
      {
        severity: worst.severity,
        issueType: worst.issueType,
        count: sorted.length,
        worst,
        oldestAt: sorted.reduce((oldest, row) => Math.min(oldest, row.createdTimestamp), worst.createdTimestamp),
        equipment: [...new Set(sorted.map((row) => row.equipmentId))],
      },
    ];
  });
  return made.toSorted((a, b) => priorityOf(b.severity) - priorityOf(a.severity) || b.count - a.count || a.oldestAt - b.oldestAt);
}
