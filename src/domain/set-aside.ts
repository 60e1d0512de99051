import type { RecommendationChange } from './changes.ts';
import type { EventText } from './event.ts';
import type { Recommendation, StoredRecommendation } from './recommendation.ts';
import { isTerminal } from './transitions.ts';

type Place = Pick<Recommendation, 'equipmentId' | 'issueFamily'>;
/** Where a row stands by now, and as what. */
export type Standing = Place & Pick<StoredRecommendation, 'status'>;

export interface Placed {
  readonly changes: readonly RecommendationChange[];
  readonly events: readonly EventText[];
}

/**
 * Rows whose places people swapped stand in each other's way: a family has one open row, and a store need not move two in one step. Such a
 * row is set aside, where no other can stand, so that the next write finds every place free. It is judged as what it is meanwhile.
 * One that ends goes home at once, whoever stands there: it is not read again.
 * @param meant where a row belongs
 */
export function setAside(
  changes: readonly RecommendationChange[],
  stood: ReadonlyMap<string, Standing>,
  meant: (recommendationId: string) => Place | undefined,
): Placed {
  const occupants = occupantsAmong(changes, stood);
  const events: EventText[] = [];
  const placed = changes.map((change) => {
    const { recommendationId, expected, columns } = change;
    const standing = stood.get(recommendationId);
    const home = meant(recommendationId);
    if (expected === null || !standing || !home || isAt(standing, home)) return change;
    if (isTerminal(columns.status ?? standing.status)) return { ...change, columns: { ...columns, ...placeOf(home) } };
    const occupant = occupants.get(keyOf(home));
    const aside = asideOf(recommendationId, home);
    if (occupant === undefined || occupant === recommendationId || isAt(standing, aside)) return change;
    events.push(eventOf(recommendationId, standing, aside, occupant));
    return { ...change, columns: { ...columns, ...aside } };
  });
  return { changes: placed, events };
}

/** Open rows that this write moves, by where they stand; what does not move is waited for, and what ends makes room at once. */
function occupantsAmong(changes: readonly RecommendationChange[], stood: ReadonlyMap<string, Standing>): ReadonlyMap<string, string> {
  const occupants = new Map<string, string>();
  for (const { recommendationId, columns } of changes) {
    const standing = stood.get(recommendationId);
    if (!standing || isTerminal(standing.status) || isTerminal(columns.status ?? standing.status)) continue;
    if (!isAt(standing, { ...standing, ...columns })) occupants.set(keyOf(standing), recommendationId);
  }
  return occupants;
}

function keyOf({ equipmentId, issueFamily }: Place): string {
  return JSON.stringify([equipmentId, issueFamily]);
}

function isAt(a: Place, b: Place): boolean {
  return a.equipmentId === b.equipmentId && a.issueFamily === b.issueFamily;
}

function placeOf({ equipmentId, issueFamily }: Place): Place {
  return { equipmentId, issueFamily };
}

/** No rule has such a family, and no other row this id. */
function asideOf(recommendationId: string, { equipmentId }: Place): Place {
  return { equipmentId, issueFamily: `aside:${recommendationId}` };
}

function eventOf(recommendationId: string, standing: Standing, aside: Place, occupant: string): EventText {
  return {
    subjectType: 'recommendation',
    subjectId: recommendationId,
    event: 'set_aside',
    fromStatus: standing.status,
    reason: `${occupant} stands in its place and has to move as well`,
    before: { equipment_id: standing.equipmentId, issue_family: standing.issueFamily },
    after: { equipment_id: aside.equipmentId, issue_family: aside.issueFamily },
  };
}
