import { about } from '../domain/event.ts';
import { familyFor } from '../domain/rule-book.ts';
import { outcomeOf } from '../domain/verify-outcome.ts';
import type { Cycle } from './cycle.ts';
import { isTrusted } from './dispatch-context.ts';
import { recordResults } from './record.ts';

/** Asks of every executed recommendation whether it worked, then writes the results of execute and verify. */
export async function verify(cycle: Cycle): Promise<void> {
  if (cycle.detected) judgeOutcomes(cycle);
  await recordResults(cycle, cycle.draft.take());
}

function judgeOutcomes(cycle: Cycle): void {
  const { draft, settings, situations, announcements } = cycle;
  const now = cycle.clock.now();
  for (const row of draft.rows) {
    const family = familyFor(settings.rules, row.equipmentId, row.issueFamily);
    if (row.status !== 'executed' || row.outcome !== null || row.executedTimestamp === null || !family) continue;
    const state = isTrusted(cycle, row) ? situations.liveOf(row) : undefined;
    const outcome = outcomeOf(row.executedTimestamp, state, family, now, settings.policy, settings.source.maxAgeSeconds);
    if (!outcome) continue;
    const last = state?.last ? `${family.signal} ${state.last.value}` : 'no fresh reading';
    draft.update(
      row,
      { outcome, verifiedTimestamp: now },
      {
        ...about(row),
        event: 'verified',
        toStatus: row.status,
        reason: `${outcome}: ${last}`,
        before: { value: row.peakValue },
        after: { outcome, value: state?.last?.value ?? null },
      },
    );
    const text = `OUTCOME ${outcome.toUpperCase()}: ${row.recommendationId} for ${row.equipmentId} (${last})`;
    announcements.tell(row.recommendationId, outcome === 'effective' ? 'info' : 'warn', text, ({ outcomes }) => (outcomes[outcome] += 1));
  }
}
