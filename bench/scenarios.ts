import { newRunId } from '../src/cli/run-id.ts';
import path from 'node:path';
import { loadSettings } from '../src/config/load.ts';
import type { Settings } from '../src/config/settings.ts';
import type { CycleReport } from '../src/cycle/report.ts';
import { runCycle } from '../src/cycle/run-cycle.ts';
import { createPlant } from '../src/plant/create-plant.ts';
import type { Store } from '../src/ports/store.ts';
import { openStore } from '../src/store/open-store.ts';
import { SILENT } from '../test/support/silent-log.ts';

interface Bench {
  readonly store: Store;
  readonly cycle: () => Promise<CycleReport>;
  readonly close: () => Promise<void>;
}

async function open(folder: string, name: string, flags: Record<string, string> = {}): Promise<Bench> {
  const settings: Settings = loadSettings({ env: {}, cwd: folder, flags: { 'store.path': path.join(folder, `${name}.db`), ...flags } });
  const { store, source } = await openStore(settings, { create: true });
  await store.migrate(settings.agentId);
  const plant = await createPlant(settings.plant, { now: () => Date.now() });
  const ports = { store, source, plant, log: SILENT, monotonic: () => performance.now() };
  const cycle = async () => {
    const report = await runCycle(ports, settings, new AbortController().signal, {
      runId: newRunId(),
      processId: null,
      waitSeconds: 0,
      nextDueInSeconds: 10,
      takeOver: false,
    });
    if (report.outcome !== 'completed') throw new Error(`the cycle was ${report.outcome}: ${JSON.stringify(report.errors)}`);
    return report;
  };
  const close = async () => {
    await plant.close();
    await store.close();
  };
  return { store, cycle, close };
}

/** `rows` readings of `equipment` pieces, spread evenly over the `seconds` before now; the first `hot` pieces are too hot. */
async function insertReadings(store: Store, rows: number, equipment: number, seconds: number, hot: number, endAgo = 0): Promise<void> {
  await store.runSql(`INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows - 1})
SELECT 'S' || (i % ${equipment}), 'EQ_' || (i % ${equipment}), CASE WHEN i % ${equipment} < ${hot} THEN 96.0 ELSE 70.0 + i % 13 END, 80, 50, 'good',
  strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || (${endAgo} + ${seconds} * (${rows - 1} - i) / ${rows}.0) || ' seconds') FROM n`);
}

function memory(): string {
  return `${Math.round(process.resourceUsage().maxRSS / 1024)} MB peak`;
}

async function repeated(times: number, work: () => Promise<CycleReport>): Promise<{ readonly ms: number; readonly report: CycleReport }> {
  const reports: CycleReport[] = [];
  for (let i = 0; i < times; i += 1) reports.push(await work());
  const byTime = reports.toSorted((a, b) => a.durationMs - b.durationMs);
  const report = byTime[Math.floor(byTime.length / 2)];
  if (!report) throw new Error('no cycle was run');
  return { ms: report.durationMs, report };
}

/** The worst case: every reading lies in the window. */
async function detection(folder: string): Promise<void> {
  console.log('\ncycle over readings that all lie in its window (10,000 equipment, 50 of them too hot)');
  let base = 0;
  for (const rows of [100_000, 1_000_000]) {
    const bench = await open(folder, `detection-${rows}`);
    await insertReadings(bench.store, rows, 10_000, 280, 50);
    const first = await bench.cycle();
    const idle = await repeated(3, bench.cycle);
    base ||= idle.ms;
    console.log(
      `  ${rows} readings: ${first.durationMs} ms the first cycle (${first.recommendations.created} recommendations), ${idle.ms} ms the next ` +
        `(ratio ${(idle.ms / base).toFixed(1)}), ${((idle.ms * 1000) / rows).toFixed(1)} µs a reading, ${idle.report.statements} statements, ${memory()}`,
    );
    await bench.close();
  }
}

/** What has been dealt with must not cost: the same window on a growing table. */
async function history(folder: string): Promise<void> {
  console.log('\ncycle over 10,000 new readings on a growing table (1,000 equipment)');
  const bench = await open(folder, 'history');
  await insertReadings(bench.store, 10_000, 1000, 9, 0);
  let base = 0;
  for (const older of [0, 1_000_000]) {
    if (older > 0) await insertReadings(bench.store, older, 1000, 30 * 86_400, 0, 7200);
    const { ms } = await repeated(5, bench.cycle);
    base ||= ms;
    console.log(`  ${older} older readings: ${ms} ms (ratio ${(ms / base).toFixed(2)})`);
  }
  await bench.close();
}

function perSecond(count: number, ms: number): number {
  return Math.round((count * 1000) / ms);
}

/** From a reading to a verified write: how many recommendations and commands a second. */
async function throughput(folder: string): Promise<void> {
  console.log('\nfrom readings to commands: 400 pieces of equipment too hot at once, all approved');
  const bench = await open(folder, 'throughput', { 'policy.maxDispatchPerCycle': '400', 'policy.maxWritesPerMinute': '10000' });
  await insertReadings(bench.store, 400, 400, 1, 400);
  const recommended = await bench.cycle();
  await bench.store.runSql(
    `UPDATE agent_recommendations SET status = 'approved', approved_timestamp = CURRENT_TIMESTAMP, approved_by_operator = 'bench' WHERE status = 'pending'`,
  );
  const executed = await bench.cycle();
  const created = recommended.recommendations.created;
  console.log(
    `  ${created} recommendations in ${recommended.durationMs} ms: ${perSecond(created, recommended.durationMs)} a second, ${recommended.statements} statements`,
  );
  console.log(
    `  ${executed.commands.executed} commands written and read back in ${executed.durationMs} ms: ` +
      `${perSecond(executed.commands.executed, executed.durationMs)} a second, ${executed.statements} statements, ${memory()}`,
  );
  await bench.close();
}

const scenarios: Readonly<Record<string, (folder: string) => Promise<void>>> = { detection, history, throughput };
const [name = '', folder = ''] = process.argv.slice(2);
const scenario = scenarios[name];
if (!scenario) throw new Error(`no scenario '${name}'`);
await scenario(folder);
