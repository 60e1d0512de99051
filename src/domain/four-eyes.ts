import { addSeconds, type Instant } from './instant.ts';
import { nameOf } from './person.ts';
import type { Policy } from './policy.ts';
import type { DecisionColumns, LastDecision, OpenRecommendation } from './recommendation.ts';
import { isWorse } from './severity.ts';
import type { Ticket } from './ticket.ts';

/** Whether two different people must approve: the ticket says so, or the policy does for its severity. */
export function needsTwo(ticket: Pick<Ticket, 'severity' | 'fourEyes'>, policy: Pick<Policy, 'fourEyes' | 'fourEyesSeverity'>): boolean {
  return ticket.fourEyes === true || (policy.fourEyes && !isWorse(policy.fourEyesSeverity, ticket.severity));
}

/** The first of two approvals as the audit has it; null where none stands. What the row says of it never decides. */
export function firstApprovalOf(last: LastDecision | null): DecisionColumns | null {
  return last?.event === 'first_approved' ? last.columns : null;
}

/** Both approvals as the audit has them; null where it has none or one. A run may have died before it could store them. */
export function bothApprovalsOf(last: LastDecision | null): DecisionColumns | null {
  return last?.event === 'approved' && last.columns.secondApprover !== null ? last.columns : null;
}

/**
 * The columns of a row that waits for its second approval. The way the first came stays with its event: plain SQL leaves `approved_via`
 * and `approved_hash` alone, and a second approval by it would pass for one that is bound to the ticket's hash.
 */
export function firstOfTwo(row: DecisionColumns): DecisionColumns {
  return { ...row, approvedVia: null, approvedHash: null, secondApprover: null };
}

/** Whom the row names as the second: `second_approver`, else whoever wrote their name over the first one's. */
export function secondNameIn(row: Pick<OpenRecommendation, 'approvedByOperator' | 'secondApprover'>): string {
  return nameOf(row.secondApprover) || nameOf(row.approvedByOperator);
}

/** Until when a second person may approve. */
export function secondDueAt(first: DecisionColumns, policy: Pick<Policy, 'approvalTtlSeconds'>): Instant {
  return first.approvedTimestamp === null ? 0 : addSeconds(first.approvedTimestamp, policy.approvalTtlSeconds);
}

/** `anna`, or `anna and bernd`: whose approval a row carries. */
export function approversOf(row: Pick<OpenRecommendation, 'approvedByOperator' | 'secondApprover'>): string {
  return [row.approvedByOperator, row.secondApprover].filter((name) => name !== null).join(' and ');
}
