import { type Control, CONTROL_KINDS, isOver } from './control.ts';
import type { AuditRow } from './audit-chain.ts';
import type { StandingOrder } from './evidence-record.ts';
import type { Instant } from './instant.ts';
import type { TimeRange } from './window.ts';

function time(value: unknown): Instant | null {
  return typeof value === 'string' ? Date.parse(value) : null;
}

/** The order in an event's copy; null where it has none. */
function orderIn(copy: unknown): Control | null {
  const { kind, scope, by, reason, since, until } = Object(copy) as Record<string, unknown>; // each part is judged below
  const known = CONTROL_KINDS.find((each) => each === kind);
  const from = time(since);
  if (!known || typeof scope !== 'string' || from === null || Number.isNaN(from)) return null;
  return { kind: known, scope, by: String(by), reason: String(reason), since: from, until: time(until) };
}

/**
 * The orders that were in force for the equipment at some time of `range`, oldest first, as the audit has them; one that was given anew ends
 * the one before it. `events` are about controls, oldest first.
 */
export function ordersDuring(events: readonly AuditRow[], equipmentId: string, { after, upTo }: TimeRange): readonly StandingOrder[] {
  return events.flatMap((event, index) => {
    const order = event.event === 'control_set' ? orderIn(event.after) : null;
    if (!order || !isOver(order, equipmentId) || event.at > upTo) return [];
    const next = events.slice(index + 1).find(({ subjectId }) => subjectId === event.subjectId);
    const lifted = next ? { at: next.at, by: next.actor } : null;
    const endedAt = Math.min(order.until ?? Number.POSITIVE_INFINITY, lifted?.at ?? Number.POSITIVE_INFINITY);
    return endedAt <= after ? [] : [{ ...order, lifted }];
  });
}
