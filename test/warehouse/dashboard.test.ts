import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { HOUR_MS, type Instant, SECOND_MS } from '../../src/domain/instant.ts';
import { OPEN_STATUSES, UNDECIDED_STATUSES } from '../../src/domain/transitions.ts';
import type { TableRow } from '../../src/ports/operator-store.ts';
import { embeddedDialect } from '../../src/store/embedded/dialect.ts';
import { foundBrowser, pictureOf, startBrowser } from '../support/browser.ts';
import { asOf, type Dataset, encodingsOf, readDashboard, type Row, sqlOf } from '../support/dashboard.ts';
import { dashboardPage, PICTURE_WIDTH } from '../support/dashboard-picture.ts';
import { DAYS, type SimulatedDays, simulateDays } from '../support/simulated-days.ts';
import { AGENT, type AtHand, atHand } from '../support/stores.ts';
import { databricksStore } from '../support/warehouse-store.ts';
import { copyDays } from './copied-days.ts';
import { onWarehouse } from './on-warehouse.ts';

const PATIENCE_MS = 600_000;
const DOCUMENTED = path.resolve(__dirname, '../../docs/images/dashboard.png');
const MOST_PICTURE_BYTES = 300_000;
const LEAST_PICTURE_BYTES = 40_000;
const SEVERITIES = ['critical', 'high', 'medium', 'low'];
const SIGNALS = ['temperature', 'pressure', 'flow_rate'];

const dashboard = readDashboard();

function timeOf(row: TableRow, column: string): Instant {
  return embeddedDialect.decodeTime(row[column]) ?? Number.NaN;
}

/** Of what the queries round to a decimal. */
const ROUNDED = 0.0501;
const QUARTER_MS = HOUR_MS / 4;

/** The point of the chart that a reading is in. */
function placeOf(reading: TableRow): string {
  return keyOf(new Date(Math.floor(timeOf(reading, 'timestamp') / QUARTER_MS) * QUARTER_MS), reading['equipment_id']);
}

function queryOf(name: string): string {
  const dataset = dashboard.datasets.find((each) => each.name === name);
  if (dataset === undefined) throw new Error(`there is no dataset ${name}`);
  return sqlOf(dataset);
}

const dayOf = (at: Instant) => new Date(at).toISOString().slice(0, 10);
const dayIn = ({ day }: Row) => (day instanceof Date ? dayOf(day.getTime()) : 'no day');

/** One text of several values. */
function keyOf(...parts: readonly unknown[]): string {
  return parts.map(String).join(' ');
}

/** How often each name comes, as an object. */
function tally(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

onWarehouse('the dashboard over days of work', () => {
  const results = new Map<string, readonly Row[]>();
  let at: AtHand;
  let days: SimulatedDays;
  let recommendations: readonly TableRow[];
  let events: readonly TableRow[];
  let readings: readonly TableRow[];

  beforeAll(async () => {
    // On a whole second: a literal of a query has no more.
    days = await simulateDays(Math.floor(Date.now() / SECOND_MS) * SECOND_MS);
    [recommendations, events, readings] = [
      await days.rows('agent_recommendations'),
      await days.rows('agent_events'),
      await days.rows('sensor_data'),
    ];
    at = await atHand(databricksStore());
    await copyDays(days, at.outside);
    for (const dataset of dashboard.datasets) results.set(dataset.name, await at.outside.rows(asOf(sqlOf(dataset), days.end)));
  }, PATIENCE_MS);
  afterAll(async () => {
    await days?.close();
    await at?.close();
  });

  const rowsOf = (name: string) => results.get(name) ?? [];
  const firstOf = (name: string): Row => rowsOf(name)[0] ?? {};
  const open = () => recommendations.filter(({ status }) => OPEN_STATUSES.some((known) => known === status));
  const recent = () => readings.filter((row) => timeOf(row, 'timestamp') > days.end - 24 * HOUR_MS);
  const judged = () => recommendations.filter(({ status, outcome }) => status === 'executed' && outcome !== null);

  test.each(dashboard.datasets.map((dataset) => [dataset.name, dataset] as const))(
    'the query %s answers as it stands, with the columns that its widgets show',
    async (name, dataset: Dataset) => {
      await at.outside.rows(sqlOf(dataset));
      const columns = (await at.outside.rows(`DESCRIBE QUERY ${sqlOf(dataset)}`)).map((row) => String(row['col_name']));
      const shown = dashboard.pages
        .flatMap(({ layout }) => layout.map(({ widget }) => widget))
        .filter(({ queries }) => queries[0]?.query.datasetName === name)
        .flatMap((widget) => [
          ...encodingsOf(widget).map(({ fieldName }) => fieldName),
          ...(widget.queries[0]?.query.fields ?? []).map((field) => field.name),
        ]);
      expect(columns).toEqual(expect.arrayContaining(shown));
      expect(shown).not.toEqual([]);
    },
    PATIENCE_MS,
  );

  test('the days have something of everything to show', () => {
    for (const { name } of dashboard.datasets) expect([name, rowsOf(name).length > 0]).toEqual([name, true]);
    expect(new Set(judged().map(({ outcome }) => outcome))).toEqual(new Set(['effective', 'ineffective', 'unknown']));
    expect(new Set(open().map(({ status }) => status))).toEqual(new Set(['pending', 'deferred']));
  });

  test('the queue is counted as the agent’s own status does, and as its rows say', async () => {
    const { openBySeverity, oldestOpenAt, stale } = await days.store.readFigures();
    const oldest = Math.min(...open().map((row) => timeOf(row, 'created_timestamp')));
    expect(oldestOpenAt).toBe(oldest);
    expect(firstOf('queue_totals')).toEqual({
      open: open().length,
      undecided: open().filter(({ status }) => UNDECIDED_STATUSES.some((known) => known === status)).length,
      stale,
      oldest_hours: Math.round(((days.end - oldest) / HOUR_MS) * 10) / 10,
    });
    expect(stale).toBeGreaterThan(0);
    expect(rowsOf('queue_by_severity')).toEqual(SEVERITIES.map((severity) => ({ severity, open: openBySeverity[severity as 'low'] })));
  });

  test('the queue’s list has each open recommendation once, the worst first and then the oldest', () => {
    const sorted = open().toSorted(
      (a, b) =>
        SEVERITIES.indexOf(String(a['severity'])) - SEVERITIES.indexOf(String(b['severity'])) ||
        timeOf(a, 'created_timestamp') - timeOf(b, 'created_timestamp'),
    );
    expect(rowsOf('queue_list').map(({ id, equipment, status }) => ({ id, equipment, status }))).toEqual(
      sorted.map((row) => ({ id: String(row['recommendation_id']).slice(0, 8), equipment: row['equipment_id'], status: row['status'] })),
    );
  });

  test('the outcomes are those of ops-agent outcomes, by day, by rule and by both', async () => {
    const counts = await days.store.countOutcomes(days.end - DAYS * 24 * HOUR_MS);
    const byRule = (outcome: 'effective' | 'ineffective' | 'unknown') =>
      counts.flatMap((each) => Array.from({ length: each[outcome] }, () => keyOf(each.ruleId, outcome)));
    const expected = tally([...byRule('effective'), ...byRule('ineffective'), ...byRule('unknown')]);
    expect(Object.fromEntries(rowsOf('outcomes_by_rule').map((row) => [keyOf(row['rule'], row['outcome']), row['judged']]))).toEqual(
      expected,
    );
    expect(Object.values(expected).reduce((sum, count) => sum + count, 0)).toBe(judged().length);
    expect(Object.fromEntries(rowsOf('outcomes_by_day').map((row) => [keyOf(dayIn(row), row['outcome']), row['judged']]))).toEqual(
      tally(judged().map((row) => keyOf(dayOf(timeOf(row, 'verified_timestamp')), row['outcome']))),
    );
    const both = rowsOf('outcomes_by_rule_and_day').flatMap((row) =>
      ['effective', 'ineffective', 'unknown'].flatMap((outcome) =>
        Array.from({ length: Number(row[outcome]) }, () => keyOf(dayIn(row), row['rule'], outcome)),
      ),
    );
    expect(tally(both)).toEqual(
      tally(judged().map((row) => keyOf(dayOf(timeOf(row, 'verified_timestamp')), row['rule_id'], row['outcome']))),
    );
  });

  test('the trend counts each recommendation on the day that it was made', () => {
    expect(
      Object.fromEntries(rowsOf('recommendations_by_day').map((row) => [keyOf(dayIn(row), row['severity']), row['recommendations']])),
    ).toEqual(tally(recommendations.map((row) => keyOf(dayOf(timeOf(row, 'created_timestamp')), row['severity']))));
  });

  test('the agent is healthy with the figures of its last cycle, and the audit is whole up to the place that it noted', async () => {
    const [health] = await days.rows('agent_health');
    if (health === undefined) throw new Error('the agent has a row');
    expect(firstOf('agent')).toMatchObject({
      agent: AGENT,
      verdict: 'healthy',
      reasons: '',
      last_heartbeat: new Date(days.end),
      next_due: new Date(timeOf(health, 'next_due')),
      cycles: health['polls_completed'],
      consecutive_errors: 0,
      last_error: null,
    });
    expect(firstOf('audit_chain')).toEqual({
      agent: AGENT,
      rows: events.length,
      last_place: health['audit_seq'],
      noted_place: health['audit_seq'],
      missing_places: 0,
      unchained: 0,
      newest: new Date(Math.max(...events.map((row) => timeOf(row, 'at')))),
    });
    expect(Object.fromEntries(rowsOf('audit_by_day').map((row) => [keyOf(dayIn(row), row['about']), row['rows']]))).toEqual(
      tally(events.map((row) => keyOf(dayOf(timeOf(row, 'at')), row['subject_type']))),
    );
  });

  test('a place that is missing in the audit is counted', async () => {
    const cut = queryOf('audit_chain').replace(
      'FROM agent_events e',
      'FROM (SELECT * FROM agent_events WHERE chain_seq NOT IN (7, 8, 30)) e',
    );
    expect(await at.outside.rows(cut)).toMatchObject([{ rows: events.length - 3, missing_places: 3 }]);
  });

  test('of the orders those in force are shown', () => {
    expect(rowsOf('controls')).toMatchObject([
      { kind: 'out_of_service', scope: 'MOTOR_09', ordered_by: 'm.weber', reason: 'being rebuilt', ends: null },
    ]);
  });

  describe('the readings of the last day', () => {
    test('are counted by equipment and signal, with their ends and their mean', () => {
      const found = rowsOf('readings_by_signal').map(({ equipment, signal, ...rest }) => [keyOf(equipment, signal), rest] as const);
      const ids = [...new Set(recent().map((row) => String(row['equipment_id'])))].toSorted();
      expect(found.map(([key]) => key)).toEqual(ids.flatMap((id) => SIGNALS.toSorted().map((signal) => keyOf(id, signal))));
      for (const [key, row] of found) {
        const [id, signal = ''] = key.split(' ');
        const own = recent().filter((reading) => reading['equipment_id'] === id);
        const values = own.map((reading) => Number(reading[signal]));
        const ends = [Math.min(...values), values.reduce((sum, value) => sum + value, 0) / values.length, Math.max(...values)];
        const shown = [row['lowest'], row['mean'], row['highest']].map(Number);
        expect(Math.max(...shown.map((value, index) => Math.abs(value - (ends[index] ?? Number.NaN))))).toBeLessThan(ROUNDED);
        const newest = new Date(Math.max(...own.map((reading) => timeOf(reading, 'timestamp'))));
        expect(row).toMatchObject({ readings: values.length, unusable: 0, newest });
      }
    });

    test('are drawn as means of a quarter of an hour', () => {
      const found = rowsOf('readings').map(({ time, equipment, temperature }) => [keyOf(time, equipment), Number(temperature)] as const);
      const measured = recent().map((row) => [placeOf(row), Number(row['temperature'])] as const);
      expect(new Set(found.map(([key]) => key))).toEqual(new Set(measured.map(([key]) => key)));
      for (const [key, mean] of found) {
        const values = measured.flatMap(([place, value]) => (place === key ? [value] : []));
        expect(mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 6);
      }
    });

    test('leave out what is no number or of bad quality, and count it', async () => {
      const other = await atHand(databricksStore());
      try {
        await other.outside.run(
          `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp, recorded_by)
VALUES ${[
            ['70.0', 'good'],
            ["double('NaN')", 'good'],
            ['NULL', 'Warning'],
            ['999.0', 'bad'],
          ]
            .map(([temperature, status]) => `('S', 'EQ_1', ${temperature}, 80.0, 50.0, '${status}', current_timestamp(), 'test')`)
            .join(', ')}`,
        );
        expect(await other.outside.rows(queryOf('readings_by_signal'))).toMatchObject([
          { signal: 'flow_rate', readings: 3, unusable: 1 },
          { signal: 'pressure', readings: 3, unusable: 1 },
          { signal: 'temperature', readings: 1, lowest: 70, highest: 70, unusable: 3 },
        ]);
        expect(await other.outside.rows(queryOf('readings'))).toMatchObject([{ temperature: 70, pressure: 80 }]);
      } finally {
        await other.close();
      }
    });
  });

  test(
    'can be drawn: the picture of the documentation',
    async () => {
      const found = foundBrowser();
      if (found === null && process.env['CI'] !== 'true') {
        process.stderr.write('the dashboard was not drawn: fetch a browser with npm run fetch:chromium\n');
        return;
      }
      if (found === null) throw new Error('there is no Chromium; fetch one with: npm run fetch:chromium');
      const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-dashboard-'));
      const browser = await startBrowser(found);
      try {
        const file = path.join(folder, 'dashboard.html');
        writeFileSync(
          file,
          dashboardPage(dashboard, results, `Drawn from what the dashboard's queries answered over ${DAYS} simulated days of work.`),
        );
        const page = await browser.newPage({ viewport: { width: PICTURE_WIDTH, height: 800 } });
        await page.goto(pathToFileURL(file).href, { waitUntil: 'load' });
        const picture = await pictureOf(page);
        expect(picture.length).toBeGreaterThan(LEAST_PICTURE_BYTES);
        expect(picture.length).toBeLessThan(MOST_PICTURE_BYTES);
        if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOCUMENTED, picture);
        expect(readFileSync(DOCUMENTED).length).toBeGreaterThan(LEAST_PICTURE_BYTES);
      } finally {
        await browser.close();
        rmSync(folder, { recursive: true, force: true });
      }
    },
    PATIENCE_MS,
  );
});
