import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AgentError } from '../../src/domain/errors.ts';
import { changed, newScene, type Scene, timeText } from '../support/scenario.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await newScene();
});
afterEach(() => scene.close());

const orders = () => scene.sql('SELECT * FROM work_orders ORDER BY created_timestamp, rowid');
const told = async () =>
  (await orders()).map((each) => `${String(each['equipment_id'])} ${String(each['signal'])} ${String(each['status'])}`);
const opened = async () =>
  (await scene.sql(`SELECT subject_id FROM agent_events WHERE event = 'opened' ORDER BY at, ordinal`)).map((each) => each['subject_id']);

async function pressureOf(equipmentId: string, psi: number, ageSeconds = 0): Promise<void> {
  await scene.sql(`INSERT INTO sensor_data (equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
VALUES ('${equipmentId}', 70, ${psi}, 48, 'good', '${timeText(Date.now() - ageSeconds * 1000)}')`);
}

const broken = (equipmentId: string) => pressureOf(equipmentId, 1e9, 5);

/** Three cycles in which nothing else happens: what is not settled in the first shows in the others. */
async function cycles(): Promise<void> {
  for (let cycle = 0; cycle < 3; cycle += 1) expect(await scene.cycle()).toMatchObject({ outcome: 'completed' });
}

describe('a work order whose sensor somebody edits', () => {
  test.each([
    ['an equipment that is not there', `equipment_id = 'REACTOR 1'`, 'REACTOR 1 pressure open'],
    ['another spelling', `equipment_id = ' r1'`, ' r1 pressure open'],
    ['a signal that the source does not have', `signal = 'Pressure (PSI)'`, 'R1 Pressure (PSI) open'],
    ['another equipment, which is sound', `equipment_id = 'R2'`, 'R2 pressure open'],
    ['no signal, as people make their own', 'signal = NULL', 'R1 null open'],
  ])('to %s is its people’s, and the sensor gets one of its own', async (_name, edit, theirs) => {
    await broken('R1');
    await pressureOf('R2', 95);
    await scene.cycle();
    await scene.sql(`UPDATE work_orders SET ${edit}`);
    const [edited] = await orders();
    await cycles();
    expect(await told()).toEqual([theirs, 'R1 pressure open']);
    const [left, own] = await orders();
    expect(left).toEqual(edited);
    expect(await opened()).toEqual([left?.['work_order_id'], own?.['work_order_id']]);
    expect(await scene.events(own?.['work_order_id'])).toEqual(['opened']);
    await pressureOf('R1', 95);
    await cycles();
    expect(await told()).toEqual([theirs, 'R1 pressure closed']);
    expect((await orders())[0]).toEqual(edited);
  });

  test('is succeeded as often as it is edited, and by each only once', async () => {
    await broken('R1');
    for (const name of ['A', 'B', 'C']) {
      await cycles();
      await scene.sql(`UPDATE work_orders SET equipment_id = '${name}' WHERE equipment_id = 'R1'`);
    }
    await cycles();
    expect(await told()).toEqual(['A pressure open', 'B pressure open', 'C pressure open', 'R1 pressure open']);
    expect(await opened()).toHaveLength(4);
  });

  test('may be the whole history of an equipment, spelled anew', async () => {
    for (const status of ['closed', 'closed', 'open']) {
      await broken('R1');
      await scene.cycle();
      if (status === 'closed') await pressureOf('R1', 95);
      await scene.cycle();
      await scene.sql('DELETE FROM sensor_data');
    }
    expect(await told()).toEqual(['R1 pressure closed', 'R1 pressure closed', 'R1 pressure open']);
    await scene.sql(`UPDATE work_orders SET equipment_id = 'R-1'`);
    await broken('R1');
    await cycles();
    expect((await told()).slice(2)).toEqual(['R-1 pressure open', 'R1 pressure open']);
    expect(await opened()).toHaveLength(4);
  });

  test('stands for the sensor that it names now until its people end it, and then keeps nothing quiet', async () => {
    await broken('R1');
    await scene.cycle();
    await scene.sql(`UPDATE work_orders SET equipment_id = 'R2'`);
    await broken('R2');
    await cycles();
    expect(await told()).toEqual(['R2 pressure open', 'R1 pressure open']);
    await scene.sql(`UPDATE work_orders SET status = 'done' WHERE equipment_id = 'R2'`);
    const [ended] = await orders();
    await cycles();
    expect((await told()).toSorted()).toEqual(['R1 pressure open', 'R2 pressure done', 'R2 pressure open']);
    expect((await orders())[0]).toEqual(ended);
    expect(await opened()).toHaveLength(3);
  });

  test('gets the same successor from a run that dies before it is written and from the next one', async () => {
    await broken('R1');
    await scene.cycle();
    await scene.sql(`UPDATE work_orders SET equipment_id = 'R 1'`);
    const store = changed(scene.store, { saveWorkOrders: () => Promise.reject(new AgentError('store_unavailable', 'as asked')) });
    expect(await scene.cycle({ ports: { store } })).toMatchObject({ outcome: 'partial' });
    await cycles();
    expect(await told()).toEqual(['R 1 pressure open', 'R1 pressure open']);
    const [, own] = await orders();
    expect((await opened()).slice(1)).toEqual([own?.['work_order_id'], own?.['work_order_id']]);
  });

  test('that is edited back is the agent’s again', async () => {
    await broken('R1');
    await scene.cycle();
    await scene.sql(`UPDATE work_orders SET signal = 'p'`);
    await scene.sql(`UPDATE work_orders SET signal = 'pressure'`);
    await pressureOf('R1', 95);
    await cycles();
    expect(await told()).toEqual(['R1 pressure closed']);
  });
});
