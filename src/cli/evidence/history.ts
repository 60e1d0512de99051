import type { Evidence } from '../../domain/evidence.ts';
import type { RecordedEvent } from '../../domain/evidence-record.ts';

/** The audit's rows about the recommendation and its commands, in the order in which they were written. */
export function historyOf({ events, commandEvents }: Evidence): readonly RecordedEvent[] {
  return [...events, ...commandEvents].toSorted((a, b) => a.at - b.at || a.ordinal - b.ordinal);
}
