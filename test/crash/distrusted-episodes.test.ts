import { afterEach, expect, test } from '@jest/globals';
import { newScene, type Scene } from '../support/scenario.ts';

let scene: Scene;
afterEach(() => scene.close());

const FILE = 'sensorFaults: { stepping: { temperature: 15 } }\n';

/** Readings of R1 that came in order, with their age in seconds, and then a cycle. */
async function cycleAfter(...readings: readonly (readonly [celsius: number, ageSeconds: number])[]): Promise<void> {
  for (const [celsius, ageSeconds] of readings) await scene.reading('R1', celsius, ageSeconds);
  expect(await scene.cycle()).toMatchObject({ outcome: 'completed' });
}

const told = async () => (await scene.rows('R1')).map((row) => `${String(row['status'])} ${Number(row['peak_value'])}`);
const orders = async () =>
  (await scene.sql('SELECT fault, status FROM work_orders ORDER BY created_timestamp')).map(
    (order) => `${String(order['fault'])} ${String(order['status'])}`,
  );

async function begin(): Promise<void> {
  scene = await newScene({ 'sensorFaults.clearReadings': 2 }, { file: FILE });
}

async function hotUntilTheStep(): Promise<void> {
  await begin();
  await cycleAfter([80, 60], [92, 50], [92, 45]);
  expect(await told()).toEqual(['pending 92']);
  await cycleAfter([92, 42], [93, 41], [70, 40]);
  expect(await orders()).toEqual(['stepping open']);
  expect(await told()).toEqual(['withdrawn 92']);
}

test('an episode that a step ended is recorded once, although its last readings came with the step', async () => {
  await hotUntilTheStep();
  await cycleAfter([71, 35], [71, 30]);
  expect(await orders()).toEqual(['stepping closed']);
  await cycleAfter([71, 20]);
  expect(await told()).toEqual(['withdrawn 92']);
});

test('an approval that a step took back is no second episode either', async () => {
  await begin();
  await cycleAfter([80, 60], [92, 50], [92, 45]);
  await scene.approve('R1');
  await cycleAfter([92, 42], [93, 41], [70, 40]);
  await cycleAfter([71, 35], [71, 30]);
  expect(await told()).toEqual(['cancelled 92']);
  expect(scene.plant.writes()).toEqual([]);
});

test('what comes and goes while the sensor is not believed is not recorded, nor is the rest of what was on before', async () => {
  await hotUntilTheStep();
  // As if the cycle had been at the step: what follows came while the order was open.
  await scene.sql(`UPDATE work_orders SET created_timestamp = CURRENT_TIMESTAMP - INTERVAL 40 SECOND`);
  await cycleAfter([92, 36], [93, 34]);
  await cycleAfter([70, 30], [71, 20]);
  await cycleAfter([71, 10], [71, 0]);
  expect(await orders()).toEqual(['stepping closed']);
  expect(await told()).toEqual(['withdrawn 92']);
});

test('two episodes, one before and one after the distrust, are two', async () => {
  await hotUntilTheStep();
  await cycleAfter([71, 35], [71, 30]);
  await cycleAfter([84, 20], [92, 15], [84, 12], [70, 9], [70, 8]);
  expect(await orders()).toEqual(['stepping closed']);
  expect(await told()).toEqual(['withdrawn 92', 'withdrawn 92']);
});

test('what still holds when the sensor is believed again is recommended in that very cycle', async () => {
  await hotUntilTheStep();
  await cycleAfter([92, 30]);
  await cycleAfter([92, 20], [93, 10]);
  expect(await orders()).toEqual(['stepping closed']);
  expect(await told()).toEqual(['withdrawn 92', 'pending 93']);
});
