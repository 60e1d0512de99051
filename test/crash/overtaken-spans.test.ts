import { afterEach, expect, test } from '@jest/globals';
import { newScene, plantWith, type Scene, timeText } from '../support/scenario.ts';

const HOUR_MS = 3_600_000;

let scene: Scene;
afterEach(() => scene.close());

/** As after a downtime: the cycle reads an hour from this moment on, and then what is new. */
const readFrom = (at: number) => scene.sql(`UPDATE agent_health SET watermark_timestamp = '${timeText(at)}'`);
const ago = (hours: number) => Date.now() - hours * HOUR_MS;
const reading = (temperatureC: number, hoursAgo: number) => scene.reading('R1', temperatureC, hoursAgo * 3600);

/** Approved, on since three hours ago and still. */
async function approved(): Promise<void> {
  scene = await newScene();
  await scene.cycle();
  await readFrom(ago(3.2));
  await reading(92, 3);
  await reading(92, 0);
  await scene.cycle();
  await scene.approve('R1');
}

const lastAccounted = async () => {
  const [first] = await scene.rows('R1');
  return new Date(String(first?.['last_accounted_timestamp']).replace(' ', 'T').replace(/Z?$/, 'Z')).getTime();
};

test('what a slice shows of an approved row is on its record when something worse replaces it in the same cycle', async () => {
  await approved();
  await readFrom(ago(2.5));
  const before = ago(2);
  await reading(86, 2);
  await reading(97, 0);
  await scene.cycle();
  expect((await scene.rows('R1')).map(({ status, severity }) => `${String(status)} ${String(severity)}`)).toEqual([
    'cancelled high',
    'pending critical',
  ]);
  expect(await lastAccounted()).toBeGreaterThanOrEqual(before);
});

test('and when its command is decided in that cycle, where nothing newer is read', async () => {
  await approved();
  const dead = plantWith(scene.plant, {
    write: (request) => {
      scene.plant.setFailure('no_answer');
      return Promise.resolve({ kind: 'ambiguous', reason: `the line went dead at ${request.tag}` });
    },
  });
  await scene.cycle({ ports: { plant: dead } });
  scene.plant.setFailure(null);
  await scene.sql('DELETE FROM sensor_data');
  await scene.sql('UPDATE agent_commands SET not_after = CURRENT_TIMESTAMP - INTERVAL 1 HOUR');
  await readFrom(ago(2.5));
  const before = ago(2);
  await reading(86, 2);
  await scene.cycle();
  expect(await scene.rows('R1')).toMatchObject([{ status: 'failed' }]);
  expect(await lastAccounted()).toBeGreaterThanOrEqual(before);
});
