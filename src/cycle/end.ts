import { nextWatermark } from '../domain/window.ts';
import { VERSION } from '../version.ts';
import type { Cycle } from './cycle.ts';
import type { CycleOptions } from './ports.ts';

/** Heartbeat, counters and watermark, and the lease given back: the last statement, so that a crash before it only re-reads. */
export async function end(cycle: Cycle, { processId, nextDueInSeconds }: CycleOptions, durationMs: number): Promise<void> {
  const { ports, report, detected, settings } = cycle;
  const acted = detected !== null && cycle.recorded && cycle.decided !== 'none';
  const first = report.errors[0];
  await ports.store.endCycle(cycle.lease, {
    status: cycle.signal.aborted ? 'offline' : 'online',
    processId,
    detected: acted,
    counted: cycle.counted,
    watermark:
      acted && cycle.decided === 'all'
        ? nextWatermark(detected.window, detected.dealtUpTo, detected.detection.totals, cycle.clock.now())
        : null,
    newestReadingAt: newestReading(cycle),
    nextDueInSeconds,
    cycleMs: Math.round(durationMs),
    lastError: first ? `${first.phase}: ${first.message}` : null,
    rulesHash: settings.rulesHash,
    version: VERSION,
  });
  ports.log.debug(`Heartbeat updated for agent ${settings.agentId}`);
}

/** Capped at the store's clock: a stamp slightly ahead must not keep a silent feed alive. */
function newestReading(cycle: Cycle): number | null {
  const newest = cycle.detected?.detection.totals.newestGoodAt ?? null;
  return newest === null ? null : Math.min(newest, cycle.clock.now());
}
