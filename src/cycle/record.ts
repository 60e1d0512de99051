import type { DraftContents } from '../domain/draft.ts';
import { eventOf } from '../domain/event.ts';
import type { Cycle } from './cycle.ts';

/**
 * Writes a draft: the audit before its effects, three statements whatever their number. Where another writer came
 * first and a guard held a row back, the audit is told that the change it announced did not happen.
 */
export async function record(cycle: Cycle, contents: DraftContents): Promise<void> {
  const { store } = cycle.ports;
  const { events, recommendations, commands } = contents;
  if (events.length > 0) await store.appendEvents(events, cycle.clock.now());
  if (recommendations.length > 0) {
    const written = await store.saveRecommendations(cycle.lease, recommendations);
    if (written < recommendations.length) await noteHeldBack(cycle, recommendations);
  }
  if (commands.length > 0) await store.saveCommands(cycle.lease, commands);
}

async function noteHeldBack(cycle: Cycle, meant: DraftContents['recommendations']): Promise<void> {
  const statuses = await cycle.ports.store.readStatuses(meant.map((change) => change.recommendationId));
  const heldBack = meant.filter(({ recommendationId, columns }) => columns.status !== undefined && statuses.get(recommendationId) !== columns.status);
  if (heldBack.length === 0) return;
  const events = heldBack.map(({ recommendationId, columns }) =>
    eventOf(cycle.lease, {
      subjectType: 'recommendation',
      subjectId: recommendationId,
      event: 'not_applied',
      fromStatus: statuses.get(recommendationId) ?? null,
      toStatus: columns.status ?? null,
      reason: 'somebody else changed the row first',
    }),
  );
  for (const event of events) cycle.ports.log.info(`Not applied: ${event.subjectId} is ${event.fromStatus ?? 'missing'}, not ${event.toStatus ?? ''}`);
  await cycle.ports.store.appendEvents(events, cycle.clock.now());
}
