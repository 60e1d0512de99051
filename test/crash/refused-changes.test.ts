import { afterEach, describe, expect, test } from '@jest/globals';
import type { Source } from '../../src/ports/source.ts';
import type { Store } from '../../src/ports/store.ts';
import { changed, type Flags, newScene, type Scene, timeText } from '../support/scenario.ts';

let scene: Scene;
afterEach(() => scene.close());

const begin = async (flags: Flags = {}) => {
  scene = await newScene(flags);
};

/** A store in which somebody's SQL comes between the agent's look and its first write of recommendations or of work orders. */
function forestalled(method: 'saveRecommendations' | 'saveWorkOrders', sql: string): Store {
  let isDone = false;
  const first = async () => {
    if (!isDone) await scene.sql(sql);
    isDone = true;
  };
  return changed(scene.store, {
    [method]: async (lease: never, changes: never) => {
      await first();
      return scene.store[method](lease, changes);
    },
  });
}

async function pressureOf(equipmentId: string, psi: number | string, ageSeconds = 0): Promise<void> {
  const value = typeof psi === 'string' ? `'${psi}'` : psi;
  await scene.sql(`INSERT INTO sensor_data (equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
VALUES ('${equipmentId}', 70, ${value}, 48, 'good', '${timeText(Date.now() - ageSeconds * 1000)}')`);
}

const orderOf = async (equipmentId: string) => (await scene.sql(`SELECT * FROM work_orders WHERE equipment_id = '${equipmentId}'`))[0];
const orderEvents = async (equipmentId: string) => scene.events((await orderOf(equipmentId))?.['work_order_id']);
const notApplied = async () =>
  (await scene.sql(`SELECT from_status, to_status, reason FROM agent_events WHERE event = 'not_applied'`)).map((event) => ({ ...event }));

describe('a change of a work order that somebody forestalls', () => {
  test('is taken back in the audit when it is another fault, and made by the next cycle; the change beside it stands', async () => {
    await begin();
    for (const equipmentId of ['R1', 'R2']) await pressureOf(equipmentId, 1e9, 20);
    await scene.cycle();
    for (const equipmentId of ['R1', 'R2']) await pressureOf(equipmentId, 'off', 10);
    const store = forestalled('saveWorkOrders', `UPDATE work_orders SET status = 'in_progress' WHERE equipment_id = 'R1'`);
    await scene.cycle({ ports: { store } });
    expect(await orderOf('R1')).toMatchObject({ fault: 'out_of_range', status: 'in_progress' });
    expect(await orderEvents('R1')).toEqual(['opened', 'fault_changed', 'not_applied']);
    expect(await notApplied()).toEqual([{ from_status: 'in_progress', to_status: null, reason: 'somebody else changed the row first' }]);
    expect(await orderOf('R2')).toMatchObject({ fault: 'not_a_number' });
    expect(await orderEvents('R2')).toEqual(['opened', 'fault_changed']);
    await scene.cycle();
    expect(await orderOf('R1')).toMatchObject({ fault: 'not_a_number', status: 'in_progress' });
    expect(await orderEvents('R1')).toEqual(['opened', 'fault_changed', 'not_applied', 'fault_changed']);
  });

  test('is taken back when it was taken for ended and is open again', async () => {
    await begin();
    await pressureOf('R1', 1e9, 20);
    await scene.cycle();
    await scene.sql(`UPDATE work_orders SET status = 'done'`);
    await scene.cycle({ ports: { store: forestalled('saveWorkOrders', `UPDATE work_orders SET status = 'waiting for parts'`) } });
    expect(await orderOf('R1')).toMatchObject({ status: 'waiting for parts', guarded_status: 'open', quiet_until: null });
    expect(await orderEvents('R1')).toEqual(['opened', 'ended', 'not_applied']);
    await scene.cycle();
    expect(await orderEvents('R1')).toEqual(['opened', 'ended', 'not_applied']);
  });
});

describe('a change of a recommendation that somebody forestalls', () => {
  const deferred = `UPDATE agent_recommendations SET status = 'deferred', defer_until = '2100-01-01' WHERE execution_result IS NULL`;

  test('is taken back when it is the mark of chatter, and told again when it is made', async () => {
    await begin();
    await scene.reading('R1', 92);
    await scene.cycle();
    const source: Source = changed(scene.source, {
      detect: async (request) => {
        const detection = await scene.source.detect(request);
        return { ...detection, states: detection.states.map((state) => ({ ...state, recentRuns: 3 })) };
      },
    });
    const { recommendation_id: id } = await scene.row('R1');
    await scene.cycle({ ports: { source, store: forestalled('saveRecommendations', deferred) } });
    expect(await scene.row('R1')).toMatchObject({ chattering_timestamp: null, status: 'deferred' });
    expect(await scene.events(id)).toEqual(['created', 'chattering', 'not_applied']);
    expect(scene.log.filter((line) => line.startsWith('CHATTERING'))).toEqual([]);
    await scene.cycle({ ports: { source } });
    expect((await scene.row('R1'))['chattering_timestamp']).not.toBeNull();
    const told = await scene.events(id);
    expect(told.filter((event) => event === 'chattering')).toHaveLength(2);
    expect(told.filter((event) => event === 'not_applied')).toHaveLength(1);
    expect(scene.log.filter((line) => line.startsWith('CHATTERING'))).toHaveLength(1);
  });

  test('is none when it is an earlier episode: that is recorded once, whatever somebody does to the row beside it', async () => {
    await begin();
    await scene.cycle();
    const hour = 3600;
    await scene.sql(`UPDATE agent_health SET watermark_timestamp = '${timeText(Date.now() - 3 * hour * 1000)}'`);
    await scene.reading('R2', 70, 2.5 * hour);
    await scene.reading('R1', 92, 1.5 * hour);
    await scene.reading('R1', 70, 1.4 * hour);
    await scene.reading('R1', 97);
    await scene.cycle();
    const { recommendation_id: id } = await scene.row('R1');
    await scene.cycle({ ports: { store: forestalled('saveRecommendations', deferred) } });
    await scene.cycle();
    const rows = await scene.rows('R1');
    expect(rows.map(({ status }) => status)).toEqual(['withdrawn', 'deferred']);
    expect(await scene.events(rows[0]?.['recommendation_id'])).toEqual(['created']);
    expect(await scene.events(id)).toEqual(['created', 'earlier_episode', 'deferred']);
  });

  test('is taken back when it is an earlier beginning, which the next cycle puts right', async () => {
    await begin();
    await scene.reading('R1', 97, 20);
    await scene.cycle();
    await scene.reading('R1', 96, 60);
    const began = async () => Date.parse(String((await scene.row('R1'))['first_detected_timestamp']));
    const before = await began();
    const { recommendation_id: id } = await scene.row('R1');
    await scene.cycle({ ports: { store: forestalled('saveRecommendations', deferred) } });
    expect(await began()).toBe(before);
    expect(await scene.events(id)).toEqual(['created', 'extended', 'not_applied']);
    await scene.cycle();
    expect(before - (await began())).toBeGreaterThan(39_000);
    expect(await scene.events(id)).toEqual(['created', 'extended', 'not_applied', 'deferred', 'extended']);
    await scene.cycle();
    expect((await scene.events(id)).filter((event) => event === 'extended')).toHaveLength(2);
  });

  test('is taken back when it is an outcome', async () => {
    await begin({ 'policy.settlingSeconds': 0 });
    await scene.reading('R1', 97);
    await scene.cycle();
    await scene.approve('R1');
    await scene.cycle();
    const { recommendation_id: id } = await scene.row('R1');
    expect(await scene.row('R1')).toMatchObject({ status: 'executed', outcome: null });
    await scene.reading('R1', 70);
    const store = forestalled('saveRecommendations', `UPDATE agent_recommendations SET status = 'failed'`);
    expect(await scene.cycle({ ports: { store } })).toMatchObject({ outcomes: { effective: 0 } });
    expect((await scene.events(id)).slice(-2)).toEqual(['verified', 'not_applied']);
    expect(await scene.row('R1')).toMatchObject({ outcome: null });
  });
});
