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

  test(
    'begins each run with sound equipment',
    async () => {
      await place.run('setup');
      await setPace(600);
      await place.run('simulate', '--for', '1s', '--equipment', '1', '--fault', 'drop-out@0s');
      const { stdout } = await place.run('simulate', '--for', '1s', '--equipment', '1');
      expect(stdout).toMatch(/^✓ Fed 1 readings of 1 equipment .*hottest REACTOR_01/);
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
