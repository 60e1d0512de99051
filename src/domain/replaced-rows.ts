import { decisionRecord } from './audit-copy.ts';
import type { Draft } from './draft.ts';
import { about } from './event.ts';
import type { Instant } from './instant.ts';
import { decisionOf, type FamilyHistory, type OpenRecommendation } from './recommendation.ts';
import { familyKey } from './rule-book.ts';
import { isTerminal, type RecommendationStatus } from './transitions.ts';

/** What of a row says where it stands in the chain of its family. */
export type Follower = Pick<FamilyHistory, 'recommendationId' | 'equipmentId' | 'issueFamily' | 'createdTimestamp' | 'predecessorId'>;

/** Of each family the rows that follow another one. */
export class Followers {
  readonly #byFamily = new Map<string, Follower[]>();

  constructor(known: readonly Follower[]) {
    for (const row of known) {
      if (row.predecessorId === null) continue;
      const key = familyKey(row.equipmentId, row.issueFamily);
      const ofFamily = this.#byFamily.get(key);
      if (ofFamily) ofFamily.push(row);
      else this.#byFamily.set(key, [row]);
    }
  }

  /**
   * Whether a row that somebody ended has been followed in its family since. A cycle replaces an approved row by a worse one: it ends the old
   * row and makes the new one. If somebody ends the old row in between, only the new one is written, and putting the old one back would give
   * the family two open rows.
   */
  isFollowed(row: Follower, found: string, restoreTo: RecommendationStatus): boolean {
    if (!isTerminal(found) || isTerminal(restoreTo)) return false;
    const ofFamily = this.#byFamily.get(familyKey(row.equipmentId, row.issueFamily)) ?? [];
    return ofFamily.some(
      ({ recommendationId, createdTimestamp, predecessorId }) =>
        recommendationId !== row.recommendationId && (predecessorId === row.recommendationId || createdTimestamp > row.createdTimestamp),
    );
  }
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
