import type { DispatchPlanContext } from '../domain/plan-dispatch.ts';
import { accountedBy } from '../domain/episodes.ts';
import type { OpenRecommendation } from '../domain/recommendation.ts';
import { familyFor } from '../domain/rule-book.ts';
import type { Cycle } from './cycle.ts';

/** Whether the readings of the signal that the recommendation is about can be believed. */
export function isTrusted(cycle: Cycle, row: Pick<OpenRecommendation, 'equipmentId' | 'issueFamily'>): boolean {
  const family = familyFor(cycle.settings.rules, row.equipmentId, row.issueFamily);
  return !family || cycle.distrust(row.equipmentId, family.signal) === undefined;
}

/** What the pure planning has to know of this cycle. */
export function dispatchContext(cycle: Cycle): DispatchPlanContext {
  const now = cycle.clock.now();
  // How old a reading is must not be underrated where the store's answer took its time.
  const latest = cycle.clock.latest();
  const { settings, situations } = cycle;
  return {
    agentId: settings.agentId,
    now,
    policy: settings.policy,
    controls: cycle.controls,
    keys: settings.signingKeys,
    announced: cycle.announced,
    writesLeft: settings.policy.maxWritesPerMinute - cycle.recentWrites,
    mayDispatch: cycle.ports.plant.acts && cycle.detected !== null,
    conditionOf: (row) =>
      cycle.detected && isTrusted(cycle, row) ? situations.conditionOf(row, latest, settings.source.maxAgeSeconds) : 'unknown',
    accountedFor: (row) => {
      const seen = Object.values(situations.of(row)).map((state) => state?.last?.at ?? 0);
      return accountedBy(row.firstDetectedTimestamp, Math.max(0, ...seen), cycle.detected?.dealtUpTo ?? null);
    },
  };
}
