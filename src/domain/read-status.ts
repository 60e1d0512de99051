import { isEnding } from './event.ts';
import { bothApprovalsOf, firstApprovalOf } from './four-eyes.ts';
import { nameOf } from './person.ts';
import { type DecisionColumns, type LastDecision, NO_DECISION, type StoredRecommendation } from './recommendation.ts';
import { isRecommendationStatus, isTerminal, isUndecided, mayBecome, type RecommendationStatus } from './transitions.ts';

/** What people may do to an undecided recommendation by writing its status; everything else is put back. */
const OPERATORS_STATUSES: readonly RecommendationStatus[] = ['approved', 'rejected', 'deferred'];

/** How a stored status is to be read. */
export type StatusReading =
  | { readonly kind: 'own' }
  | { readonly kind: 'decision' }
  | { readonly kind: 'tampered'; readonly restoreTo: RecommendationStatus; readonly columns: DecisionColumns }
  | { readonly kind: 'foreign'; readonly endAs: RecommendationStatus | null };

/**
 * Tells an operator's decision from any other change of a status. The agent's own last status (`guarded_status`)
 * and its audit trail decide: a row without a ticket is nobody's recommendation, and a status that says 'approved'
 * or 'executing' without an accepted approval on record is not one.
 */
export function readStatus(row: StoredRecommendation): StatusReading {
  const guarded = row.guardedStatus;
  if (row.ticket === null || guarded === null || !isRecommendationStatus(guarded))
    return { kind: 'foreign', endAs: endOfForeign(row.status) };
  if (row.status === guarded) {
    if (isProven(guarded, row.lastDecision?.event)) return { kind: 'own' };
    // From executing the table has no way back to the operator: what nobody approved fails, and nothing is sent.
    return guarded === 'executing' ? { kind: 'tampered', restoreTo: 'failed', columns: NO_DECISION } : undecided(row.lastDecision);
  }
  if (isDecision(row, guarded)) return { kind: 'decision' };
  // The audit has this very end, so that the other column is the one that somebody wrote: an ended row stays as it is.
  if (isRecommendationStatus(row.status) && isTerminal(row.status) && row.lastDecision?.event === row.status)
    return { kind: 'tampered', restoreTo: row.status, columns: row.lastDecision.columns };
  // Somebody forged both: what was left of the row is the question.
  if (guarded === 'awaiting_second' && row.status === 'approved' && !isSecondOf(row.lastDecision)) return undecided(row.lastDecision);
  return { kind: 'tampered', restoreTo: guarded, columns: row.lastDecision?.columns ?? NO_DECISION };
}

/** Where a row goes back to that says more than the audit has: to the first of two approvals, else to the question. */
function undecided(last: LastDecision | null): StatusReading {
  const first = firstApprovalOf(last);
  return { kind: 'tampered', restoreTo: first ? 'awaiting_second' : 'pending', columns: first ?? NO_DECISION };
}

function isDecision(row: StoredRecommendation, guarded: RecommendationStatus): boolean {
  const { status, lastDecision } = row;
  if (!isUndecided(guarded) || !isRecommendationStatus(status) || !OPERATORS_STATUSES.includes(status)) return false;
  if (!mayBecome(guarded, status)) return false;
  if (status !== 'approved') return true;
  // An end that was announced and never stored voids an approval; who says no, or not now, is heard. If it was the approval's own end,
  // it ends when approvals are judged.
  if (isEnding(lastDecision?.event)) return lastDecision?.event === 'expired' || lastDecision?.event === 'cancelled';
  // Nobody can be the second before there is a first.
  return guarded === 'awaiting_second' ? isSecondOf(lastDecision) : nameOf(row.secondApprover) === '';
}

function isSecondOf(last: LastDecision | null): boolean {
  return firstApprovalOf(last) !== null || bothApprovalsOf(last) !== null;
}

/**
 * Whether the audit has what a status claims. An ended recommendation is not approved again by writing so; one that is executing may
 * have its end on record already, when a run died before it could store it.
 */
function isProven(status: RecommendationStatus, lastEvent: string | undefined): boolean {
  // One whose end is on record has no approval any more: it ends when approvals are judged.
  if (status === 'approved') return lastEvent === 'approved' || isEnding(lastEvent);
  if (status === 'awaiting_second') return lastEvent === 'first_approved';
  return status !== 'executing' || lastEvent === 'approved' || lastEvent === 'executed' || lastEvent === 'failed';
}

/** Where a row that the agent did not make ends, by the table of transitions; null where it has ended already. */
function endOfForeign(status: string): RecommendationStatus | null {
  switch (status) {
    case 'pending':
    case 'deferred':
    case 'awaiting_second':
      return 'withdrawn';
    case 'approved':
      return 'cancelled';
    case 'executing':
      return 'failed';
    default:
      return null;
  }
}
