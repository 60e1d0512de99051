import type { RecommendationChange } from './changes.ts';
import type { EventText } from './event.ts';
import { type Instant, isoOf } from './instant.ts';
import type { FamilyHistory, Recommendation } from './recommendation.ts';

/** What says where a recommendation stands: of which equipment and family it is, and after which one it came. */
interface Place {
  readonly equipmentId: string;
  readonly issueFamily: string;
  readonly status: string;
  readonly createdTimestamp: Instant | null;
}

export interface PutBack {
  readonly change: RecommendationChange;
  readonly event: EventText;
}

/**
 * A recommendation that could not be made because its id is taken. Ids follow from equipment, family and predecessor, so the row that has
 * it is this very link of the chain, and one that people edited so that the chain seemed to end before it. Without its place put back the
 * family could never open anything again.
 * @returns null where the row stands where it should: another run made it
 */
export function placePutBack(
  meant: Pick<Recommendation, 'recommendationId' | 'equipmentId' | 'issueFamily' | 'createdTimestamp'>,
  found: Place,
  predecessor: FamilyHistory | undefined,
  now: Instant,
): PutBack | null {
  const { recommendationId, equipmentId, issueFamily } = meant;
  const isElsewhere = found.equipmentId !== equipmentId || found.issueFamily !== issueFamily;
  // What an editor left there need not be a time.
  const claimed: Instant | null = predecessor?.createdTimestamp ?? null;
  // Made after one that is said to come from the future, or from no time at all: that one was edited.
  if (predecessor && (claimed === null || claimed > now) && found.createdTimestamp !== null)
    return putBack(predecessor.recommendationId, predecessor, { ...predecessor, createdTimestamp: found.createdTimestamp - 1 });
  const before = claimed ?? 0;
  const isAfter = found.createdTimestamp !== null && found.createdTimestamp > before;
  if (!isElsewhere && isAfter) return null;
  const createdTimestamp = isAfter ? found.createdTimestamp : predecessor ? before + 1 : meant.createdTimestamp;
  return putBack(recommendationId, found, { equipmentId, issueFamily, createdTimestamp });
}

function recordOf({ equipmentId, issueFamily, createdTimestamp }: Omit<Place, 'status'>): Readonly<Record<string, unknown>> {
  return {
    equipment_id: equipmentId,
    issue_family: issueFamily,
    created_timestamp: createdTimestamp === null ? null : isoOf(createdTimestamp),
  };
}

function putBack(
  recommendationId: string,
  found: Place,
  { equipmentId, issueFamily, createdTimestamp }: Omit<Place, 'status' | 'createdTimestamp'> & { readonly createdTimestamp: Instant },
): PutBack {
  return {
    change: { recommendationId, expected: found.status, columns: { equipmentId, issueFamily, createdTimestamp } },
    event: {
      subjectType: 'recommendation',
      subjectId: recommendationId,
      event: 'restored',
      step: 'place',
      fromStatus: found.status,
      reason: 'the row did not stand where it was made: its equipment, family or time of creation was edited',
      before: recordOf(found),
      after: recordOf({ equipmentId, issueFamily, createdTimestamp }),
    },
  };
}
