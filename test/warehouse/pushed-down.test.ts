import { expect, test } from '@jest/globals';
import { reading, withBundle } from './bundle-at-warehouse.ts';
import { MOST_LOOKS, OF_A_TIME, pushedOf } from './pushed.ts';

/** The readings of now, an hour of those after a downtime, and what has no time. */
const OPEN = /^(?!.*LessThanOrEqual).*GreaterThan\(timestamp/;
const PAST = /GreaterThan\(timestamp.*LessThanOrEqual\(timestamp/;
const TIMELESS = /IsNull\(timestamp\)/;

withBundle('pushed_down_test', (site) => {
  test('every look that detection takes at the readings tells the files of which time it wants them, after a downtime too, and none is taken twice', async () => {
    await site().sql('UPDATE {}.agent_health SET watermark_timestamp = current_timestamp() - INTERVAL 3 HOURS');
    await site().sql(reading('REACTOR_02', 92));
    await site().control.clearLog();
    expect(await site().json('run-once', '--json')).toMatchObject({ recommendations: { created: 1 }, errors: [] });
    const pushed = await pushedOf(site(), 'sensor_data');
    expect(pushed.filter((filters) => !OF_A_TIME.test(filters))).toEqual([]);
    expect(pushed.length).toBeLessThanOrEqual(MOST_LOOKS);
    for (const range of [OPEN, PAST, TIMELESS]) expect(pushed).toContainEqual(expect.stringMatching(range));
  });

  test.each([
    ['numbers', 'DOUBLE', "CAST('NaN' AS DOUBLE), 5, NULL", { 'source.timestampFormat': 'epochSeconds' }],
    [
      'texts, with the time of their arrival',
      'STRING',
      "'never', '5', NULL",
      { 'source.timestampFormat': 'iso', 'source.columns.arrival': 'arrived' },
    ],
  ])('also where times are %s, and what is no time is rejected', async (_what, type, noTimes, flags) => {
    const table = `of_${flags['source.timestampFormat'].toLowerCase()}`;
    const times = `timestamp ${type}, arrived ${type}`;
    await site().sql(
      `CREATE TABLE {}.${table} (equipment_id STRING, temperature DOUBLE, pressure DOUBLE, flow_rate DOUBLE, sensor_status STRING, ${times}) USING DELTA`,
    );
    await site().sql(`INSERT INTO {}.${table} SELECT 'EQ_1', 70, 80, 50, 'good', explode(array(${noTimes})), NULL`);
    await site().control.clearLog();
    await site().atPorts(
      async ({ source, settings }) => {
        const now = Date.now();
        const at = (minutesAgo: number) => now - minutesAgo * 60_000;
        const window = {
          watermark: at(180),
          live: { after: at(10), upTo: now },
          backlog: { after: at(180), upTo: at(120) },
          late: { arrivedAfter: at(190), after: at(1440) },
        };
        const sensors = { rules: settings.sensorFaults, known: [] };
        const { totals } = await source.detect({ window, rules: settings.rules, known: [], accounted: [], sensors });
        expect(totals.rejected).toMatchObject({ bad_time: 3 });
      },
      { 'source.table': table, ...flags },
    );
    const pushed = await pushedOf(site(), table);
    expect(pushed.filter((filters) => !OF_A_TIME.test(filters))).toEqual([]);
    expect(pushed.length).toBeLessThanOrEqual(MOST_LOOKS);
    for (const range of [OPEN, PAST, TIMELESS]) expect(pushed).toContainEqual(expect.stringMatching(range));
  });
});
