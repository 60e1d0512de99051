import type { DispatchPlanContext } from '../domain/plan-dispatch.ts';
import type { Cycle } from './cycle.ts';

/** What the pure planning has to know of this cycle. */
export function dispatchContext(cycle: Cycle): DispatchPlanContext {
  const now = cycle.clock.now();
  const { settings, situations } = cycle;
  return {
    agentId: settings.agentId,
    now,
    policy: settings.policy,
    controls: cycle.controls,
    mayDispatch: cycle.ports.plant.acts && cycle.detected !== null,
    conditionOf: (row) => (cycle.detected ? situations.conditionOf(row, now, settings.source.maxAgeSeconds) : 'unknown'),
    lastReadingOf: (row) => situations.liveOf(row)?.last?.at ?? null,
  };
}
