import type { Evidence } from '../../domain/evidence.ts';
import type { AuditRow } from '../../domain/audit-chain.ts';

/** The audit's rows about the recommendation and its commands, in the order in which they were written. */
export function historyOf({ events, commandEvents }: Evidence): readonly AuditRow[] {
  return [...events, ...commandEvents].toSorted((a, b) => a.at - b.at || a.ordinal - b.ordinal);
}
