import { HOUR_MS, type Instant, SECOND_MS } from '../../src/domain/instant.ts';
import { activeFamilies } from '../../src/domain/rule-book.ts';
import { type DetectionWindow, detectionWindow } from '../../src/domain/window.ts';
import { embeddedDialect } from '../../src/store/embedded/dialect.ts';
import { detectSql } from '../../src/store/statements/detect.ts';
import { sensorForm } from '../../src/store/statements/sensor-states.ts';
import { type ClockedStore, openClocked } from './clocked-store.ts';
import { Feed, timeText } from './feed.ts';
import { quantile } from './judge.ts';
import { PERIOD_MS, planFaults } from './plan.ts';

const TIMES = 15;
const MILLION = 1_000_000;

/**
 * The same windows at the table's end while the history before them grows: a cycle that is up to date, and one with a slice of an
 * hour. Nothing is written, so that every run is the same. @param sizes of the table, in millions of rows
 */
export async function sliceCost(folder: string, begin: Instant, equipment: number, sizes: readonly number[]): Promise<void> {
  const hours = 6;
  const bench = await openClocked(folder, 'slice', begin);
  const feed = new Feed(planFaults({ seed: 3, equipment, begin, hours, groups: 0, current: 0 }));
  while (feed.reached < begin + hours * HOUR_MS) bench.insert(feed.next());
  const now = feed.reached;
  const windows = { 'up to date': windowAt(bench, now, now - PERIOD_MS), 'with a slice': windowAt(bench, now, now - 4 * HOUR_MS) };
  console.log(`\none detect statement over the same readings while the table grows, median of ${TIMES}, ratio to the smallest table`);
  const base = new Map<string, number>();
  let oldest = begin;
  for (const size of sizes) {
    oldest = grow(bench, oldest, equipment, size * MILLION);
    const held = rowsHeld(bench);
    for (const [name, window] of Object.entries(windows)) {
      const times = await timesOf(bench, window);
      const cpu = quantile(
        times.map((each) => each.cpuMs),
        0.5,
      );
      const wall = quantile(
        times.map((each) => each.wallMs),
        0.5,
      );
      base.set(name, base.get(name) ?? cpu);
      const ratio = (cpu / (base.get(name) ?? cpu)).toFixed(2);
      console.log(
        `  ${(held / MILLION).toFixed(1)} M rows, ${name}: ${rowsIn(bench, window)} rows in the range, ${cpu.toFixed(0)} ms of CPU, ratio ${ratio} (${wall.toFixed(0)} ms passed)`,
      );
    }
  }
  printPlan(bench);
  await bench.close();
}

function windowAt({ settings }: ClockedStore, now: Instant, watermark: Instant): DetectionWindow {
  return detectionWindow(now, watermark, settings.source, activeFamilies(settings.rules));
}

interface Times {
  /** Of this process: what others do on the machine shows in it least. */
  readonly cpuMs: number;
  readonly wallMs: number;
}

async function timesOf({ source, settings }: ClockedStore, window: DetectionWindow): Promise<readonly Times[]> {
  const times: Times[] = [];
  for (let time = 0; time < TIMES; time += 1) {
    const begun = performance.now();
    const used = process.cpuUsage();
    const { totals } = await source.detect({ window, rules: settings.rules, known: [], accounted: [] });
    const { user, system } = process.cpuUsage(used);
    times.push({ cpuMs: (user + system) / 1000, wallMs: performance.now() - begun });
    if (totals.newestGoodAt === null) throw new Error('the window is empty');
  }
  return times;
}

function rowsIn({ database }: ClockedStore, { live, backlog }: DetectionWindow): number {
  const count = database.prepare('SELECT COUNT(*) AS n FROM sensor_data WHERE timestamp > ? AND timestamp <= ?');
  const ranges = backlog === null ? [live] : [live, backlog];
  return ranges.reduce((sum, range) => sum + Number(count.get(timeText(range.after), timeText(range.upTo))?.['n']), 0);
}

function rowsHeld({ database }: ClockedStore): number {
  return Number(database.prepare('SELECT COUNT(*) AS n FROM sensor_data').get()?.['n']);
}

/** Adds older readings, as many a second as the plant has, until the table has `rows`. @returns the oldest one's time */
function grow(bench: ClockedStore, oldest: Instant, equipment: number, rows: number): Instant {
  const missing = rows - rowsHeld(bench);
  if (missing <= 0) throw new Error(`the table has more than ${rows} rows already`);
  const spacingMs = PERIOD_MS / equipment;
  bench.inBulk(() => {
    bench.database.prepare(OLDER).run({ rows: missing, equipment, begin: timeText(oldest), spacing: spacingMs / SECOND_MS });
  });
  return oldest - Math.ceil(missing * spacingMs);
}

const OLDER = `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp, recorded_by)
WITH RECURSIVE n(i) AS (SELECT :rows UNION ALL SELECT i - 1 FROM n WHERE i > 1)
SELECT printf('S_EQ_%03d', i % :equipment), printf('EQ_%03d', i % :equipment), 70.0 + i % 13, 80.0, 15.0, 'good',
  strftime('%Y-%m-%d %H:%M:%f', :begin, (-i * :spacing) || ' seconds'), 'older' FROM n`;

/** @throws Error where the statement reads the readings other than by a range of an index */
function printPlan({ database, settings }: ClockedStore): void {
  const sql = `EXPLAIN QUERY PLAN ${detectSql(settings.source, embeddedDialect, { scoped: false, trends: false, sensors: sensorForm({ rules: settings.sensorFaults, known: [] }), isPast: false })}`;
  const steps = database
    .prepare(sql)
    .all()
    .map((row) => String(row['detail']))
    .filter((detail) => detail.includes('sensor_data'));
  const whole = steps.find((detail) => !detail.startsWith('SEARCH'));
  if (whole !== undefined || steps.length === 0) throw new Error(`the readings are not read by an index: ${whole ?? 'no step'}`);
  console.log('  how the statement reads the readings:');
  for (const step of new Set(steps)) console.log(`    ${step} (${steps.filter((other) => other === step).length} times)`);
}
