import { tmpdir } from 'node:os';
import { newRunId } from '../../src/cli/run-id.ts';
import { loadSettings } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import { runCycle } from '../../src/cycle/run-cycle.ts';
import { eventOf } from '../../src/domain/event.ts';
import { HOUR_MS, type Instant, SECOND_MS } from '../../src/domain/instant.ts';
import type { SimulatedPlant } from '../../src/plant/simulated-plant.ts';
import { createSimulator } from '../../src/plant/simulator.ts';
import type { FaultKind } from '../../src/plant/thermal-model.ts';
import type { TableRow } from '../../src/ports/operator-store.ts';
import type { Plant } from '../../src/ports/plant.ts';
import type { Store } from '../../src/ports/store.ts';
import { type Connection, read, type SqlValue, write } from '../../src/store/connection.ts';
import type { Dialect } from '../../src/store/dialect.ts';
import { openEmbedded } from '../../src/store/embedded/connection.ts';
import { embeddedDialect } from '../../src/store/embedded/dialect.ts';
import { Session } from '../../src/store/session.ts';
import { SqlSource } from '../../src/store/sql-source.ts';
import { createSqlStore } from '../../src/store/sql-store.ts';
import { SILENT } from './silent-log.ts';
import { AGENT } from './stores.ts';

export const DAYS = 5;
/** What passes in a cycle from one look at the clock to the next. */
const CALL_MS = 85;
const STEP_MS = 300 * SECOND_MS;
const MINUTE_MS = 60 * SECOND_MS;
/** What operators take to look at the queue. */
const ANSWER_MS = 12 * MINUTE_MS;
const DIALECT: Dialect = { ...embeddedDialect, now: '(SELECT said FROM clock_of_the_days)' };

const SETTINGS: Settings = {
  ...loadSettings({
    env: {},
    cwd: tmpdir(),
    flags: {
      'source.maxAgeSeconds': 900,
      'policy.approvalTtlSeconds': 3600,
      'policy.settlingSeconds': 900,
      'policy.verifyWindowSeconds': 2700,
      'policy.holdSeconds': 3600,
      'plant.readBackSeconds': 0,
    },
  }),
  agentId: AGENT,
};

type Answer = 'approve' | 'reject' | 'defer' | 'nobody';

interface Incident {
  readonly equipment: string;
  readonly faults: readonly FaultKind[];
  /** Hours since the beginning. */
  readonly from: number;
  /** When the equipment is repaired and runs fully again. */
  readonly to: number;
  readonly answer: Answer;
  readonly by: string;
  /** The sensor falls silent so many hours after the beginning, for nobody to see whether it helped. */
  readonly silentFrom?: number;
}

const [WEBER, ORTIZ] = ['m.weber', 'j.ortiz'];

/** What goes wrong at the plant, and what people say to what the agent recommends. */
const INCIDENTS: readonly Incident[] = [
  { equipment: 'REACTOR_01', faults: ['cooling-loss'], from: 5, to: 12, answer: 'approve', by: WEBER },
  { equipment: 'PUMP_01', faults: ['cooling-loss'], from: 9, to: 15, answer: 'approve', by: WEBER },
  { equipment: 'FURNACE_01', faults: ['cooling-loss'], from: 20, to: 27, answer: 'approve', by: ORTIZ },
  { equipment: 'COMPRESSOR_01', faults: ['fouling'], from: 26, to: 41, answer: 'approve', by: ORTIZ },
  { equipment: 'REACTOR_01', faults: ['cooling-loss'], from: 30, to: 32, answer: 'reject', by: WEBER },
  { equipment: 'REACTOR_02', faults: ['cooling-loss', 'fouling'], from: 44, to: 55, answer: 'approve', by: WEBER },
  { equipment: 'PUMP_01', faults: ['cooling-loss'], from: 50, to: 57, answer: 'approve', by: ORTIZ, silentFrom: 50.4 },
  { equipment: 'FURNACE_01', faults: ['cooling-loss'], from: 66, to: 73, answer: 'approve', by: ORTIZ },
  { equipment: 'COMPRESSOR_01', faults: ['cooling-loss'], from: 70, to: 77, answer: 'approve', by: WEBER },
  { equipment: 'REACTOR_01', faults: ['blocked-discharge'], from: 80, to: 81.6, answer: 'approve', by: WEBER },
  { equipment: 'PUMP_01', faults: ['cooling-loss'], from: 92, to: 98, answer: 'defer', by: ORTIZ },
  { equipment: 'REACTOR_02', faults: ['cooling-loss'], from: 99, to: 106, answer: 'approve', by: WEBER },
  { equipment: 'COMPRESSOR_01', faults: ['cooling-loss'], from: 108, to: 114, answer: 'approve', by: ORTIZ },
  // Still on in the end.
  { equipment: 'FURNACE_01', faults: ['cooling-loss'], from: 90, to: 999, answer: 'nobody', by: '' },
  { equipment: 'REACTOR_01', faults: ['fouling'], from: 116, to: 999, answer: 'nobody', by: '' },
  { equipment: 'PUMP_01', faults: ['cooling-loss'], from: 118.5, to: 999, answer: 'defer', by: ORTIZ },
  { equipment: 'COMPRESSOR_01', faults: ['fouling'], from: 118.9, to: 999, answer: 'nobody', by: '' },
  { equipment: 'REACTOR_02', faults: ['cooling-loss'], from: 119.8, to: 999, answer: 'nobody', by: '' },
];

/** What the agent has written in a few days of work: readings of a simulated plant, people's decisions and its own cycles, under one clock. */
export interface SimulatedDays {
  readonly end: Instant;
  readonly store: Store;
  /** All rows of a table, as the embedded store keeps them. */
  rows(table: string): Promise<readonly TableRow[]>;
  close(): Promise<void>;
}

class Days {
  readonly connection: Connection;
  readonly store: Store;
  readonly source: SqlSource;
  readonly plant: Plant & SimulatedPlant;
  readonly clock: { now: Instant };
  readonly begin: Instant;
  #monotonic = 0;

  constructor(connection: Connection, plant: Plant & SimulatedPlant, clock: { now: Instant }) {
    this.connection = connection;
    this.plant = plant;
    this.clock = clock;
    this.begin = clock.now;
    this.source = new SqlSource(new Session(connection, DIALECT), SETTINGS.source);
    this.store = createSqlStore({
      session: new Session(connection, DIALECT),
      lock: null,
      sourceTable: SETTINGS.source.table,
      description: 'simulated days',
    });
  }

  async rows(sql: string, params: Readonly<Record<string, SqlValue>> = {}): Promise<readonly TableRow[]> {
    return (await this.connection.execute(read(sql, params))).rows;
  }

  hours(after: number): Instant {
    return this.begin + after * HOUR_MS;
  }

  async setClock(now: Instant): Promise<void> {
    this.clock.now = now;
    await this.connection.execute(write('UPDATE clock_of_the_days SET said = :now', { now: DIALECT.encodeTime(now) }));
  }

  /** Everything that happens at the plant by then, and what its sensors show. */
  async measure(last: Instant): Promise<void> {
    const { now } = this.clock;
    for (const incident of INCIDENTS) {
      const { equipment, faults, from, to, silentFrom } = incident;
      const begins = (at: number) => this.hours(at) > last && this.hours(at) <= now;
      if (begins(from)) for (const kind of faults) this.plant.inject(kind, equipment, this.hours(from));
      if (silentFrom !== undefined && begins(silentFrom)) this.plant.inject('drop-out', equipment, this.hours(silentFrom));
      if (begins(to)) await this.#repair(equipment);
    }
    this.plant.advance(now);
    for (const { equipmentId, temperature, pressure, flowRate, status } of this.plant.measure(now))
      await this.connection.execute(
        write(
          `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp, recorded_by)
VALUES (:sensor, :equipment, :temperature, :pressure, :flow, :status, :at, 'historian')`,
          {
            sensor: `S_${equipmentId}`,
            equipment: equipmentId,
            temperature,
            pressure,
            flow: flowRate,
            status,
            at: DIALECT.encodeTime(now),
          },
        ),
      );
  }

  async #repair(equipment: string): Promise<void> {
    const { now } = this.clock;
    this.plant.repair(equipment, now);
    for (const [name, value] of [
      ['ThroughputSetpoint', 100],
      ['CoolingSystemStatus', 0],
    ] as const)
      await this.plant.write({ commandId: 'operator', tag: `[default]${equipment}/${name}`, value, notAfter: now, signature: null });
  }

  /** What has been in the queue for long enough is answered, as the incident that it is about says. */
  async answer(): Promise<void> {
    const asked = await this.rows(
      `SELECT recommendation_id AS id, equipment_id AS equipment, action_hash AS hash FROM agent_recommendations
WHERE status = 'pending' AND MAX(created_timestamp, COALESCE(escalated_timestamp, created_timestamp)) <= :before`,
      { before: DIALECT.encodeTime(this.clock.now - ANSWER_MS) },
    );
    for (const { id, equipment, hash } of asked) {
      const incident = INCIDENTS.findLast((each) => each.equipment === equipment && this.hours(each.from) <= this.clock.now);
      if (incident !== undefined && incident.answer !== 'nobody') await this.#decide(String(id), String(hash), incident);
    }
  }

  async #decide(id: string, hash: string, { answer, by }: Incident): Promise<void> {
    const verdicts = {
      approve: { event: 'approval_given', verdict: { kind: 'approve', seenHash: hash } },
      reject: { event: 'rejection_given', verdict: { kind: 'reject', reason: 'is being cleaned' } },
      defer: { event: 'deferral_given', verdict: { kind: 'defer', until: this.clock.now + 8 * HOUR_MS, reason: null } },
      nobody: null,
    } as const;
    const chosen = verdicts[answer];
    if (chosen === null) return;
    const run = { agentId: AGENT, runId: newRunId() };
    const event = eventOf(run, { subjectType: 'recommendation', subjectId: id, event: chosen.event, actor: `${by} via cli:login` });
    await this.store.decide({ recommendationId: id, by, via: 'cli:login', ...chosen.verdict }, event);
  }

  /** An order of an operator that is in force in the end, and one that no longer is. */
  async order(): Promise<void> {
    const { now } = this.clock;
    const orders = [
      { scope: 'MOTOR_09', reason: 'being rebuilt', until: null },
      { scope: 'PUMP_03', reason: 'is being cleaned', until: now + 2 * HOUR_MS },
    ];
    for (const { scope, reason, until } of orders) {
      const control = { kind: 'out_of_service', scope, by: WEBER, reason, since: now, until } as const;
      const event = eventOf(
        { agentId: AGENT, runId: newRunId() },
        { subjectType: 'control', subjectId: scope, event: 'control_set', actor: `${WEBER} via cli:login` },
      );
      await this.store.setControl(control, event);
    }
  }

  async cycle(): Promise<void> {
    const ports = { store: this.store, source: this.source, plant: this.plant, log: SILENT, monotonic: () => (this.#monotonic += CALL_MS) };
    const options = { runId: newRunId(), processId: 'days', waitSeconds: 0, nextDueInSeconds: STEP_MS / SECOND_MS, takeOver: false };
    const report = await runCycle(ports, SETTINGS, new AbortController().signal, options);
    if (report.outcome !== 'completed' && report.outcome !== 'partial')
      throw new Error(`the cycle was ${report.outcome}: ${JSON.stringify(report)}`);
  }
}

/** `DAYS` days that are over at `end`. */
export async function simulateDays(end: Instant): Promise<SimulatedDays> {
  const clock = { now: end - DAYS * 24 * HOUR_MS };
  const connection = await openEmbedded(':memory:', true);
  await connection.execute(write('CREATE TABLE clock_of_the_days (said TEXT)'));
  await connection.execute(write('INSERT INTO clock_of_the_days VALUES (:now)', { now: DIALECT.encodeTime(clock.now) }));
  const { timeoutSeconds } = SETTINGS.plant;
  const plant = await createSimulator({
    path: ':memory:',
    latencySeconds: 0,
    timeoutSeconds,
    now: () => clock.now,
    tags: SETTINGS.tags.allow,
  });
  const days = new Days(connection, plant, clock);
  await days.store.migrate(AGENT);
  for (const equipment of new Set(INCIDENTS.map((each) => each.equipment))) plant.addEquipment(equipment);
  await days.order();
  for (let last = clock.now; last < end; last = clock.now) {
    await days.setClock(Math.min(last + STEP_MS, end));
    await days.measure(last);
    await days.answer();
    await days.cycle();
  }
  return {
    end,
    store: days.store,
    rows: (table) => days.rows(`SELECT * FROM ${table}`),
    close: async () => {
      await plant.close();
      await days.store.close();
    },
  };
}
