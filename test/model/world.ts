import type { Settings } from '../../src/config/settings.ts';
import type { CycleReport } from '../../src/cycle/report.ts';
import { AgentError } from '../../src/domain/errors.ts';
import type { SimulatedPlant } from '../../src/plant/simulated-plant.ts';
import type { Plant } from '../../src/ports/plant.ts';
import type { Store } from '../../src/ports/store.ts';
import { SQLITE_CONSTRAINT, sqliteResultCode } from '../../src/sqlite/sqlite-library.ts';
import { type Connection, type HolderLock, type SqlValue, write } from '../../src/store/connection.ts';
import type { Dialect } from '../../src/store/dialect.ts';
import { type Mood, moodyPlant } from './moody-plant.ts';
import { OneHolder } from './one-holder.ts';
import { COOLING, EQUIPMENT, LEASE_SECONDS, MAX_AGE_SECONDS, MODE, type Setup, settingsOf, SITE, THROUGHPUT } from './plant-floor.ts';
import type * as product from './product.ts';
import { ReferenceModel } from './reference-model.ts';
import { gated, type Interruption, Run } from './run.ts';
import { commandsIn, eventsAfter, leaseOwnerIn, placeOfLastEvent, recommendationsIn } from './seen.ts';
import type { Tally } from './tally.ts';
import { SILENT } from '../support/silent-log.ts';

export type Product = typeof product;

/** What a world is made in. */
export interface Ground {
  readonly product: Product;
  readonly connection: Connection;
  readonly dialect: Dialect;
  readonly plant: Plant & SimulatedPlant;
  readonly clock: { now: number };
}

/** The deadband of the rule, °C. */
const CLEAR_BELOW = 84;
const NO_ANSWER = 'plant_unavailable';
/** What a plant that does not answer, or a ticket that nobody with a key issued, makes a cycle say; anything else is a fault of the agent's. */
const EXCUSED: readonly string[] = [NO_ANSWER, 'unauthorised'];

/** The real agent on its store and its plant, all under one clock that the sequence sets. */
export class World {
  readonly model: ReferenceModel;
  readonly settings: Settings;
  readonly setup: Setup;
  readonly tally: Tally;
  mood: Mood = 'well';
  /** A run that waits in the middle of its cycle. */
  stalled: Run | null = null;
  /** Recommendations of which somebody changed more than people's decisions do. */
  readonly tampered = new Set<string>();
  /** The worst reading that no whole cycle has seen. */
  unseenWorst = 0;
  /** Somebody wrote an approval into the audit itself. */
  forgedAudit = false;
  /** Somebody wrote into the columns by which the audit is believed. */
  editedWitness = false;
  /** The hash that somebody has on the screen. */
  screen: string | undefined;
  /** Whole cycles since a run died or was overtaken. */
  wholeCycles = 0;
  readonly #ground: Ground;
  readonly #holder = new OneHolder();
  #underWay: Promise<CycleReport | null> = Promise.resolve(null);
  #newest: { readonly at: number; readonly value: number } | null = null;
  #leaseUntil = 0;
  #runs = 0;
  #numbers = 0;
  #told: number;

  constructor(ground: Ground, setup: Setup, tally: Tally, told: number) {
    this.#ground = ground;
    this.setup = setup;
    this.tally = tally;
    this.#told = told;
    this.settings = settingsOf(setup);
    this.model = new ReferenceModel({ ...SITE, fourEyes: setup.fourEyes });
  }

  get now(): number {
    return this.#ground.clock.now;
  }

  /** For ids that must differ. */
  nextNumber(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  async advance(ms: number): Promise<void> {
    this.#ground.clock.now += ms;
    await this.#ground.connection.execute(write('UPDATE clock_of_the_world SET said = :said', { said: this.time(this.now) }));
  }

  time(instant: number): string {
    return this.#ground.dialect.encodeTime(instant);
  }

  /** What anybody does who may write to the tables; what a rule of a table refuses changes nothing. */
  async sql(text: string, params: Readonly<Record<string, SqlValue>> = {}): Promise<void> {
    await this.advance(1);
    try {
      await this.#ground.connection.execute(write(text, params));
    } catch (thrown) {
      if (!(thrown instanceof AgentError) || sqliteResultCode(thrown.cause) !== SQLITE_CONSTRAINT) throw thrown;
      return;
    }
    this.model.changedOutside(await recommendationsIn(this.#ground.connection), await commandsIn(this.#ground.connection));
    this.#told = await placeOfLastEvent(this.#ground.connection);
  }

  /** As the command line works on the store: a process of its own. */
  async operator<T>(work: (store: Store, eventOf: Product['eventOf']) => Promise<T>): Promise<T> {
    const result = await work(this.#open(this.#ground.connection, null).store, this.#ground.product.eventOf);
    await this.sql('UPDATE clock_of_the_world SET said = said');
    return result;
  }

  #open(connection: Connection, lock: HolderLock | null) {
    const { product, dialect } = this.#ground;
    const sourceTable = this.settings.source.table;
    const keys = this.settings.signingKeys;
    const store = product.createSqlStore({
      session: new product.Session(connection, dialect),
      lock,
      sourceTable,
      description: 'under test',
      keys,
    });
    return { store, source: new product.SqlSource(new product.Session(connection, dialect), this.settings.source) };
  }

  async reading(value: number): Promise<void> {
    await this.advance(1000);
    await this.sql(
      `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
VALUES ('S', '${EQUIPMENT}', :value, 95, 48, 'good', :at)`,
      { value, at: this.time(this.now) },
    );
    this.#newest = { at: this.now, value };
    this.unseenWorst = Math.max(this.unseenWorst, value);
  }

  get condition(): string {
    if (!this.#newest || this.now - this.#newest.at > MAX_AGE_SECONDS * 1000) return 'unknown';
    return this.#newest.value < CLEAR_BELOW ? 'cleared' : 'holds';
  }

  /** The newest value; a normal one where there is none. */
  get newestValue(): number {
    return this.#newest?.value ?? 0;
  }

  /** What the plant's tags say, whatever the plant would answer. */
  async live(): Promise<ReadonlyMap<string, number>> {
    this.#ground.plant.setFailure(null);
    const readings = await this.#ground.plant.read([THROUGHPUT, COOLING, MODE]);
    return new Map(readings.map(({ tag, value }) => [tag, value ?? Number.NaN]));
  }

  /** An operator at the plant. */
  async turn(tag: string, value: number): Promise<void> {
    this.#ground.plant.setFailure(null);
    await this.#ground.plant.write({ commandId: 'operator', tag, value, notAfter: this.now, signature: null });
  }

  /** Whether a run that began now would work, and not find another one before it. */
  get isFree(): boolean {
    return this.setup.lock ? this.#holder.isFree : this.now >= this.#leaseUntil;
  }

  /** Starts a run; it ends, stalls or dies. @returns its report, where it ended */
  async start(interruption: Interruption | null): Promise<CycleReport | null> {
    this.#runs += 1;
    // No two runs fall into one millisecond.
    await this.advance(1);
    const run = new Run(`run-${this.#runs}`, interruption, () => this.now);
    const { store, source } = this.#open(this.#ground.connection, this.setup.lock ? this.#holder.lockOf(run) : null);
    const ports = {
      store: gated(store, run, (method) => this.#seen(run, method)),
      source: gated(source, run, (method) => this.#seen(run, method)),
      plant: this.#plantOf(run),
      log: SILENT,
      monotonic: () => this.now,
    };
    const options = { runId: run.id, processId: null, waitSeconds: 0, nextDueInSeconds: 10, takeOver: false };
    const underWay = this.#ground.product.runCycle(ports, this.settings, new AbortController().signal, options);
    return this.#follow(run, underWay);
  }

  /** Lets the stalled run go on to its end, or to `further` calls from now. */
  async goOn(further = Number.POSITIVE_INFINITY): Promise<void> {
    const run = this.stalled;
    if (!run) return;
    this.stalled = null;
    if (this.model.isSuperseded(run.id)) {
      this.tally.fenced += 1;
      this.wholeCycles = 0;
    }
    run.goOn(further);
    await this.#follow(run, this.#underWay);
  }

  async #follow(run: Run, underWay: Promise<CycleReport | null>): Promise<CycleReport | null> {
    const report = await Promise.race([underWay, run.stopped.then(() => null)]);
    if (run.state === 'dead') {
      this.#holder.died(run);
      this.wholeCycles = 0;
      this.tally.deaths += 1;
    }
    if (run.state === 'stalled') {
      this.stalled = run;
      this.#underWay = underWay;
      this.tally.stalls += 1;
    }
    if (report) this.#ended(run, report);
    return report;
  }

  #ended(run: Run, { commands, errors, outcome }: CycleReport): void {
    run.end();
    this.tally.refused += commands.refused;
    this.tally.unknown += commands.unknown;
    for (const { code, message } of errors) if (!EXCUSED.includes(code)) this.model.failed(`run ${run.id} failed: ${code} ${message}`);
    if (outcome === 'skipped' || errors.length > 0 || this.model.isSuperseded(run.id)) return;
    this.wholeCycles += 1;
  }

  #plantOf(run: Run): Plant {
    return moodyPlant(this.#ground.plant, run, {
      mood: () => this.mood,
      pass: (ms) => this.advance(ms),
      noAnswer: () => new this.#ground.product.AgentError(NO_ANSWER, 'the plant does not answer'),
      read: (readings) =>
        this.model.plantRead(run.id, new Map(readings.flatMap(({ tag, value }) => (value === null ? [] : [[tag, value]])))),
      sent: (request) => this.model.sent(run.id, request, run),
      arrived: (request, fate) => {
        this.tally.writes += 1;
        this.model.arrived(run.id, request, fate, this.now);
      },
    });
  }

  async #seen(run: Run, method: string): Promise<void> {
    const { connection } = this.#ground;
    switch (method) {
      case 'takeLease': {
        const owner = await leaseOwnerIn(connection);
        if (owner !== run.id) break;
        this.model.leaseTaken(run.id, this.now);
        this.#leaseUntil = this.now + LEASE_SECONDS * 1000;
        break;
      }
      case 'readOpenWork':
        this.model.workRead(run.id, this.now);
        break;
      case 'detect':
        this.model.detected(run.id, this.condition, this.#newest?.at ?? 0);
        break;
      case 'appendEvents': {
        const events = await eventsAfter(connection, this.#told);
        this.#told = events.at(-1)?.place ?? this.#told;
        this.model.audited(run.id, events, this.now);
        break;
      }
      case 'claimCommands':
        this.model.claimed(run.id, this.now);
        await this.#tellWritten(run);
        break;
      case 'saveRecommendations':
      case 'saveCommands':
        await this.#tellWritten(run);
        break;
      case 'endCycle':
        if ((await leaseOwnerIn(connection)) === '') this.#leaseUntil = 0;
        if (!run.wasStopped && !this.model.isSuperseded(run.id)) this.unseenWorst = 0;
        break;
      default:
    }
  }

  async #tellWritten(run: Run): Promise<void> {
    const { connection } = this.#ground;
    this.model.written(run.id, await recommendationsIn(connection), await commandsIn(connection), this.now);
  }
}
