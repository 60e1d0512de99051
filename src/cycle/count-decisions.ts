import type { Cycle } from './cycle.ts';

/**
 * Counts the decisions that were taken over in their operators' sessions. People read the counts and nothing decides by them: they come last, a failure
 * keeps nothing from being done, and a cycle that has work orders to write and commands to send leaves them to the next one, which
 * knows by the heartbeat since when nobody counted.
 */
export async function countDecisions(cycle: Cycle): Promise<void> {
  const { uncountedSessions, hasOrders, claims, ports, lease } = cycle;
  if (uncountedSessions.length > 0) {
    if (hasOrders && claims.length > 0) return;
    await ports.store.countDecisions(lease, uncountedSessions);
  }
  cycle.counted = true;
}
