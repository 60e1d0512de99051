import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { insertReading, newScene, type Scene } from '../support/scenario.ts';

const HIGH = 92;
const CRITICAL = 97;
const COOL = 70;

let scene: Scene;
beforeEach(async () => {
  scene = await newScene({ 'policy.settlingSeconds': 3600 });
});
afterEach(() => scene.close());

async function edit(id: unknown, assignments: string): Promise<void> {
  await scene.sql(`UPDATE agent_recommendations SET ${assignments} WHERE recommendation_id = '${String(id)}'`);
}

async function opened(equipmentId: string, temperatureC: number): Promise<unknown> {
  await scene.reading(equipmentId, temperatureC);
  await scene.cycle();
  return (await scene.row(equipmentId))['recommendation_id'];
}

async function withdrawn(equipmentId: string): Promise<unknown> {
  const id = await opened(equipmentId, HIGH);
  await scene.reading(equipmentId, COOL);
  await scene.cycle();
  expect(await scene.row(equipmentId)).toMatchObject({ recommendation_id: id, status: 'withdrawn' });
  return id;
}

/** Three episodes within a minute chatter as well. */
async function toldOf(id: unknown): Promise<readonly string[]> {
  return (await scene.events(id)).filter((event) => event !== 'chattering');
}

describe('an open recommendation whose family somebody edited', () => {
  test('is judged by its own: an approval writes nothing once no fresh reading shows its condition', async () => {
    const id = await opened('R1', HIGH);
    await scene.sql('DELETE FROM sensor_data');
    await scene.sql(insertReading('R1', HIGH, Date.now() - 600_000));
    await edit(id, `issue_family = 'pressure'`);
    await scene.approve('R1');
    // Its pressure is over every limit, and its temperature is not known.
    await scene.sql(`INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
      VALUES ('P', 'R1', NULL, 180, 50, 'good', CURRENT_TIMESTAMP)`);
    await scene.cycle();
    expect(scene.plant.writes()).toEqual([]);
    const [first] = await scene.sql(`SELECT issue_family, status FROM agent_recommendations WHERE recommendation_id = '${String(id)}'`);
    expect(first).toEqual({ issue_family: 'temperature', status: 'approved' });
    expect(await scene.events(id)).toEqual(['created', 'restored', 'approved']);
  });

  test('gets it back once, and ends when its own condition clears', async () => {
    const id = await opened('R1', HIGH);
    await edit(id, `issue_family = 'pressure'`);
    await scene.reading('R1', HIGH);
    await scene.cycle();
    await scene.cycle();
    expect(await scene.events(id)).toEqual(['created', 'restored']);
    expect(await scene.row('R1')).toMatchObject({ issue_family: 'temperature', status: 'pending' });
    await scene.reading('R1', COOL);
    await scene.cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'withdrawn' });
  });

  // Rows are written in an order that nobody chose: one of the two finds its place taken.
  test.each([
    ['R1', 'R2'],
    ['R2', 'R1'],
  ])('and whose place %s the one of %s has by now waits for that one, and costs the others nothing', async (place, other) => {
    const ids = { R1: await opened('R1', HIGH), R2: await opened('R2', HIGH) } as Record<string, unknown>;
    await edit(ids[place], `equipment_id = 'R9'`);
    await edit(ids[other], `equipment_id = '${place}'`);
    await scene.reading('R3', CRITICAL);
    expect((await scene.cycle()).outcome).toBe('completed');
    expect(await scene.rows('R3')).toHaveLength(1);
    await scene.cycle();
    for (const at of ['R1', 'R2']) expect(await scene.rows(at)).toMatchObject([{ recommendation_id: ids[at], status: 'pending' }]);
  });

  test('is withdrawn although its time of creation says that another one is newer', async () => {
    await withdrawn('R1');
    const id = await opened('R1', HIGH);
    await edit(id, `created_timestamp = '2020-01-01'`);
    await scene.sql('DELETE FROM sensor_data');
    await scene.reading('R1', COOL);
    await scene.cycle();
    const rows = await scene.sql(`SELECT status FROM agent_recommendations WHERE recommendation_id = '${String(id)}'`);
    expect(rows).toEqual([{ status: 'withdrawn' }]);
  });
});

describe('an ended recommendation that somebody edited out of its chain', () => {
  test.each([
    `created_timestamp = '2020-01-01'`,
    `created_timestamp = '0'`,
    `issue_family = 'pressure'`,
    `issue_family = NULL`,
    `equipment_id = 'R9'`,
  ])('by %s is put back when the family has something to say again, which then opens', async (assignment) => {
    const first = await withdrawn('R1');
    const last = await withdrawn('R1');
    await edit(last, assignment);
    await scene.reading('R1', CRITICAL);
    await scene.cycle();
    const told = ['created', 'withdrawn', 'created', 'not_applied', 'restored'];
    expect(await toldOf(last)).toEqual(told);
    await scene.cycle();
    await scene.cycle();
    expect(await toldOf(last)).toEqual(told);
    expect(await scene.rows('R1')).toMatchObject([
      { recommendation_id: first, status: 'withdrawn' },
      { recommendation_id: last, status: 'withdrawn', predecessor_id: first },
      { status: 'pending', predecessor_id: last, severity: 'critical' },
    ]);
  });

  test('keeps its quiet time: what was executed is not asked for again at once', async () => {
    const id = await opened('R1', HIGH);
    await scene.approve('R1');
    await scene.cycle();
    await edit(id, `issue_family = 'pressure', outcome = 'effective'`);
    await scene.reading('R1', HIGH);
    for (let time = 0; time < 3; time += 1) await scene.cycle();
    expect(await scene.rows('R1')).toMatchObject([{ recommendation_id: id, status: 'executed', issue_family: 'temperature' }]);
  });

  test.each([`'2099-01-01'`, `'yesterday'`])('by the time %s leaves its successor in the present', async (time) => {
    const first = await withdrawn('R1');
    const last = await withdrawn('R1');
    // Long ago: what accounts for readings of lately is read in any case.
    await scene.sql('DELETE FROM sensor_data');
    await scene.sql(`UPDATE agent_recommendations SET last_accounted_timestamp = '2020-01-01'`);
    await edit(first, `created_timestamp = ${time}`);
    await scene.reading('R1', CRITICAL);
    await scene.cycle();
    await scene.cycle();
    const rows = await scene.rows('R1');
    expect(await toldOf(first)).toEqual(['created', 'withdrawn', 'restored']);
    expect(rows.map((row) => row['recommendation_id'])).toEqual([first, last, expect.any(String)]);
    expect(rows.filter((row) => String(row['created_timestamp']) > '2098')).toEqual([]);
  });
});
