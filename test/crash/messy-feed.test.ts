import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { arrivedReadings } from '../../src/cli/simulate/new-readings.ts';
import { parseArrival } from '../../src/plant/arrival-options.ts';
import { Arrivals } from '../../src/plant/arrivals.ts';
import type { SimulatedReading } from '../../src/plant/simulated-plant.ts';
import { newScene, type Scene } from '../support/scenario.ts';

const SECOND = 1000;
const RUN_SECONDS = 600;
const CYCLE_EVERY_SECONDS = 30;
const EVERYTHING = [
  'late=20%@120s',
  'duplicate=10%',
  'out-of-order=20%@30s',
  'future=2%@1h',
  'nan=5%',
  'bad-quality=5%',
  'batch@45s:REACTOR_01',
];

let scenes: Scene[] = [];
beforeEach(() => {
  scenes = [];
});
afterEach(async () => {
  for (const scene of scenes) await scene.close();
});

interface Outcome {
  readonly recommendations: unknown;
  /** Why readings were rejected. */
  readonly rejected: ReadonlySet<string>;
}

/** Ten minutes of a reactor that loses its cooling after two, ending now, with cycles on the way as readings arrive. */
async function watch(texts: readonly string[]): Promise<Outcome> {
  const scene = await newScene();
  scenes.push(scene);
  const begun = Date.now();
  for (const id of ['REACTOR_01', 'PUMP_01', 'EXCHANGER_01']) scene.plant.addEquipment(id);
  scene.plant.inject('cooling-loss', 'REACTOR_01', begun + 120 * SECOND);
  const arrivals = new Arrivals<SimulatedReading>(texts.map(parseArrival), 5);
  const rejected = new Set<string>();
  const store = (arrived: ReturnType<typeof arrivals.rest>) =>
    scene.store.appendReadings(arrivedReadings(arrived, RUN_SECONDS * SECOND, 'messy feed'));
  for (let second = 0; second < RUN_SECONDS; second += 1) {
    arrivals.measured(scene.plant.measure(begun + second * SECOND), second * SECOND);
    await store(arrivals.arrivedBy(second * SECOND));
    if (second % CYCLE_EVERY_SECONDS !== 0) continue;
    const report = await scene.cycle();
    expect(report.errors).toEqual([]);
    for (const reason of Object.keys(report.readings.rejectedByReason)) rejected.add(reason);
  }
  await store(arrivals.rest());
  await scene.cycle();
  const recommendations = await scene.sql(
    'SELECT equipment_id, issue_type, severity, rule_id, recommended_action, status, actions FROM agent_recommendations',
  );
  return { recommendations, rejected };
}

test('readings that come late, twice, out of order, in batches, from the future and spoilt lead to the recommendation that clean ones lead to', async () => {
  const clean = await watch([]);
  const messy = await watch(EVERYTHING);
  expect(clean.recommendations).toEqual([
    expect.objectContaining({ equipment_id: 'REACTOR_01', severity: 'critical', rule_id: 'temperature-critical', status: 'pending' }),
  ]);
  expect(messy.recommendations).toEqual(clean.recommendations);
  expect(clean.rejected).toEqual(new Set());
  expect(messy.rejected).toEqual(new Set(['future', 'not_a_number', 'bad_quality']));
});
