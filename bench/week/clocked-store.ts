import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { newRunId } from '../../src/cli/run-id.ts';
import { loadSettings } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import type { CyclePorts } from '../../src/cycle/ports.ts';
import type { CycleReport } from '../../src/cycle/report.ts';
import { runCycle } from '../../src/cycle/run-cycle.ts';
import type { Instant } from '../../src/domain/instant.ts';
import { createAdvisory } from '../../src/plant/advisory.ts';
import { openSqlite, type SqliteDatabase, type SqliteRow } from '../../src/sqlite/sqlite-library.ts';
import type { Dialect } from '../../src/store/dialect.ts';
import { openEmbedded } from '../../src/store/embedded/connection.ts';
import { embeddedDialect } from '../../src/store/embedded/dialect.ts';
import { embeddedLock } from '../../src/store/embedded/lock.ts';
import { Session } from '../../src/store/session.ts';
import { createSqlStore } from '../../src/store/sql-store.ts';
import { SqlSource } from '../../src/store/sql-source.ts';
import { type Row, timeText } from './feed.ts';
import { SILENT } from '../../test/support/silent-log.ts';

/** The embedded store as it is, except for its clock, which the bench sets: a week need not take one. */
const clockedDialect: Dialect = { ...embeddedDialect, now: '(SELECT now FROM bench_clock)' };

const HIGH = { signal: 'temperature', confidence: 0.9, recommendedAction: 'look at it' };
const RULES = {
  bands: [
    { ...HIGH, rule: 'temperature-elevated', above: 85, severity: 'medium', issueType: 'elevated_temperature' },
    { ...HIGH, rule: 'temperature-high', above: 90, severity: 'high', issueType: 'high_temperature' },
    { ...HIGH, rule: 'temperature-critical', above: 95, severity: 'critical', issueType: 'critical_temperature' },
    { ...HIGH, rule: 'flow-low', signal: 'flow_rate', below: 10, severity: 'medium', issueType: 'low_flow' },
  ],
};

export interface Recommended {
  readonly equipment: string;
  readonly family: string;
  readonly status: string;
  readonly severity: string;
  readonly peak: number;
  readonly created: Instant;
  readonly firstDetected: Instant;
  readonly lastAccounted: Instant;
}

/** A store under a clock of the bench's own, an agent on it, and a hand that writes readings past both. */
export interface ClockedStore {
  readonly settings: Settings;
  readonly source: SqlSource;
  readonly database: SqliteDatabase;
  setClock(now: Instant): void;
  /** @throws Error for a cycle that was not whole */
  cycle(): Promise<CycleReport>;
  insert(rows: readonly Row[]): void;
  /** Takes the indexes and triggers off sensor_data while `fill` writes, which is many times faster. */
  inBulk(fill: () => void): void;
  recommendations(): readonly Recommended[];
  watermark(): Instant;
  close(): Promise<void>;
}

export async function openClocked(
  folder: string,
  name: string,
  begin: Instant,
  flags: Readonly<Record<string, string | number>> = {},
): Promise<ClockedStore> {
  const config = path.join(folder, `${name}.yaml`);
  const file = path.join(folder, `${name}.db`);
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ rules: RULES }));
  const settings = loadSettings({
    env: {},
    cwd: folder,
    configPath: config,
    flags: { 'store.path': file, 'plant.kind': 'advisory', ...flags },
  });
  const database = await openSqlite(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; CREATE TABLE bench_clock (now TEXT)');
  database.prepare('INSERT INTO bench_clock VALUES (?)').run(timeText(begin));
  const connection = await openEmbedded(file, true);
  const session = new Session(connection, clockedDialect);
  const source = new SqlSource(new Session(connection, clockedDialect), settings.source);
  const store = createSqlStore({ session, lock: embeddedLock(`${file}.lock`), sourceTable: settings.source.table, description: name });
  await store.migrate(settings.agentId);
  const insert = database.prepare(INSERT);
  const readAll = database.prepare(READ);
  const readWatermark = database.prepare('SELECT watermark_timestamp AS at FROM agent_health');
  const setClock = database.prepare('UPDATE bench_clock SET now = ?');
  return {
    settings,
    source,
    database,
    setClock: (now) => void setClock.run(timeText(now)),
    cycle: () => cycleOn({ store, source, plant: createAdvisory(), log: SILENT, monotonic: () => performance.now() }, settings),
    insert: (rows) => {
      database.exec('BEGIN');
      for (const row of rows) insert.run(...row);
      database.exec('COMMIT');
    },
    inBulk: (fill) => inBulk(database, fill),
    recommendations: () => readAll.all().map(recommended),
    watermark: () => instantOf(readWatermark.get()?.['at']),
    close: async () => {
      database.close();
      await store.close();
    },
  };
}

const INSERT = `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp, recorded_by)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
const READ = `SELECT equipment_id, issue_family, status, severity, peak_value, created_timestamp, first_detected_timestamp, last_accounted_timestamp
  FROM agent_recommendations ORDER BY created_timestamp`;

async function cycleOn(ports: CyclePorts, settings: Settings): Promise<CycleReport> {
  const options = { runId: newRunId(), processId: null, waitSeconds: 0, nextDueInSeconds: 10, takeOver: false };
  const report = await runCycle(ports, settings, new AbortController().signal, options);
  if (report.outcome !== 'completed') throw new Error(`the cycle was ${report.outcome}: ${JSON.stringify(report.errors)}`);
  return report;
}

function inBulk(database: SqliteDatabase, fill: () => void): void {
  const beside = database
    .prepare(`SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = 'sensor_data' AND type IN ('index', 'trigger')`)
    .all();
  for (const { type, name } of beside) database.exec(`DROP ${String(type)} "${String(name)}"`);
  fill();
  for (const { sql } of beside) database.exec(String(sql));
}

function recommended(row: SqliteRow): Recommended {
  return {
    equipment: String(row['equipment_id']),
    family: String(row['issue_family']),
    status: String(row['status']),
    severity: String(row['severity']),
    peak: Number(row['peak_value']),
    created: instantOf(row['created_timestamp']),
    firstDetected: instantOf(row['first_detected_timestamp']),
    lastAccounted: instantOf(row['last_accounted_timestamp']),
  };
}

function instantOf(text: unknown): Instant {
  const instant = embeddedDialect.decodeTime(text);
  if (instant === null) throw new Error(`${String(text)} is no time`);
  return instant;
}
