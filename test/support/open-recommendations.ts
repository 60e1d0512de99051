import { newRunId } from '../../src/cli/run-id.ts';
import type { Settings } from '../../src/config/settings.ts';
import { issuedCopy } from '../../src/domain/audit-copy.ts';
import { eventOf } from '../../src/domain/event.ts';
import { recommendationOf, tagsOf } from '../../src/domain/proposal.ts';
import { activeFamilies } from '../../src/domain/rule-book.ts';
import type { Store } from '../../src/ports/store.ts';
import { theOnly } from './scenario.ts';

/** How hot the equipment is that the recommendations are about: their readings must be no hotter, or they escalate. */
export const OPEN_TEMPERATURE_C = 87;

/** Opens `count` recommendations about EQ_`first` and those after it: with the cycle's own means, without its caps. */
export async function openRecommendations(store: Store, settings: Settings, count: number, first = 1): Promise<void> {
  const run = { agentId: settings.agentId, runId: newRunId() };
  await store.takeLease({ ...run, leaseSeconds: settings.store.leaseSeconds });
  const { now, health } = await store.readOpenWork(run.agentId);
  const family = theOnly(activeFamilies(settings.rules), 'families');
  const [band] = family.bands;
  const author = { agentId: run.agentId, rulesHash: settings.rulesHash, rules: settings.rules, tags: settings.tags, now };
  const rows = Array.from({ length: count }, (_, index) => {
    const equipmentId = `EQ_${first + index}`;
    const peak = { value: OPEN_TEMPERATURE_C, at: now, signals: new Map(), trends: new Map() };
    const proposal = { equipmentId, family, band, peak, firstDetectedAt: now, accountedTo: now, predecessor: null };
    return recommendationOf(proposal, 'pending', author, new Map(tagsOf(proposal, settings.rules).map((tag) => [tag, 100])));
  });
  const created = rows.map(({ recommendationId, ticket }) =>
    eventOf(run, {
      subjectType: 'recommendation',
      subjectId: recommendationId,
      event: 'created',
      after: issuedCopy(ticket),
    }),
  );
  await store.appendEvents(created, now);
  const lease = { ...run, epoch: theOnly(health, 'agent_health').leaseEpoch };
  await store.saveRecommendations(
    lease,
    rows.map((columns) => ({ recommendationId: columns.recommendationId, expected: null, columns })),
  );
  await store.releaseLock();
}
