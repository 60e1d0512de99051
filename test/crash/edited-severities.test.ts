import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { changed, newScene, type Scene } from '../support/scenario.ts';

const HIGH = 92;
const CRITICAL = 97;
const COOL = 70;

let scene: Scene;
beforeEach(async () => {
  scene = await newScene();
  await scene.reading('R1', HIGH);
  await scene.cycle();
});
afterEach(() => scene.close());

async function write(severity: string): Promise<void> {
  await scene.sql(`UPDATE agent_recommendations SET severity = '${severity}' WHERE equipment_id = 'R1'`);
}

const EDITS = ['low', 'medium', 'HIGH', 'severe', ''];

test.each(EDITS)('a severity that somebody set to %p is put back, and is no escalation', async (severity) => {
  const { recommendation_id: id } = await scene.row('R1');
  await write(severity);
  await scene.reading('R1', HIGH);
  await scene.cycle();
  expect(await scene.events(id)).toEqual(['created', 'restored']);
  expect(await scene.row('R1')).toMatchObject({ status: 'pending', severity: 'high', priority: 3, escalated_timestamp: null });
  await scene.reading('R1', CRITICAL);
  await scene.cycle();
  expect(await scene.events(id)).toEqual(['created', 'restored', 'escalated']);
});

test.each(EDITS)('an approval of one whose severity is %p counts, and no worse reading is said to have replaced it', async (severity) => {
  const { recommendation_id: id } = await scene.row('R1');
  await write(severity);
  await scene.approve('R1');
  await scene.reading('R1', HIGH);
  await scene.cycle();
  expect(await scene.rows('R1')).toMatchObject([{ recommendation_id: id, status: 'executed', severity: 'high' }]);
  expect(await scene.events(id)).not.toContain('cancelled');
});

describe('the hold of a rejection', () => {
  beforeEach(async () => {
    await scene.sql(`UPDATE agent_recommendations SET status = 'rejected', rejected_by_operator = 'anna' WHERE equipment_id = 'R1'`);
    await scene.cycle();
  });

  test.each(EDITS)('is not broken by a severity that somebody set to %p', async (severity) => {
    await write(severity);
    await scene.reading('R1', HIGH);
    await scene.cycle();
    expect(await scene.rows('R1')).toHaveLength(1);
  });

  test.each([...EDITS, 'critical'])(
    'keeps nothing back that is worse than what was rejected, although its row says %p',
    async (severity) => {
      await write(severity);
      await scene.reading('R1', CRITICAL);
      await scene.cycle();
      expect(await scene.rows('R1')).toMatchObject([{ status: 'rejected' }, { status: 'pending', severity: 'critical' }]);
    },
  );

  test('does not go by an edited hash to keep back what is worse', async () => {
    await scene.sql(`UPDATE agent_recommendations SET severity = 'critical', action_hash = 'x' WHERE equipment_id = 'R1'`);
    await scene.reading('R1', CRITICAL);
    await scene.cycle();
    expect(await scene.rows('R1')).toHaveLength(2);
  });
});

test('a withdrawn row whose severity somebody lowered is not followed by readings that it has dealt with', async () => {
  await scene.reading('R1', COOL);
  await scene.cycle();
  await write('low');
  await scene.cycle();
  expect(await scene.rows('R1')).toMatchObject([{ status: 'withdrawn' }]);
});

test('what was escalated in the audit alone, and then rejected, holds back no worse reading than its operator saw', async () => {
  await scene.reading('R1', CRITICAL);
  const dead = changed(scene.store, { saveRecommendations: () => Promise.reject(new Error('this run is dead')) });
  await scene.cycle({ ports: { store: dead } });
  await scene.sql('DELETE FROM sensor_data');
  await scene.sql(`UPDATE agent_recommendations SET status = 'rejected', rejected_by_operator = 'anna' WHERE equipment_id = 'R1'`);
  await scene.cycle();
  await scene.reading('R1', CRITICAL);
  await scene.cycle();
  expect(await scene.rows('R1')).toMatchObject([
    { status: 'rejected', severity: 'high' },
    { status: 'pending', severity: 'critical' },
  ]);
});
