import { pause } from '../../cycle/pause.ts';
import { counted } from '../../domain/counted.ts';
import { SECOND_MS } from '../../domain/instant.ts';
import type { ArrivalKind, ArrivalOption } from '../../plant/arrival-options.ts';
import { Arrivals, type Arrival } from '../../plant/arrivals.ts';
import type { SimulatedPlant, SimulatedReading } from '../../plant/simulated-plant.ts';
import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import { arrivedReadings } from './new-readings.ts';

/** How often the feed says that it lives. */
const PROGRESS_MS = 5000;
/** Between two measurements the store is written to no more often than this. */
const LEAST_GAP_MS = 250;
const AUTHOR = 'ops-agent simulate';

export interface FeedPorts {
  readonly plant: Pick<SimulatedPlant, 'measure'>;
  readonly store: Pick<Store, 'appendReadings'>;
  readonly log: Log;
  readonly monotonic: () => number;
}

export interface FeedPlan {
  readonly equipmentIds: readonly string[];
  readonly rateHz: number;
  readonly forSeconds: number | null;
  readonly arrivals: readonly ArrivalOption[];
  readonly seed: number;
}

export interface FeedResult {
  /** As measured. */
  readonly readings: number;
  /** Rows written: with the duplicates. */
  readonly stored: number;
  /** Readings that met each kind of arrival. */
  readonly arrivals: ReadonlyMap<ArrivalKind, number>;
  /** Rows that still waited to arrive when the feed ended, and were stored then. */
  readonly storedAtEnd: number;
  readonly seconds: number;
  /** Moments at which nothing was measured because the one before took too long. */
  readonly missedTicks: number;
  /** As measured last; null when all sensors were silent. */
  readonly hottest: SimulatedReading | null;
}

/**
 * Measures all equipment at the plan's rate and stores what arrives, one statement each time, until the time is over or `signal`
 * is aborted; what is still to arrive is stored then. A tick that is late is left out and counted: made up for later its readings
 * would lie about their time.
 */
export async function runFeed(ports: FeedPorts, plan: FeedPlan, signal: AbortSignal): Promise<FeedResult> {
  const begun = ports.monotonic();
  const now = (): number => ports.monotonic() - begun;
  const intake = new Intake(ports.store, new Arrivals(plan.arrivals, plan.seed), now);
  const end = plan.forSeconds === null ? Number.POSITIVE_INFINITY : plan.forSeconds * SECOND_MS;
  const periodMs = SECOND_MS / plan.rateHz;
  let [readings, tick, missedTicks, sayAt] = [0, 0, 0, PROGRESS_MS];
  let hottest: SimulatedReading | null = null;
  for (;;) {
    const due = tick * periodMs;
    await intake.storeUntil(Math.min(due, end), signal);
    if (signal.aborted || due >= end) break;
    const measuredAt = now();
    const measured = measure(ports.plant, plan.equipmentIds);
    await intake.take(measured, measuredAt);
    readings += measured.length;
    hottest = hottestOf(measured);
    if (now() >= sayAt) {
      ports.log.info(`${counted(readings, 'reading')} measured, ${counted(intake.stored, 'row')} written, ${hottestText(hottest)}`);
      sayAt = now() + PROGRESS_MS;
    }
    const next = Math.max(tick + 1, Math.ceil(Math.min(now(), end) / periodMs));
    missedTicks += next - tick - 1;
    tick = next;
  }
  const storedAtEnd = await intake.storeRest();
  const { stored, counts: arrivals } = intake;
  return { readings, stored, arrivals, storedAtEnd, seconds: now() / SECOND_MS, missedTicks, hottest };
}

/** Between the sensors and the store: keeps what has not arrived yet, and stores what has. Moments are ms since the feed began. */
class Intake {
  readonly #store: FeedPorts['store'];
  readonly #arrivals: Arrivals<SimulatedReading>;
  readonly #now: () => number;
  #stored = 0;
  #storedAt = 0;

  constructor(store: FeedPorts['store'], arrivals: Arrivals<SimulatedReading>, now: () => number) {
    this.#store = store;
    this.#arrivals = arrivals;
    this.#now = now;
  }

  get stored(): number {
    return this.#stored;
  }

  get counts(): ReadonlyMap<ArrivalKind, number> {
    return this.#arrivals.counts;
  }

  /** What arrives at once is stored at once, with whatever else has arrived by now. */
  async take(measured: readonly SimulatedReading[], measuredAt: number): Promise<void> {
    this.#arrivals.measured(measured, measuredAt);
    await this.#append(this.#arrivals.arrivedBy(this.#now()));
  }

  /** Waits until `moment` and stores what arrives meanwhile. Returns early when the signal is aborted. */
  async storeUntil(moment: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const nextAt = this.#arrivals.nextAt ?? Number.POSITIVE_INFINITY;
      const wakeAt = Math.min(moment, Math.max(nextAt, this.#storedAt + LEAST_GAP_MS));
      await pause(Math.max(0, wakeAt - this.#now()), signal);
      if (signal.aborted || wakeAt >= moment) return;
      await this.#append(this.#arrivals.arrivedBy(this.#now()));
    }
  }

  /** @returns how many rows had not arrived yet */
  async storeRest(): Promise<number> {
    await this.#append(this.#arrivals.arrivedBy(this.#now()));
    const rest = this.#arrivals.rest();
    await this.#append(rest);
    return rest.length;
  }

  async #append(arrived: readonly Arrival<SimulatedReading>[]): Promise<void> {
    if (arrived.length === 0) return;
    this.#storedAt = this.#now();
    await this.#store.appendReadings(arrivedReadings(arrived, this.#storedAt, AUTHOR));
    this.#stored += arrived.length;
  }
}

/** Other equipment in the plant's file is somebody else's run. */
function measure(plant: FeedPorts['plant'], equipmentIds: readonly string[]): readonly SimulatedReading[] {
  const chosen = new Set(equipmentIds);
  return plant.measure(Date.now()).filter((reading) => chosen.has(reading.equipmentId));
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
