import { placePutBack } from '../domain/chain-place.ts';
import type { RecommendationChange } from '../domain/changes.ts';
import { eventOf } from '../domain/event.ts';
import type { Recommendation } from '../domain/recommendation.ts';
import type { Cycle } from './cycle.ts';

/**
 * Puts rows back into the chains that they were edited out of, the audit first: seen by what could not be made because of them. The next
 * cycle finds its readings again and decides anew. Three statements, in a cycle that met such a row.
 */
export async function putBackIntoChains(cycle: Cycle, refused: readonly RecommendationChange[]): Promise<void> {
  if (refused.length === 0) return;
  const { store } = cycle.ports;
  const now = cycle.clock.now();
  const places = await store.readPlaces(refused.map(({ recommendationId }) => recommendationId));
  const found = refused.flatMap(({ recommendationId, columns }) => {
    const place = places.get(recommendationId);
    const meant = columns as Recommendation; // a row that was to be made names all of its columns
    const predecessor = cycle.families.find((family) => family.recommendationId === meant.predecessorId);
    return (place && placePutBack(meant, place, predecessor, now)) ?? [];
  });
  if (found.length === 0) return;
  await store.appendEvents(
    found.map(({ event }) => eventOf(cycle.lease, event)),
    cycle.eventsAt(),
    cycle.lease,
  );
  await store.saveRecommendations(
    cycle.lease,
    found.map(({ change }) => ({ ...change, columns: { ...change.columns, updatedTimestamp: now } })),
  );
}
