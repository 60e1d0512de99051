import { about } from '../domain/event.ts';
import { familyFor } from '../domain/rule-book.ts';
import type { Cycle } from './cycle.ts';
import { recordResults } from './record.ts';
import { verdictsOf } from './verdicts.ts';

/** Says of every executed recommendation whether it worked, as far as that is known, then writes the results of execute and verify. */
export async function verify(cycle: Cycle): Promise<void> {
  if (cycle.detected) tellOutcomes(cycle);
  await recordResults(cycle, cycle.draft.take());
}

function tellOutcomes(cycle: Cycle): void {
  const { draft, settings, announcements } = cycle;
  const now = cycle.clock.now();
  for (const [recommendationId, { outcome, value, expected }] of cycle.verdicts ?? verdictsOf(cycle)) {
    const row = draft.row(recommendationId);
    if (row?.status !== 'executed' || row.outcome !== null) continue;
    const signal = familyFor(settings.rules, row.equipmentId, row.issueFamily)?.signal ?? row.issueFamily;
    const last = value === null ? 'no fresh reading' : `${signal} ${value}`;
    draft.update(
      row,
      { outcome, verifiedTimestamp: now },
      {
        ...about(row),
        event: 'verified',
        toStatus: row.status,
        reason: `${outcome}: ${last}, expected ${expected.side} ${expected.limit}, ${row.peakValue} before`,
        before: { value: row.peakValue },
        after: { outcome, value, expected },
      },
    );
    const text = `OUTCOME ${outcome.toUpperCase()}: ${row.recommendationId} for ${row.equipmentId} (${last})`;
    announcements.tell(row.recommendationId, outcome === 'effective' ? 'info' : 'warn', text, ({ outcomes }) => (outcomes[outcome] += 1));
  }
}
