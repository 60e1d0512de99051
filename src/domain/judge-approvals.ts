import { addSeconds, type Instant } from './instant.ts';
import { CLOCK_GRAIN_SECONDS, ESCALATION_GRACE_SECONDS, type Policy } from './policy.ts';
import type { OpenRecommendation } from './recommendation.ts';
import { isUnedited } from './ticket.ts';
import { FUTURE_TOLERANCE_SECONDS } from './window.ts';

/** Why an approval does not count. The codes appear in events; the sentences are for the operator. */
export type ApprovalFault = 'no_operator' | 'agent_as_operator' | 'impossible_time' | 'seen_before_escalation' | 'edited';

export type ApprovalVerdict =
  | { readonly kind: 'accept'; readonly expiresAt: Instant }
  | { readonly kind: 'return'; readonly code: ApprovalFault; readonly reason: string }
  | { readonly kind: 'expire'; readonly reason: string };

/**
 * Judges a new approval, by the CLI or by plain SQL. What is approved is the ticket in the audit trail and nothing
 * else; where the row says something different, the operator is asked again.
 */
export function judgeApproval(row: OpenRecommendation, now: Instant, policy: Policy, agentId: string): ApprovalVerdict {
  const operator = nameOf(row.approvedByOperator);
  if (operator === '') return back('no_operator', 'the approval names no operator');
  // Both names: the row's can be edited, and this agent may have taken the tables over from the one that made it.
  const agents = [agentId, row.createdByAgent ?? agentId].map((name) => nameOf(name).toLowerCase());
  if (agents.includes(operator.toLowerCase())) return back('agent_as_operator', 'the agent cannot approve its own recommendation');
  const at = row.approvedTimestamp;
  if (at === null) return back('impossible_time', 'the approval has no time');
  if (at < addSeconds(row.createdTimestamp, -CLOCK_GRAIN_SECONDS) || at > addSeconds(now, FUTURE_TOLERANCE_SECONDS))
    return back('impossible_time', 'the approval is stamped before the recommendation or in the future');
  if (approvedWhatWasThereBefore(row, at))
    return back('seen_before_escalation', `the recommendation had changed less than ${ESCALATION_GRACE_SECONDS} s before`);
  if (!row.ticket || !isUnedited(row.ticket, row)) return back('edited', 'the actions are not the ones that were recommended');
  const expiresAt = addSeconds(at, policy.approvalTtlSeconds);
  return expiresAt <= now ? { kind: 'expire', reason: 'the approval was older than it may live' } : { kind: 'accept', expiresAt };
}

/** A name as a person reads it: characters that show nothing make no other name. */
function nameOf(text: string | null): string {
  return (text ?? '').replaceAll(/\p{Cf}/gu, '').trim();
}

function back(code: ApprovalFault, reason: string): ApprovalVerdict {
  return { kind: 'return', code, reason };
}

/**
 * The end of an accepted approval: as stored, but never later than the audit trail's own copy of the decision allows, so that
 * nobody prolongs an approval by editing the row. Null where no accepted approval is on record.
 */
export function approvalEndOf(
  row: Pick<OpenRecommendation, 'expiresTimestamp' | 'lastDecision'>,
  policy: Pick<Policy, 'approvalTtlSeconds'>,
): Instant | null {
  const approvedAt = row.lastDecision?.event === 'approved' ? row.lastDecision.columns.approvedTimestamp : null;
  if (approvedAt === null || row.expiresTimestamp === null) return null;
  return Math.min(row.expiresTimestamp, addSeconds(approvedAt, policy.approvalTtlSeconds));
}

/** A decision bound to the ticket's hash (`approved_via` is set) names what was seen; plain SQL does not. */
function approvedWhatWasThereBefore(row: OpenRecommendation, at: Instant): boolean {
  if (row.approvedVia !== null || row.escalatedTimestamp === null) return false;
  return at < addSeconds(row.escalatedTimestamp, ESCALATION_GRACE_SECONDS);
}
