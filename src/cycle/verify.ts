import { about } from '../domain/event.ts';
import { familyFor } from '../domain/rule-book.ts';
import { isRevert } from '../domain/revert.ts';
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
    const what = `${outcome.toUpperCase()}: ${row.recommendationId} for ${row.equipmentId} (${last}`;
    // What was asked for is what was read back: that the condition goes on without the cure is no surprise.
    const text = isRevert(row.ticket) ? `OUTCOME OF A WAY BACK ${what}; it is judged by what was read back)` : `OUTCOME ${what})`;
    const level = outcome === 'effective' || isRevert(row.ticket) ? 'info' : 'warn';
    announcements.tell(row.recommendationId, level, text, ({ outcomes }) => (outcomes[outcome] += 1));
  }
}
