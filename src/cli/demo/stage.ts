import { counted } from '../../domain/counted.ts';
import { newRunId } from '../run-id.ts';
import type { Settings } from '../../config/settings.ts';
import { pause } from '../../cycle/pause.ts';
import type { CycleReport } from '../../cycle/report.ts';
import { runCycle } from '../../cycle/run-cycle.ts';
import { AgentError } from '../../domain/errors.ts';
import type { SimulatedPlant } from '../../plant/simulated-plant.ts';
import type { Plant } from '../../ports/plant.ts';
import type { Source } from '../../ports/source.ts';
import type { Store } from '../../ports/store.ts';
import { newReadings } from '../simulate/new-readings.ts';
import { FEED_MS } from './demo-settings.ts';
import { keepLog, type CycleLines, type Narration } from './narration.ts';

/** Everything that the demo plays with. */
export interface StageParts {
  readonly settings: Settings;
  readonly store: Store;
  readonly source: Source;
  readonly plant: Plant & SimulatedPlant;
  readonly narration: Narration;
  readonly signal: AbortSignal;
  readonly monotonic: () => number;
}

/** The plant, its feed and the agent, each of which the demo sets going when its turn comes. */
export class Stage {
  readonly parts: StageParts;
  readonly processId = newRunId();
  readonly #log = keepLog();

  constructor(parts: StageParts) {
    this.parts = parts;
  }

  /** @throws AgentError interrupted once somebody asked us to stop */
  goOn(): void {
    if (this.parts.signal.aborted)
      throw new AgentError('interrupted', 'the demo was interrupted', 'start it again to see the rest: ops-agent demo');
  }

  /** Stores one reading of every equipment. */
  async feed(): Promise<void> {
    const { store, plant } = this.parts;
    await store.appendReadings(newReadings(plant.measure(Date.now()), 'ops-agent demo'));
  }

  /** Readings as they come in, one every FEED_MS. */
  async feedFor(readings: number): Promise<void> {
    for (let count = 0; count < readings; count += 1) {
      await pause(FEED_MS, this.parts.signal);
      this.goOn();
      await this.feed();
    }
  }

  temperatureOf(equipmentId: string): number {
    const reading = this.parts.plant.measure(Date.now()).find((each) => each.equipmentId === equipmentId);
    if (reading === undefined) throw new AgentError('bug', `the plant model lost ${equipmentId}`);
    return reading.temperature;
  }

  /** What `ops-agent run-once` does. @throws AgentError when the cycle could not even begin */
  async cycle(): Promise<{ readonly report: CycleReport; readonly lines: CycleLines }> {
    this.goOn();
    const { settings, store, source, plant, signal, monotonic } = this.parts;
    const ports = { store, source, plant, log: this.#log, monotonic };
    const { processId } = this;
    const options = { runId: newRunId(), processId, waitSeconds: 0, nextDueInSeconds: settings.poll.intervalSeconds, takeOver: false };
    const report = await runCycle(ports, settings, signal, options);
    if (report.outcome === 'failed') throw report.cause;
    return { report, lines: this.#log.take() };
  }

  /** What `ops-agent sql` does, shown. */
  async sql(statement: string): Promise<void> {
    this.goOn();
    this.parts.narration.say(statement);
    const { changes } = await this.parts.store.runSql(statement);
    this.parts.narration.say(`${counted(changes ?? 0, 'row')} affected`);
  }
}
