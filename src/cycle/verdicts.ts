import { familyFor } from '../domain/rule-book.ts';
import { expectationOf, outcomeOf, type Verdict } from '../domain/verify-outcome.ts';
import type { Cycle } from './cycle.ts';
import { isTrusted } from './dispatch-context.ts';

/** What can be said now about the executions whose effect this cycle looked for, by recommendation. */
export function verdictsOf(cycle: Cycle): ReadonlyMap<string, Verdict> {
  const { draft, settings, detected } = cycle;
  const now = cycle.clock.now();
  const verdicts = new Map<string, Verdict>();
  for (const [recommendationId, seen] of detected?.detection.effects ?? []) {
    const row = draft.row(recommendationId);
    const family = row && familyFor(settings.rules, row.equipmentId, row.issueFamily);
    if (!row || !family || row.executedTimestamp === null) continue;
    const state = isTrusted(cycle, row) ? seen : undefined;
    const outcome = outcomeOf(row.executedTimestamp, state, family, now, settings.policy, settings.source.maxAgeSeconds);
    if (outcome) verdicts.set(recommendationId, { outcome, value: state?.last?.value ?? null, expected: expectationOf(family) });
  }
  return verdicts;
}
