import { type Claim, claimOf, type Conflict, conflictsOf } from '../domain/conflicts.ts';
import { about } from '../domain/event.ts';
import type { OpenRecommendation } from '../domain/recommendation.ts';
import type { Ticket } from '../domain/ticket.ts';
import type { Cycle } from './cycle.ts';

function othersOf(cycle: Cycle, row: OpenRecommendation): readonly OpenRecommendation[] {
  return cycle.draft.rows.filter((other) => other.equipmentId === row.equipmentId && other.recommendationId !== row.recommendationId);
}

/**
 * Says once, in the cycle in which a recommendation comes to exclude another one of its equipment, that it does. Both stay: which of them
 * is right is the operator's question. `before` is the ticket that it had until now.
 */
export function noteConflicts(cycle: Cycle, row: OpenRecommendation, before: Ticket | null): void {
  const others = othersOf(cycle, row).map(claimOf);
  if (others.length === 0) return;
  const claim = claimOf(row);
  const known = new Set(idsOf(conflictsOf({ ...claim, actions: before?.actions ?? [] }, others)));
  for (const { with: other, text } of conflictsOf(claim, others).filter((conflict) => !known.has(conflict.with.recommendationId))) {
    const reason = `excludes ${other.recommendationId}: ${text}`;
    cycle.draft.note({
      ...about(row),
      event: 'conflict',
      step: other.recommendationId,
      reason,
      after: { conflicts_with: other.recommendationId },
    });
    cycle.announcements.tell(row.recommendationId, 'warn', `CONFLICT: ${row.recommendationId} for ${row.equipmentId} ${reason}`);
  }
}

function idsOf(conflicts: readonly Conflict[]): readonly string[] {
  return conflicts.map((conflict) => conflict.with.recommendationId);
}

/** The agent has accepted an approval of it, the first of two included, and it has not ended. */
function isUnderWay({ guardedStatus }: OpenRecommendation): boolean {
  return guardedStatus === 'approved' || guardedStatus === 'awaiting_second' || guardedStatus === 'executing';
}

/** Why an approval must wait for another recommendation of the equipment; undefined where nothing stands in its way. */
export function conflictUnderWay(cycle: Cycle, row: OpenRecommendation): string | undefined {
  const others: readonly Claim[] = othersOf(cycle, row).filter(isUnderWay).map(claimOf);
  const [conflict] = conflictsOf(claimOf(row), others);
  return conflict && `it excludes ${conflict.with.recommendationId}, which is ${conflict.with.status}: ${conflict.text}`;
}
