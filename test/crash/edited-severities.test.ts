import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { newScene, type Scene } from '../support/scenario.ts';

const HIGH = 92;
const CRITICAL = 97;

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

test('a word that is no severity does not break the hold of a rejection', async () => {
  await scene.sql(`UPDATE agent_recommendations SET status = 'rejected', rejected_by_operator = 'anna' WHERE equipment_id = 'R1'`);
  await scene.cycle();
  await write('HIGH');
  await scene.reading('R1', HIGH);
  await scene.cycle();
  expect(await scene.rows('R1')).toHaveLength(1);
});
