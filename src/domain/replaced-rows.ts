import { decisionRecord } from './audit-copy.ts';
import type { Draft } from './draft.ts';
import { about } from './event.ts';
import type { Instant } from './instant.ts';
import { decisionOf, type FamilyHistory, type OpenRecommendation, type StoredRecommendation } from './recommendation.ts';
import { isTerminal, type RecommendationStatus } from './transitions.ts';

/**
 * Whether a row that somebody ended cannot be what it was any more: another recommendation has followed in its family, which has one open row. That
 * one could be made because this one said that it had ended, while the agent meant to end it itself.
 * @param known the rows that are open or not as the agent left them, and the newest of each family
 */
export function isReplaced(
  found: StoredRecommendation,
  restoreTo: RecommendationStatus,
  known: readonly Pick<FamilyHistory, 'recommendationId' | 'equipmentId' | 'issueFamily' | 'createdTimestamp' | 'predecessorId'>[],
): boolean {
  if (!isTerminal(found.status) || isTerminal(restoreTo)) return false;
  return known.some(
    ({ recommendationId, equipmentId, issueFamily, createdTimestamp, predecessorId }) =>
      recommendationId !== found.recommendationId &&
      equipmentId === found.equipmentId &&
      issueFamily === found.issueFamily &&
      (predecessorId === found.recommendationId || (predecessorId !== null && createdTimestamp > found.createdTimestamp)),
  );
}

/** What has ended stays as it was found, a text that is no status included: it is only never looked at again, for its effect neither. */
export function endAsFound(row: OpenRecommendation, found: string, now: Instant): Partial<OpenRecommendation> {
  return {
    guardedStatus: found as RecommendationStatus, // as it is in the store, where both columns have to say the same
    ...(found === 'executed' && row.outcome === null && { outcome: 'unknown' as const, verifiedTimestamp: now }),
  };
}

/** The row stays ended, and an approval of it does not count any more. */
export function leaveEnded(draft: Draft, row: OpenRecommendation, found: string, now: Instant): void {
  draft.update(
    row,
    {
      ...endAsFound(row, found, now),
      // What was under way may have been written: whoever is asked next must know.
      ...(row.guardedStatus === 'executing' && { mayHaveWritten: true }),
    },
    {
      ...about(row),
      event: 'cancelled',
      fromStatus: row.guardedStatus,
      toStatus: found,
      reason: `somebody made it '${found}', and another recommendation has followed it since`,
      after: { decision: decisionRecord(decisionOf(row)) },
    },
  );
}
