import { pause } from '../../cycle/pause.ts';
import { SECOND_MS } from '../../domain/instant.ts';
import type { SimulatedPlant, SimulatedReading } from '../../plant/simulated-plant.ts';
import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import { newReadings } from './new-readings.ts';

/** How often the feed says that it lives. */
const PROGRESS_MS = 5000;
const AUTHOR = 'ops-agent simulate';

export interface FeedPorts {
  readonly plant: SimulatedPlant;
  readonly store: Pick<Store, 'appendReadings'>;
  readonly log: Log;
  readonly monotonic: () => number;
}

export interface FeedPlan {
  readonly equipmentIds: readonly string[];
  readonly rateHz: number;
  readonly forSeconds: number | null;
}

export interface FeedResult {
  readonly readings: number;
  readonly seconds: number;
  /** Moments at which nothing was measured because the one before took too long. */
  readonly missedTicks: number;
  /** As measured last; null when all sensors were silent. */
  readonly hottest: SimulatedReading | null;
}

/**
 * Measures all equipment at the plan's rate and stores it, one statement each time, until the time is over or `signal` is
 * aborted. A tick that is late is left out and counted: readings are stamped when they are stored, so made up for later they
 * would lie about their time.
 */
export async function runFeed(ports: FeedPorts, plan: FeedPlan, signal: AbortSignal): Promise<FeedResult> {
  const { log, monotonic } = ports;
  const begun = monotonic();
  const end = plan.forSeconds === null ? Number.POSITIVE_INFINITY : begun + plan.forSeconds * SECOND_MS;
  const periodMs = SECOND_MS / plan.rateHz;
  let [readings, tick, missedTicks, sayAt] = [0, 0, 0, begun + PROGRESS_MS];
  let hottest: SimulatedReading | null = null;
  for (;;) {
    const due = begun + tick * periodMs;
    await pause(Math.max(0, Math.min(due, end) - monotonic()), signal);
    if (signal.aborted || due >= end) break;
    const measured = await feedOnce(ports, plan.equipmentIds);
    readings += measured.length;
    hottest = hottestOf(measured);
    if (monotonic() >= sayAt) {
      log.info(`${readings} readings written, ${hottestText(hottest)}`);
      sayAt = monotonic() + PROGRESS_MS;
    }
    const next = Math.max(tick + 1, Math.ceil((Math.min(monotonic(), end) - begun) / periodMs));
    missedTicks += next - tick - 1;
    tick = next;
  }
  return { readings, seconds: (monotonic() - begun) / SECOND_MS, missedTicks, hottest };
}

/** Other equipment in the plant's file is somebody else's run. */
async function feedOnce({ plant, store }: FeedPorts, equipmentIds: readonly string[]): Promise<readonly SimulatedReading[]> {
  const chosen = new Set(equipmentIds);
  const measured = plant.measure(Date.now()).filter((reading) => chosen.has(reading.equipmentId));
  if (measured.length > 0) await store.appendReadings(newReadings(measured, AUTHOR));
  return measured;
}

function hottestOf(measured: readonly SimulatedReading[]): SimulatedReading | null {
  return measured.reduce<SimulatedReading | null>(
    (worst, each) => (worst === null || each.temperature > worst.temperature ? each : worst),
    null,
  );
}

export function hottestText(hottest: SimulatedReading | null): string {
  return hottest === null ? 'all sensors are silent' : `hottest ${hottest.equipmentId} ${hottest.temperature.toFixed(1)} °C`;
}
