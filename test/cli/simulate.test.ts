import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { createSimulator } from '../../src/plant/simulator.ts';
import { ensureBundle, newWorkplace, startBundle, type Workplace } from '../support/bundle.ts';

const PATIENCE_MS = 60_000;
let place: Workplace;
beforeAll(() => ensureBundle(), PATIENCE_MS);
beforeEach(() => {
  place = newWorkplace();
});
afterEach(() => place.remove());

const plantFile = () => path.join(place.cwd, 'ops-agent.plant.db');

/** Model seconds per second: a plant keeps its pace, whoever opens it. */
async function setPace(speed: number): Promise<void> {
  const plant = await createSimulator({ path: plantFile(), latencySeconds: 0, timeoutSeconds: 10, now: () => Date.now() });
  plant.configure({ speed });
  await plant.close();
}

const COUNT_ARRIVALS = `SELECT COUNT(*) AS n, COUNT(DISTINCT equipment_id || timestamp) AS readings,
  SUM(timestamp > CURRENT_TIMESTAMP) AS ahead, SUM(typeof(temperature) = 'text') AS not_numbers, SUM(sensor_status = 'bad') AS bad FROM sensor_data`;

describe('simulate', () => {
  test(
    'feeds sensor_data from a plant that the agent and the operator see too',
    async () => {
      await place.run('setup');
      await setPace(120);
      const fault = 'cooling-loss@0s:REACTOR_01';
      const { stdout, code } = await place.run('simulate', '--for', '3s', '--equipment', '3', '--rate', '2', '--fault', fault);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^✓ Fed 18 readings of 3 equipment in 3\.\d s \(hottest REACTOR_01 \d+\.\d °C\)\n$/);
      const counted = await place.json(
        'sql',
        '--json',
        'SELECT equipment_id, COUNT(*) AS n, COUNT(DISTINCT timestamp) AS moments, MIN(sensor_id) AS sensor FROM sensor_data GROUP BY equipment_id',
      );
      expect(counted).toEqual(
        ['COMPRESSOR_01', 'PUMP_01', 'REACTOR_01'].map((id) => ({ equipment_id: id, n: 6, moments: 6, sensor: `SENSOR_${id}` })),
      );
      const report = await place.json('run-once', '--json');
      expect(report).toMatchObject({ outcome: 'completed', recommendations: { created: 1 }, readings: { rejected: 0 } });
      const [row] = (await place.json('recommendations', '--json')) as [{ temperature_reading: number }]; // as asserted next
      expect(row).toMatchObject({ equipment_id: 'REACTOR_01', status: 'pending' });
      const tag = '[default]REACTOR_01/Temperature';
      const [live] = (await place.json('plant', 'read', tag, '--json')) as [{ value: number }]; // one tag, one reading
      // It has heated on since, but not beyond where it is heading without cooling.
      expect(live.value).toBeGreaterThan(row.temperature_reading - 1);
      expect(live.value).toBeLessThan(103);
    },
    PATIENCE_MS,
  );

  const ARRIVALS = [
    'late=25%@1s',
    'duplicate=20%',
    'out-of-order=30%@2s',
    'future=10%@1h',
    'nan=10%',
    'bad-quality=10%',
    'batch@2s:PUMP_01',
  ];

  test(
    'makes readings arrive as asked, says how many of each, and again the same with the same seed',
    async () => {
      await place.run('setup');
      const flags = ['--equipment', '6', '--rate', '2', '--seed', '7', ...ARRIVALS.flatMap((arrival) => ['--arrival', arrival])];
      const summary = await place.json('simulate', '--for', '3s', ...flags, '--json');
      expect(summary).toEqual({
        readings: 36,
        rows: 49,
        arrivals: { late: 15, duplicate: 13, out_of_order: 11, future: 3, nan: 5, bad_quality: 3, batch: 6 },
        rows_stored_at_end: expect.any(Number),
        seconds: expect.any(Number),
        missed_moments: 0,
        equipment: ['REACTOR_01', 'PUMP_01', 'COMPRESSOR_01', 'EXCHANGER_01', 'CONVEYOR_01', 'MOTOR_01'],
        faults: [],
        hottest: expect.objectContaining({ equipment_id: expect.any(String) }),
      });
      const [counted] = (await place.json('sql', '--json', COUNT_ARRIVALS)) as [unknown]; // one row of aggregates
      // In the table a reading that is stored twice is two, with one time.
      expect(counted).toEqual({ n: 49, readings: 36, ahead: 4, not_numbers: 7, bad: 5 });
      const { stdout } = await place.run('simulate', '--for', '1s', ...flags);
      expect(stdout).toMatch(
        /^✓ Fed 12 readings of 6 equipment in \d+\.\d s \(hottest [A-Z]+_01 7\d\.\d °C\)\n {2}19 rows: 6 late, 7 stored twice, 3 out of order, 2 stamped ahead, 1 not a number, 2 of bad quality, 2 in a batch; \d+ (?:was|were) still to arrive and stored at the end\n$/,
      );
    },
    PATIENCE_MS,
  );

  test(
    'begins each run with sound equipment',
    async () => {
      await place.run('setup');
      await setPace(600);
      await place.run('simulate', '--for', '1s', '--equipment', '1', '--fault', 'drop-out@0s');
      const { stdout } = await place.run('simulate', '--for', '1s', '--equipment', '1');
      expect(stdout).toMatch(/^✓ Fed 1 reading of 1 equipment .*hottest REACTOR_01/);
    },
    PATIENCE_MS,
  );

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'runs until %s, says what it did and exits %i',
    async (signal, expected) => {
      await place.run('setup');
      const running = startBundle(['simulate', '--equipment', '2', '--rate', '10'], { cwd: place.cwd });
      await running.saw('Feeding');
      running.child.kill(signal);
      const { code, stdout } = await running.done;
      expect(code).toBe(expected);
      expect(stdout).toMatch(/^✓ Fed \d+ readings of 2 equipment/);
    },
    PATIENCE_MS,
  );

  test('does nothing, not even a plant, without a store', async () => {
    const { code, stdout } = await place.run('simulate', '--for', '1s');
    expect({ code, stdout }).toEqual({ code: 8, stdout: '' });
    expect(existsSync(plantFile())).toBe(false);
  });

  test.each([
    ['--equipment', 'x', /--equipment must be a whole number, is 'x'/],
    ['--equipment', '0', /0 pieces of equipment cannot be simulated/],
    ['--rate', '0', /--rate must be a number above 0/],
    ['--fault', 'cooling-loss', /--fault 'cooling-loss' cannot be read/],
    ['--fault', 'cooling-loss@1s:PUMP_77', /there is no equipment 'PUMP_77' in this run/],
    ['--arrival', 'late=5%', /--arrival 'late=5%' cannot be read: late needs a duration. For instance --arrival late=5%@120s/],
    ['--arrival', 'nan=5%:PUMP_77', /there is no equipment 'PUMP_77' in this run/],
    ['--seed', '1.5', /--seed must be a whole number/],
    ['--for', 'soon', /'soon' is not a duration/],
    ['--set', 'source.table=historian', /source\.table is historian/],
    ['--set', 'source.shape=long', /source\.shape is long/],
  ])('refuses %s %s', async (flag, value, message) => {
    await place.run('setup');
    const { code, stdout, stderr } = await place.run('simulate', '--for', '1s', flag, value);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
