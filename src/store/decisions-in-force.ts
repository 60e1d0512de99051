import { type AgentEvent, eventOf } from '../domain/event.ts';
import { isoOf } from '../domain/instant.ts';
import type { Recommendation } from '../domain/recommendation.ts';
import { isRecommendationStatus, mayBeDecided } from '../domain/transitions.ts';
import type { OperatorDecision, StoredEvent } from '../ports/operator-store.ts';

const STATUS_OF = { approve: 'approved', reject: 'rejected', defer: 'deferred' } as const;

/** Whether the row as it was read allows the decision. */
export function isPossible(row: Recommendation, decision: OperatorDecision): boolean {
  const undecided = isRecommendationStatus(row.status) && mayBeDecided(row.status, STATUS_OF[decision.kind]);
  return undecided && (decision.kind !== 'approve' || row.actionHash === decision.seenHash);
}

/** Somebody else decided between the look and the write: the audit is told that the announced decision is void. */
export function notApplied(event: AgentEvent, status: string): AgentEvent {
  return eventOf(event, {
    subjectType: event.subjectType,
    subjectId: event.subjectId,
    event: 'decision_void',
    actor: event.actor,
    fromStatus: status,
    toStatus: event.toStatus,
    reason: 'somebody else changed the row first',
    step: event.event,
  });
}

/** What the row says after the write; `before` is how it was found. */
export function isInForce(row: Recommendation, decision: OperatorDecision, before: Recommendation): boolean {
  switch (decision.kind) {
    case 'approve':
      // A cycle may have taken it over already: then the way of the first of two approvals is in the audit alone.
      if (row.actionHash !== decision.seenHash) return false;
      if (row.status === 'awaiting_second') return row.approvedByOperator === decision.by && before.status !== 'awaiting_second';
      return (row.secondApprover ?? row.approvedByOperator) === decision.by && row.approvedVia === decision.via;
    case 'reject':
      return row.status === 'rejected' && row.rejectedByOperator === decision.by && row.rejectionReason === decision.reason;
    case 'defer':
      return row.status === 'deferred' && row.deferUntil !== null && isoOf(row.deferUntil) === isoOf(decision.until);
  }
}

/** How an asked revert is answered. */
const ANSWERS: readonly string[] = ['renewed', 'revert_refused'];
/** More than one cycle writes about a recommendation between two statements. */
export const EVENTS_BETWEEN = 20;

/** Whether a cycle has answered the request that `asked` told of, by the newest events about its subject. */
export function isAnswered(asked: AgentEvent, newestFirst: readonly StoredEvent[]): boolean {
  const place = newestFirst.findIndex(({ eventId }) => eventId === asked.eventId);
  const since = place < 0 ? newestFirst : newestFirst.slice(0, place);
  return since.some(({ event }) => ANSWERS.includes(event));
}
