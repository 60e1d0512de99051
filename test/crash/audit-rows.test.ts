import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { newScene, type Scene } from '../support/scenario.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await newScene();
  for (const equipment of ['R1', 'R2']) await scene.reading(equipment, 92);
  await scene.cycle();
});
afterEach(() => scene.close());

const audit = () => scene.sql('SELECT rowid AS number, * FROM agent_events ORDER BY event_id');
const COPY = 'event_id, "at", agent_id, run_id, actor, subject_type, subject_id, event';

test.each([
  [
    'its id',
    `INSERT OR REPLACE INTO agent_events (${COPY}) SELECT event_id, "at", agent_id, run_id, 'x', subject_type, subject_id, event FROM agent_events`,
  ],
  [
    'REPLACE',
    `REPLACE INTO agent_events (${COPY}) SELECT event_id, "at", agent_id, run_id, 'x', subject_type, subject_id, event FROM agent_events`,
  ],
])('a row of the audit is not replaced by another of %s', async (_what, statement) => {
  const before = await audit();
  await scene.sql(statement);
  expect(await audit()).toEqual(before);
});

test.each([
  `INSERT OR REPLACE INTO agent_events (rowid, ${COPY}) SELECT rowid, 'new' || event_id, "at", agent_id, run_id, 'x', subject_type, subject_id, event FROM agent_events`,
  'UPDATE OR REPLACE agent_events SET rowid = (SELECT MAX(rowid) FROM agent_events)',
])('nor by its number: %s', async (statement) => {
  const before = await audit();
  await expect(scene.sql(statement)).rejects.toThrow(/append-only/);
  expect(await audit()).toEqual(before);
});

test('new rows are taken, also by hand, and what is told again is taken once', async () => {
  const before = await audit();
  expect(before).toHaveLength(2);
  for (let time = 0; time < 2; time += 1)
    await scene.sql(
      `INSERT OR IGNORE INTO agent_events (${COPY}) VALUES ('mine', CURRENT_TIMESTAMP, 'a', 'r', 'anna', 'note', 'n', 'noted')`,
    );
  expect(await audit()).toHaveLength(3);
});
