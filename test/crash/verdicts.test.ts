import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newScene, type Scene } from '../support/scenario.ts';

const HIGH = 92;
const HIGHER = 93;
const NORMAL = 70;
const SETTLED = 301;
const HOUR = 3600;

let scene: Scene;
beforeEach(async () => {
  scene = await newScene();
});
afterEach(() => scene.close());

/** Everything that is stored becomes so much older: time passes. */
async function pass(seconds: number): Promise<void> {
  const tables = {
    sensor_data: ['timestamp'],
    agent_health: ['last_heartbeat', 'watermark_timestamp', 'newest_reading_timestamp', 'detected_timestamp', 'next_due'],
    agent_recommendations: [
      ...['created', 'first_detected', 'last_accounted', 'approved', 'expires', 'executed', 'updated'].map((name) => `${name}_timestamp`),
      'quiet_until',
    ],
  };
  for (const [table, columns] of Object.entries(tables)) {
    const earlier = columns.map((name) => `${name} = strftime('%Y-%m-%d %H:%M:%f', ${name}, '-${seconds} seconds')`);
    await scene.sql(`UPDATE ${table} SET ${earlier.join(', ')}`);
  }
}

async function executed(): Promise<string> {
  await scene.reading('R1', HIGH);
  await scene.cycle();
  await scene.approve('R1');
  await scene.cycle();
  const row = await scene.row('R1');
  expect(row).toMatchObject({ status: 'executed', outcome: null });
  return String(row['recommendation_id']);
}

const eventsOf = async (id: string, event: string) => (await scene.events(id)).filter((each) => each === event).length;
const first = async () => (await scene.rows('R1'))[0];

describe('an execution that did not help', () => {
  test('is called ineffective once, although its follow-up is open by then, and stays so', async () => {
    const id = await executed();
    await pass(SETTLED);
    await scene.reading('R1', HIGHER);
    const reports = [await scene.cycle(), await scene.cycle(), await scene.cycle()];
    expect(reports.map(({ outcomes }) => outcomes.ineffective)).toEqual([1, 0, 0]);
    expect(await first()).toMatchObject({ recommendation_id: id, outcome: 'ineffective' });
    expect([await eventsOf(id, 'verified'), await eventsOf(id, 'not_applied')]).toEqual([1, 0]);
    await pass(30);
    await scene.reading('R1', NORMAL);
    await scene.cycle();
    expect(await scene.rows('R1')).toMatchObject([{ outcome: 'ineffective' }, { status: 'withdrawn' }]);
  });

  test('is what its follow-up follows, also where one cycle finds both', async () => {
    const id = await executed();
    await pass(SETTLED);
    await scene.reading('R1', HIGHER);
    await scene.cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'pending', follows_recommendation_id: id, predecessor_id: id });
  });

  test('is so also by a reading of a clock that is ahead', async () => {
    const id = await executed();
    await pass(SETTLED - 3);
    await scene.reading('R1', HIGHER, -3);
    await scene.cycle();
    expect(await scene.rows('R1')).toMatchObject([{ outcome: 'ineffective' }, { status: 'pending', follows_recommendation_id: id }]);
  });
});

describe('what comes after the verify window proves nothing', () => {
  test('an episode after a downtime says nothing against an execution after which the readings were normal', async () => {
    await executed();
    for (let age = 0; age < 10; age += 1) await scene.reading('R1', NORMAL, -0.001 * (10 - age));
    await pass(2 * HOUR);
    await scene.reading('R1', HIGHER);
    await scene.cycle();
    expect(await scene.rows('R1')).toMatchObject([{ outcome: 'effective' }, { status: 'pending', follows_recommendation_id: null }]);
  });

  test('nor one that the same slice of the downtime holds', async () => {
    await executed();
    await pass(2 * HOUR);
    for (const [ago, celsius] of [
      [100, NORMAL],
      [200, NORMAL],
      [1000, HIGHER],
    ] as const)
      await scene.reading('R1', celsius, 2 * HOUR - ago);
    await scene.cycle();
    expect(await scene.rows('R1')).toMatchObject([{ outcome: 'effective' }, { status: 'pending', follows_recommendation_id: null }]);
  });

  test('an episode after a time without readings leaves the outcome unknown', async () => {
    await executed();
    await pass(HOUR / 2);
    await scene.reading('R1', HIGHER);
    await scene.cycle();
    expect(await scene.rows('R1')).toMatchObject([{ outcome: 'unknown' }, { status: 'pending', follows_recommendation_id: null }]);
  });
});
