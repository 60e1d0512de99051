import type { Evidence } from '../../domain/evidence.ts';
import type { AuditRow } from '../../domain/audit-chain.ts';

/** In the order in which they were recorded: those of one moment and one process by their ordinal. */
export function inOrder(events: readonly AuditRow[]): readonly AuditRow[] {
  return events.toSorted((a, b) => a.at - b.at || a.ordinal - b.ordinal);
}

/** The audit's rows about the recommendation and its commands, in the order in which they were written. */
export function historyOf({ events, commandEvents }: Evidence): readonly AuditRow[] {
  return inOrder([...events, ...commandEvents]);
}
