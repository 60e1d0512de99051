import type { Settings } from '../../src/config/settings.ts';
import { type Band, type IssueFamily } from '../../src/domain/rules.ts';
import { recommendationIdOf } from '../../src/domain/ids.ts';
import { unscopedRules } from '../../src/domain/rule-book.ts';
import { type Connection, type HolderLock, read, type SqlValue, type Statement, write } from '../../src/store/connection.ts';
import type { Dialect } from '../../src/store/dialect.ts';
import { openEmbedded } from '../../src/store/embedded/connection.ts';
import { AGENT, SETTINGS } from '../support/stores.ts';
import type * as detector from './detector.ts';
import type { Act, ComparedRow, Death, FamilyRows, FamilyRule, Reading, Rules, StandingOrder } from './history.ts';
import { SILENT } from '../support/silent-log.ts';

export type Detector = typeof detector;

/** What of a cycle reached the tables. A cycle that was not killed stores everything. */
export interface Stored {
  readonly audit: boolean;
  readonly rows: boolean;
  readonly watermark: boolean;
}

/** One process after the other: a dead one has let go of it. */
const LOCK: HolderLock = { acquire: () => Promise.resolve(true), release: () => Promise.resolve() };
const DEAD = new Error('this run is dead');

/**
 * The real agent on an embedded store in memory, whose clock is a row of a table. Histories come one after the other in one database:
 * each begins where everything since the last was rolled back, which is cheaper than a new schema.
 */
export class RealAgent {
  readonly #detector: Detector;
  readonly #connection: Connection;
  readonly #dialect: Dialect;
  #settings: Settings = SETTINGS;
  #run = 0;

  private constructor(detector: Detector, connection: Connection, dialect: Dialect) {
    this.#detector = detector;
    this.#connection = connection;
    this.#dialect = dialect;
  }

  static async open(detector: Detector): Promise<RealAgent> {
    const connection = await openEmbedded(':memory:', true);
    const dialect = { ...detector.embeddedDialect, now: '(SELECT said FROM clock_of_the_history)' };
    const agent = new RealAgent(detector, connection, dialect);
    await agent.#execute('CREATE TABLE clock_of_the_history (said TEXT)');
    await agent.#execute('INSERT INTO clock_of_the_history VALUES (:said)', { said: dialect.encodeTime(0) });
    await agent.#open(connection).store.migrate(AGENT);
    await agent.#execute('SAVEPOINT nothing_happened');
    return agent;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  #execute(sql: string, params: Statement['params'] = {}) {
    return this.#connection.execute(write(sql, params));
  }

  async #query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return (await this.#connection.execute(read(sql))).rows;
  }

  #open(connection: Connection) {
    const { createSqlStore, Session, SqlSource } = this.#detector;
    const sourceTable = this.#settings.source.table;
    const store = createSqlStore({ session: new Session(connection, this.#dialect), lock: LOCK, sourceTable, description: 'under test' });
    return { store, source: new SqlSource(new Session(connection, this.#dialect), this.#settings.source) };
  }

  async begin(rules: Rules): Promise<void> {
    await this.#execute('ROLLBACK TO nothing_happened');
    this.#settings = settingsOf(rules);
  }

  async setClock(now: number): Promise<void> {
    await this.#execute('UPDATE clock_of_the_history SET said = :said', { said: this.#dialect.encodeTime(now) });
  }

  async insert(readings: readonly (Reading & { readonly spelled: string | null })[]): Promise<void> {
    const rows = readings.map(({ at, spelled, temperature, ...reading }) => ({
      ...reading,
      // JSON has no infinity; the engine reads one out of a number that is too large.
      temperature: temperature === Number.POSITIVE_INFINITY ? null : temperature,
      hot: temperature === Number.POSITIVE_INFINITY ? 1 : 0,
      at: at === null ? spelled : this.#dialect.encodeTime(at),
    }));
    await this.#execute(
      `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
SELECT 'S', ${value('equipment')}, CASE WHEN ${value('hot')} THEN 9e999 ELSE ${value('temperature')} END, ${value('number')}, ${value('flow')}, ${value('status')}, ${value('at')}
FROM json_each(:rows)`,
      { rows: JSON.stringify(rows) },
    );
  }

  /** As an HMI does it: plain SQL on the row, whatever the agent knows by then. */
  async decide(act: Exclude<Act, { kind: 'control' | 'lift' }>, equipment: string, family: string, now: number): Promise<void> {
    const time = (at: number) => this.#dialect.encodeTime(at);
    const at: Record<string, SqlValue> = { equipment, family, now: time(now) };
    const set = (columns: string, params: Record<string, SqlValue>) =>
      this.#execute(
        `UPDATE agent_recommendations SET ${columns} WHERE equipment_id = :equipment AND issue_family = :family AND status IN ('pending', 'deferred')`,
        params,
      );
    switch (act.kind) {
      case 'reject':
        await set(`status = 'rejected', rejected_by_operator = 'anna', rejection_reason = 'known', rejected_timestamp = :now`, at);
        break;
      case 'approve':
        await set(`status = 'approved', approved_by_operator = 'anna', approved_timestamp = :now`, at);
        break;
      case 'defer': {
        const { now: _now, ...where } = at;
        await set(`status = 'deferred', defer_until = :until`, { ...where, until: time(now + act.seconds * 1000) });
      }
    }
  }

  async setOrders(orders: readonly StandingOrder[]): Promise<void> {
    await this.#execute('DELETE FROM agent_controls');
    for (const { kind, equipment, since, until } of orders)
      await this.#execute(`INSERT INTO agent_controls VALUES (:id, :kind, :scope, 'anna', 'maintenance', :since, :until)`, {
        id: `${kind}:${equipment}`,
        kind,
        scope: equipment,
        since: this.#dialect.encodeTime(since),
        until: until === null ? null : this.#dialect.encodeTime(until),
      });
  }

  /** One process: it opens the store, runs a cycle, and ends or dies. @throws Error for a fault that no death explains */
  async cycle(death: Death | null): Promise<Stored> {
    const { runCycle, createAdvisory } = this.#detector;
    const stored = { audit: false, rows: false, watermark: false };
    const mortal = mortalConnection(this.#connection, death, (statement) => {
      if (statement.sql.startsWith('INSERT INTO "agent_events"')) stored.audit = true;
      if (statement.sql.startsWith('INSERT INTO "agent_recommendations"')) stored.rows = true;
      if (statement.sql.includes('"watermark_timestamp" = CASE')) stored.watermark = true;
    });
    const ports = { ...this.#open(mortal.connection), plant: createAdvisory(), log: SILENT, monotonic: () => 0 };
    this.#run += 1;
    const options = { runId: `run-${this.#run}`, processId: `process-${this.#run}`, waitSeconds: 0, nextDueInSeconds: 10, takeOver: false };
    const report = await runCycle(ports, this.#settings, new AbortController().signal, options);
    if (mortal.isDead()) return stored;
    if (report.errors.length > 0 || report.outcome === 'skipped')
      throw new Error(`the cycle did not end well: ${report.skippedReason ?? JSON.stringify(report.errors)}`);
    return { audit: true, rows: true, watermark: true };
  }

  async watermark(): Promise<number | null> {
    const [health] = await this.#query('SELECT watermark_timestamp FROM agent_health');
    return this.#dialect.decodeTime(health?.['watermark_timestamp'] ?? null);
  }

  /** The rows of each equipment and family: the chain, each after the one that it names as its predecessor, and what stands beside it. */
  async chains(): Promise<ReadonlyMap<string, FamilyRows>> {
    const rows = await this.#query('SELECT * FROM agent_recommendations');
    const families = new Map<string, Readonly<Record<string, unknown>>[]>();
    for (const row of rows) {
      const key = `${String(row['equipment_id'])} ${String(row['issue_family'])}`;
      families.set(key, [...(families.get(key) ?? []), row]);
    }
    return new Map([...families].map(([key, ofFamily]) => [key, this.#family(ofFamily)]));
  }

  #family(rows: readonly Readonly<Record<string, unknown>>[]): FamilyRows {
    const chain: Readonly<Record<string, unknown>>[] = [];
    const [some] = rows;
    let next = rows.find(
      (row) => row['recommendation_id'] === recommendationIdOf(String(some?.['equipment_id']), String(some?.['issue_family']), null),
    );
    while (next !== undefined) {
      chain.push(next);
      const before = next['recommendation_id'];
      next = rows.find((row) => row['predecessor_id'] === before);
    }
    const beside = rows.filter((row) => !chain.includes(row));
    const strays = beside.filter((row) => row['predecessor_id'] !== null || row['status'] !== 'withdrawn');
    if (strays.length > 0 || chain.length === 0) throw new Error(`${strays.length} recommendations follow none that is there`);
    return { chain: chain.map((row) => this.#compared(row)), beside: beside.map((row) => this.#compared(row)) };
  }

  #compared(row: Readonly<Record<string, unknown>>): ComparedRow {
    const time = (name: string) => this.#dialect.decodeTime(row[name]);
    return {
      status: String(row['status']),
      severity: String(row['severity']),
      firstDetected: time('first_detected_timestamp') ?? Number.NaN,
      lastAccounted: time('last_accounted_timestamp') ?? Number.NaN,
      peakValue: Number(row['peak_value']),
      peakReadings: [Number(row['pressure_reading'])],
      quietUntil: time('quiet_until'),
    };
  }
}

function value(name: string): string {
  return `json_extract(value, '$.${name}')`;
}

/** After the death nothing reaches the store any more: a killed process does not tidy up. */
function mortalConnection(inner: Connection, death: Death | null, done: (statement: Statement) => void) {
  let count = 0;
  let dead = false;
  const connection: Connection = {
    hasTransactions: inner.hasTransactions,
    execute: async (statement) => {
      count += 1;
      dead ||= count === death?.statement && death.when === 'before';
      if (dead) throw DEAD;
      const result = await inner.execute(statement);
      done(statement);
      dead = count === death?.statement;
      if (dead) throw DEAD;
      return result;
    },
    executeAll: (statements) => inner.executeAll(statements),
    close: () => Promise.resolve(),
  };
  return { connection, isDead: () => dead };
}

function bandOf({ limit, severity }: FamilyRule['bands'][number]): Band {
  return {
    ruleId: `rule-${severity}`,
    limit,
    severity,
    issueType: severity,
    confidence: 0.9,
    recommendedAction: 'look at it',
    actions: [],
    fourEyes: false,
  };
}

function familyOf({ id, signal, side, bands, deadband, onDelay, offDelay, clearReadings }: FamilyRule): IssueFamily {
  const [mildest, ...worse] = bands.map(bandOf);
  if (!mildest) throw new Error(`the family ${id} has no band`);
  return { id, signal, side, bands: [mildest, ...worse], deadband, onDelaySeconds: onDelay, offDelaySeconds: offDelay, clearReadings };
}

function settingsOf(rules: Rules): Settings {
  return {
    ...SETTINGS,
    // Its delay would make every window longer than the rules' own.
    sensorFaults: { ...SETTINGS.sensorFaults, offDelaySeconds: 0 },
    agentId: AGENT,
    source: {
      ...SETTINGS.source,
      latenessSeconds: rules.lateness,
      maxAgeSeconds: rules.maxAge,
      firstLookbackSeconds: rules.firstLookback,
    },
    rules: unscopedRules(rules.families.map(familyOf)),
    policy: { ...SETTINGS.policy, holdSeconds: rules.hold, approvalTtlSeconds: rules.approvalTtl },
  };
}
