import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { ensureBundle, newWorkplace, startBundle, type Workplace } from '../support/bundle.ts';

let place: Workplace;
beforeAll(() => ensureBundle(), 60_000);
beforeEach(async () => {
  place = newWorkplace({ OPS_AGENT_RULES_OFF_DELAY_SECONDS: '0', OPS_AGENT_RULES_CLEAR_READINGS: '1' });
  await place.run('setup');
}, 30_000);
afterEach(() => place.remove());

const sql = (statement: string) => place.json('sql', '--json', statement);

/** One reading of now for each. */
async function readings(temperatures: Readonly<Record<string, number>>): Promise<void> {
  const rows = Object.entries(temperatures).map(([id, value]) => `('S', '${id}', ${value}, 95, 48, 'good', CURRENT_TIMESTAMP)`);
  await sql(
    `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp) VALUES ${rows.join(', ')}`,
  );
}

const LINES = Array.from({ length: 15 }, (_, index) => `LINE_${String(index + 1).padStart(2, '0')}`);

const hot = (index: number) => (index < 3 ? 96 + index / 2 : index < 14 ? 91 + index / 10 : 86);

/** Fifteen at once: three critical, eleven high, one medium. */
async function flood(): Promise<void> {
  await readings(Object.fromEntries(LINES.map((id, index) => [id, hot(index)])));
  expect((await place.run('run-once')).stderr).toContain('[WARNING] FLOOD BEGAN: 15 new recommendations within 10 minutes\n');
}

const masked = (text: string) =>
  text
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'INSTANT')
    .replace(/\(\d+s\)/g, '(AGE)')
    .replace(/ {2,}\d+s(?= )/g, '  AGE')
    .replace(/^[0-9a-f]{8}(?= )/gm, 'ID______');
const openedAgo = (seconds: number, condition = 'true') =>
  sql(
    `UPDATE agent_recommendations SET created_timestamp = strftime('%Y-%m-%d %H:%M:%f', created_timestamp, '-${seconds} seconds') WHERE ${condition}`,
  );
const queueEvents = async () =>
  ((await place.json('events', '--subject', 'queue', '--json')) as { event: string; after: unknown }[]).toReversed(); // the shape is json.test.ts's subject

describe('a flood', () => {
  test('is listed in groups, with a line that says so, until it ends', async () => {
    await flood();
    const list = await place.run('recommendations');
    expect(masked(list.stdout)).toBe(`FLOOD since INSTANT (AGE): 15 new recommendations. Every row: ops-agent recommendations --flat
PRIO  SEVERITY  ISSUE                 COUNT  WORST    OLDEST  EQUIPMENT
   4  critical  critical_temperature      3  97 °C  AGE  LINE_03, LINE_02, LINE_01
   3  high      high_temperature         11  92.3 °C  AGE  LINE_14, LINE_13, LINE_12, LINE_11, LINE_10, LINE_09 and 5 more
   2  medium    elevated_temperature      1  86 °C  AGE  LINE_15
`);
    const flat = (await place.run('recommendations', '--flat')).stdout.trimEnd().split('\n');
    expect(masked(flat[0] ?? '')).toBe('FLOOD since INSTANT (AGE): 15 new recommendations. Grouped: ops-agent recommendations --group');
    expect(flat).toHaveLength(17);
    expect(await place.json('recommendations', '--json')).toHaveLength(15);
    for (const [name, value] of [
      ['--status', 'pending'],
      ['--equipment', 'LINE_01'],
    ] as const)
      expect((await place.run('recommendations', name, value)).stdout).toMatch(/^ID {8}PRIO/);

    await openedAgo(601);
    expect((await place.run('run-once')).stderr).toMatch(/\[WARNING\] FLOOD ENDED: fewer than 5 new recommendations within 10 minutes; /);
    expect((await place.run('recommendations')).stdout).toMatch(/^ID {8}PRIO/);
    expect(masked((await place.run('recommendations', '--group', '--limit', '1')).stdout)).toMatch(
      /^PRIO {2}SEVERITY.*\n {3}4 {2}critical .*LINE_01\n$/,
    );
  });

  test('is one event over several cycles, and another one when it ends', async () => {
    await flood();
    await readings(Object.fromEntries(LINES.map((id) => [`MORE_${id}`, 92])));
    for (let cycle = 0; cycle < 3; cycle += 1) expect((await place.run('run-once')).stderr).not.toContain('FLOOD');
    expect(await queueEvents()).toMatchObject([
      { event: 'flood_began', after: { opened: 15, by_severity: { critical: 3, high: 11, medium: 1 }, by_family: { temperature: 15 } } },
    ]);
    await openedAgo(601);
    for (let cycle = 0; cycle < 2; cycle += 1) await place.run('run-once');
    expect((await queueEvents()).map(({ event }) => event)).toEqual(['flood_began', 'flood_ended']);
  });
});

describe('what is wrong with the queue', () => {
  test('shows beside the status: stale, chattering', async () => {
    const logs: string[] = [];
    for (const temperature of [92, 70, 92, 70, 92]) {
      await readings({ NOISY: temperature });
      logs.push((await place.run('run-once')).stderr);
    }
    expect(logs.filter((log) => log.includes('[WARNING] CHATTERING: '))).toEqual(logs.slice(-1));
    const [row] = (await place.json('recommendations', '--status', 'pending', '--json')) as Record<string, string>[]; // asserted next
    expect(row).toMatchObject({ equipment_id: 'NOISY', chattering_timestamp: expect.stringMatching(/Z$/) });
    await openedAgo(25 * 3600, `status = 'pending'`);
    expect((await place.run('recommendations')).stdout).toContain('  pending, stale, chattering  ');
    const page = (await place.run('show', row?.['recommendation_id'] ?? '')).stdout;
    expect(page).toContain('Status:         pending, stale, chattering\n');
    expect(page).toContain(`Chattering:     since ${row?.['chattering_timestamp']}\n`);
    expect(page).toMatch(/ chattering, ops_agent_001: the condition came and went 3 times within 60 s\n/);
  });

  test('is in the figures of status', async () => {
    await flood();
    const rows = (await place.json('recommendations', '--json')) as { recommendation_id: string }[]; // asserted by the decisions
    for (const [index, decision] of [['approve'], ['reject', '--reason', 'known']].entries())
      expect((await place.run(...decision, rows[index]?.recommendation_id ?? '', '--by', 'anna')).code).toBe(0);
    await openedAgo(30 * 3600, `equipment_id = 'LINE_15'`);
    await readings({ LINE_14: 70 });
    await place.run('run-once');
    expect(await place.json('status', '--json')).toMatchObject({
      open_by_severity: { critical: 1, high: 10, medium: 1, low: 0 },
      kpis: {
        window_hours: 24,
        created: 14,
        rate_per_10_min: 0.1,
        peak_per_10_min: 14,
        share_by_priority: { critical: 21.4, high: 78.6, medium: 0, low: 0 },
        target_share_by_priority: { critical: 1, high: 5, medium: 15, low: 80 },
        stale: 1,
        chattering: 0,
        floods: 1,
        in_flood: true,
        median_minutes_to_decision: expect.any(Number),
        p90_minutes_to_decision: expect.any(Number),
        unanswered: 12,
        withdrawn_before_decision_percent: 7.1,
      },
    });
    const lines = masked((await place.run('status')).stdout)
      .trimEnd()
      .split('\n')
      .slice(-4);
    expect(lines.join('\n').replace(/(median|within) [\d.]+/g, '$1 N')).toBe(
      `Flood: in force since INSTANT (AGE), 14 new recommendations
Last 24 hours: 14 created, per 10 minutes 0.1 on average and 14 at most; floods: 1, chattering: 0
By priority: critical 21.4 % (target 1 %), high 78.6 % (target 5 %), medium 0 % (target 15 %), low 0 % (target 80 %)
Decisions: median N min, 90 % within N min; 12 unanswered, 7.1 % withdrawn before a decision`,
    );
  });

  test('of an empty queue is nothing', async () => {
    expect((await place.run('recommendations', '--group')).stdout).toBe('No recommendations.\n');
    expect((await place.run('status')).stdout).toContain(`Flood: none
Last 24 hours: 0 created, per 10 minutes 0 on average and 0 at most; floods: 0, chattering: 0
By priority: critical - (target 1 %), high - (target 5 %), medium - (target 15 %), low - (target 80 %)
Decisions: none; 0 unanswered, - withdrawn before a decision
`);
  });

  test.each(['--flat', '--json'])('--group together with %s is refused', async (other) => {
    expect(await place.run('recommendations', '--group', other)).toEqual({
      stdout: '',
      stderr: `ops-agent: option '--group' cannot be used with option '${other}'; see: ops-agent recommendations --help\n`,
      code: 2,
    });
  });
});

const statusNow = async () => ((await sql('SELECT status FROM agent_health')) as { status: string }[])[0]?.status; // the statement's own column

test('a loop that ends does not call another one offline that still runs', async () => {
  const other = startBundle(['loop', '--interval', '60'], { cwd: place.cwd });
  await other.saw('[CYCLE COMPLETE]');
  expect((await place.run('loop', '--max-cycles', '2', '--interval', '0.1')).code).toBe(0);
  expect(await statusNow()).toBe('online');
  other.child.kill('SIGTERM');
  await other.done;
  expect(await statusNow()).toBe('offline');
});

describe('rows that somebody wrote by hand', () => {
  test.each(["'HIGH'", "'weird'", "''", "x'00'", "'constructor'"])(
    'of the severity %s are listed, and cost the others nothing',
    async (severity) => {
      await readings({ R1: 92 });
      await place.run('run-once');
      await sql(`INSERT INTO agent_recommendations (recommendation_id, equipment_id, issue_type, issue_family, severity, recommended_action, confidence_score, status, created_timestamp)
      VALUES ('by-hand', 'R2', 'odd', 'temperature', ${severity}, 'look', 1, 'pending', CURRENT_TIMESTAMP)`);
      for (const options of [[], ['--group'], ['--flat']]) {
        const { stdout, stderr, code } = await place.run('recommendations', ...options);
        expect([code, stderr]).toEqual([0, '']);
        expect(stdout).toMatch(/high +.*R1/s);
        expect(stdout).toMatch(/R2/);
      }
      expect((await place.run('show', 'by-hand')).code).toBe(0);
    },
  );

  test('are counted under another severity where they have none of the four', async () => {
    await readings({ R1: 92, R2: 92, R3: 92 });
    await place.run('run-once');
    await sql(`UPDATE agent_recommendations SET severity = CASE equipment_id WHEN 'R2' THEN 'HIGH' ELSE '' END WHERE equipment_id <> 'R1'`);
    const { stdout } = await place.run('status');
    expect(stdout).toContain('Open: 3 (critical 0, high 1, medium 0, low 0, other 2)');
    expect(stdout).toMatch(/By priority: critical 0 %.*, high 33.3 % .*, low 0 % .*, other 66.7 %\n/);
    const json = (await place.json('status', '--json')) as { open_by_severity: unknown; kpis: { share_by_priority: unknown } }; // as above
    expect(json.open_by_severity).toEqual({ low: 0, medium: 0, high: 1, critical: 0, other: 2 });
    expect(json.kpis.share_by_priority).toEqual({ critical: 0, high: 33.3, medium: 0, low: 0, other: 66.7 });
  });
});

test('rows that somebody inserted by hand are no flood', async () => {
  await readings({ R1: 92 });
  await place.run('run-once');
  const values = LINES.map((id) => `('${id}', '${id}', 'odd', 'temperature', 'high', 'look', 1, 'pending', CURRENT_TIMESTAMP)`);
  await sql(`INSERT INTO agent_recommendations (recommendation_id, equipment_id, issue_type, issue_family, severity, recommended_action, confidence_score, status,
    created_timestamp) VALUES ${values.join(', ')}`);
  expect((await place.run('recommendations')).stdout).not.toContain('FLOOD');
  for (let cycle = 0; cycle < 2; cycle += 1) await place.run('run-once');
  expect(await queueEvents()).toEqual([]);
  expect(((await place.json('status', '--json')) as { kpis: unknown }).kpis).toMatchObject({ created: 1, floods: 0, in_flood: false }); // as above
});
