import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newScene, type Scene } from '../support/scenario.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await newScene();
});
afterEach(() => scene.close());

const ID = `X'00FF8801'`;
const AT = `'2026-01-01 00:00:00.000'`;

/** A row that a driver bound with bytes for its id, in the words of a real one. */
function recommendation(status: string, family = 'NULL', created = AT): string {
  return `INSERT INTO agent_recommendations (recommendation_id, equipment_id, issue_type, severity, recommended_action, confidence_score, status, created_timestamp, issue_family)
    VALUES (${ID}, 'R1', 'x', 'high', 'Look', 0.9, '${status}', ${created}, ${family})`;
}

const command = (
  status: string,
) => `INSERT INTO agent_commands (command_id, recommendation_id, equipment_id, tag_path, new_value, status, created_timestamp, sequence)
  SELECT ${ID}, recommendation_id, 'R1', '[default]Reactor/R1/CoolingFlow', '80', '${status}', ${AT}, 9 FROM agent_recommendations LIMIT 1`;

const workOrder = (status: string) =>
  `INSERT INTO work_orders (work_order_id, equipment_id, status, signal, created_timestamp) VALUES (${ID}, 'R1', '${status}', 'pressure', ${AT})`;

/** Two writes of R1's own recommendation, and none of what the row says. */
async function theRestGoesOn(): Promise<void> {
  await scene.approve('R1');
  const report = await scene.cycle();
  expect(report.errors).toEqual([]);
  expect(scene.plant.writes()).toHaveLength(2);
  expect(await scene.row('R1')).toMatchObject({ status: 'executed' });
  await scene.cycle();
  expect(scene.plant.writes()).toHaveLength(2);
}

const KEYS = { agent_recommendations: 'recommendation_id', agent_commands: 'command_id', work_orders: 'work_order_id' } as const;
const leftOut = () => scene.log.filter((line) => line.includes('left out'));

describe('a row whose id is bytes', () => {
  test.each([
    ['recommendation', 'pending', 'agent_recommendations', recommendation('pending')],
    ['recommendation', 'approved', 'agent_recommendations', recommendation('approved')],
    ['recommendation', 'executing', 'agent_recommendations', recommendation('executing')],
    ['command', 'pending', 'agent_commands', command('pending')],
    ['command', 'executing', 'agent_commands', command('executing')],
    ['command', 'unknown', 'agent_commands', command('unknown')],
    ['work order', 'open', 'work_orders', workOrder('open')],
  ] as const)('is left out of the cycles, and they say so: a %s that is %s', async (_what, _status, table, sql) => {
    await scene.reading('R1', 92);
    await scene.cycle();
    await scene.sql(sql);
    const asItIs = () => scene.sql(`SELECT * FROM ${table} WHERE ${ID} IN (${KEYS[table]})`);
    const before = await asItIs();
    expect(before).toHaveLength(1);
    await theRestGoesOn();
    expect(leftOut()).toHaveLength(2);
    expect(leftOut()[0]).toContain(`${table} 1`);
    expect(await asItIs()).toEqual(before);
  });

  test('that has ended is left out without a word', async () => {
    await scene.reading('R1', 92);
    await scene.cycle();
    for (const sql of [recommendation('withdrawn'), command('cancelled'), workOrder('done')]) await scene.sql(sql);
    await theRestGoesOn();
    expect(leftOut()).toEqual([]);
  });

  test('in the place of an open one of its family keeps that family from being opened, and nothing else', async () => {
    await scene.reading('R2', 92);
    await scene.cycle();
    const { issue_family: family } = await scene.row('R2');
    await scene.sql(recommendation('pending', `'${String(family)}'`));
    await scene.reading('R1', 92);
    expect(await scene.cycle()).toMatchObject({ errors: [] });
    expect(await scene.rows('R1')).toHaveLength(1);
    await scene.approve('R2');
    await scene.cycle();
    expect(await scene.row('R2')).toMatchObject({ status: 'executed' });
    await scene.sql(`DELETE FROM agent_recommendations WHERE recommendation_id = ${ID}`);
    await scene.reading('R1', 92);
    await scene.cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'pending', issue_family: family });
  });

  test('does not stand before the newest of its family, which goes on from where it was', async () => {
    await scene.reading('R1', 92);
    await scene.cycle();
    const { recommendation_id: id, issue_family: family } = await scene.row('R1');
    await scene.sql(recommendation('withdrawn', `'${String(family)}'`, `'2100-01-01 00:00:00.000'`));
    await scene.sql(`UPDATE agent_recommendations SET last_accounted_timestamp = NULL, quiet_until = NULL`);
    const { families } = await scene.store.readOpenWork(scene.settings.agentId);
    expect(families.map(({ recommendationId }) => recommendationId)).toEqual([id]);
  });
});
