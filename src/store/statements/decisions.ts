import { mayBeDecided, RECOMMENDATION_TRANSITIONS, type RecommendationStatus, UNDECIDED_STATUSES } from '../../domain/transitions.ts';
import type { OperatorDecision } from '../../ports/operator-store.ts';
import { type SqlValue, type Statement, write } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { wordList } from '../word-list.ts';

/** The statuses from which the table of transitions lets an operator's decision start. */
function undecidedStatuses(to: RecommendationStatus): string {
  const from = Object.keys(RECOMMENDATION_TRANSITIONS) as RecommendationStatus[]; // the object's own keys
  const open = from.filter((status) => mayBeDecided(status, to));
  return wordList(open);
}

/** Only while it is undecided, and an approval only of the ticket that was seen. */
export function decisionStatement(decision: OperatorDecision, d: Dialect): Statement {
  const update = (set: string, to: RecommendationStatus, params: Record<string, SqlValue>, condition = '') =>
    write(
      `UPDATE agent_recommendations SET status = '${to}', updated_timestamp = ${d.now}, ${set}
WHERE recommendation_id = :id AND status IN ${undecidedStatuses(to)}${condition}`,
      { id: decision.recommendationId, ...params },
    );
  switch (decision.kind) {
    case 'approve':
      return update(
        `approved_timestamp = ${d.now}, approved_via = :via, approved_hash = :seen,
  second_approver = CASE WHEN status = 'awaiting_second' THEN :by ELSE NULL END,
  approved_by_operator = CASE WHEN status = 'awaiting_second' THEN approved_by_operator ELSE :by END`,
        'approved',
        { by: decision.by, via: decision.via, seen: decision.seenHash },
        ' AND action_hash = :seen',
      );
    case 'reject':
      return update(
        `rejected_timestamp = ${d.now}, rejected_by_operator = :by, rejection_reason = :reason, approved_via = :via`,
        'rejected',
        {
          by: decision.by,
          via: decision.via,
          reason: decision.reason,
        },
      );
    case 'defer':
      return update('defer_until = :until, operator_notes = COALESCE(:reason, operator_notes)', 'deferred', {
        until: d.encodeTime(decision.until),
        reason: decision.reason,
      });
  }
}

/** Only of what is undecided and follows another one: of anything else there is nothing to put back, or no question open. */
export function revertStatement(recommendationId: string, by: string): Statement {
  return write(
    `UPDATE agent_recommendations SET revert_requested_by = :by
WHERE recommendation_id = :id AND follows_recommendation_id IS NOT NULL AND status IN ${wordList(UNDECIDED_STATUSES)}`,
    { id: recommendationId, by },
  );
}
