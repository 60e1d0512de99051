import { afterEach, describe, expect, test } from '@jest/globals';
import type { TableRow } from '../../src/ports/operator-store.ts';
import { changed, type Flags, newScene, plantWith, type Scene, theOnly, timeText } from '../support/scenario.ts';

let scene: Scene | undefined;
afterEach(async () => {
  await scene?.close();
  scene = undefined;
});

async function newPlace(flags: Flags = {}): Promise<Scene> {
  scene = await newScene(flags);
  return scene;
}

const orders = (at: Scene) => at.sql('SELECT * FROM work_orders ORDER BY created_timestamp, rowid');
const order = async (at: Scene): Promise<TableRow> => theOnly(await orders(at), 'work_orders');
const told = async (at: Scene) =>
  (await orders(at)).map(
    (each) => `${String(each['equipment_id'])} ${String(each['signal'])} ${String(each['fault'])} ${String(each['status'])}`,
  );

const ago = (seconds: number) => timeText(Date.now() - seconds * 1000);

async function row(at: Scene, values: Readonly<Record<string, string | number | null>>, ageSeconds = 0): Promise<void> {
  const all = {
    equipment_id: 'R1',
    temperature: 70,
    pressure: 95,
    flow_rate: 48,
    sensor_status: 'good',
    timestamp: timeText(Date.now() - ageSeconds * 1000),
    ...values,
  };
  const literals = Object.values(all).map((value) => (typeof value === 'string' ? `'${value}'` : String(value)));
  await at.sql(`INSERT INTO sensor_data (${Object.keys(all).join(', ')}) VALUES (${literals.join(', ')})`);
}

const FROZEN = { 'sensorFaults.stuck.seconds': 20, 'sensorFaults.stuck.minReadings': 3 };

/** Readings that stand still for long enough. */
async function frozen(at: Scene, celsius: number): Promise<void> {
  for (const age of [19, 15, 10, 5, 0]) await row(at, { temperature: celsius, flow_rate: 48 + age, pressure: 95 + age }, age);
}

describe('a work order', () => {
  test('is opened by a bad reading, says what is wrong, and is closed when the signal is good again', async () => {
    const at = await newPlace();
    await row(at, { pressure: 1e9 }, 2);
    const report = await at.cycle();
    expect(report).toMatchObject({
      outcome: 'completed',
      workOrders: { opened: 1, closed: 0 },
      recommendations: { created: 0 },
      statements: 6,
    });
    const opened = await order(at);
    expect(opened).toMatchObject({
      equipment_id: 'R1',
      recommendation_id: null,
      signal: 'pressure',
      fault: 'out_of_range',
      status: 'open',
      description: 'Check the sensor: R1 pressure out_of_range (1000000000)',
      completed_timestamp: null,
      created_by_agent: at.settings.agentId,
    });
    expect(at.log).toContain('SENSOR FAULT: R1 pressure out_of_range (1000000000)');
    expect((await at.cycle()).statements).toBe(4);
    expect(at.log.filter((line) => line.startsWith('SENSOR'))).toHaveLength(1);
    await row(at, {});
    expect(await at.cycle()).toMatchObject({ workOrders: { opened: 0, closed: 1 } });
    const closed = await order(at);
    expect(closed).toMatchObject({ status: 'closed', guarded_status: 'closed', work_order_id: opened['work_order_id'] });
    expect(closed['completed_timestamp']).not.toBeNull();
    expect(await at.events(opened['work_order_id'])).toEqual(['opened', 'closed']);
    expect(await at.cycle()).toMatchObject({ workOrders: { opened: 0, closed: 0 }, statements: 4 });
  });

  test('takes the delays: bad for long enough to open, good for long enough to close', async () => {
    const at = await newPlace({ 'sensorFaults.onDelaySeconds': 10, 'sensorFaults.offDelaySeconds': 20, 'sensorFaults.clearReadings': 2 });
    await row(at, { sensor_status: 'bad' }, 60);
    await row(at, { sensor_status: 'bad' }, 51);
    await at.cycle();
    expect(await orders(at)).toEqual([]);
    await row(at, { sensor_status: 'bad' }, 50);
    await at.cycle();
    expect(await told(at)).toEqual(['R1 * bad_quality open']);
    await row(at, {}, 40);
    await row(at, {}, 21);
    await at.cycle();
    expect(await told(at)).toEqual(['R1 * bad_quality open']);
    await row(at, {}, 20);
    await at.cycle();
    expect(await told(at)).toEqual(['R1 * bad_quality closed']);
  });

  test('of a row of bad quality is one, and no control action comes of its values', async () => {
    const at = await newPlace();
    await row(at, { sensor_status: 'bad', temperature: 99, pressure: 1e9 });
    expect(await at.cycle()).toMatchObject({ workOrders: { opened: 1 }, recommendations: { created: 0 }, readings: { rejected: 1 } });
    expect(await told(at)).toEqual(['R1 * bad_quality open']);
    expect(at.log).toContain('SENSOR FAULT: R1 all signals bad_quality (bad)');
  });

  test('does not come of a single hot reading, which is recommended', async () => {
    const at = await newPlace();
    await row(at, { temperature: 70 }, 5);
    await row(at, { temperature: 99 });
    expect(await at.cycle()).toMatchObject({ workOrders: { opened: 0 }, recommendations: { created: 1 } });
    expect(await orders(at)).toEqual([]);
  });

  test('is succeeded by another when the signal breaks again', async () => {
    const at = await newPlace();
    await row(at, { pressure: 1e9 }, 30);
    await at.cycle();
    await row(at, {}, 20);
    await at.cycle();
    await row(at, { sensor_status: 'good', pressure: -99 }, 10);
    await at.cycle();
    expect(await told(at)).toEqual(['R1 pressure out_of_range closed', 'R1 pressure out_of_range open']);
    const [first, second] = await orders(at);
    expect(second?.['predecessor_id']).toBe(first?.['work_order_id']);
  });

  test('tells a change of the fault', async () => {
    const at = await newPlace();
    await row(at, { pressure: 1e9 }, 30);
    await at.cycle();
    await row(at, { pressure: 'off' }, 10);
    await at.cycle();
    expect(await told(at)).toEqual(['R1 pressure not_a_number open']);
    expect(await at.events((await order(at))['work_order_id'])).toEqual(['opened', 'fault_changed']);
  });

  test('is not opened while the equipment is out of service; one that is open stays, and ends when the signal is good', async () => {
    const at = await newPlace();
    await row(at, { pressure: 1e9 }, 30);
    await at.cycle();
    await at.sql(
      `INSERT INTO agent_controls (control_id, kind, scope, "by", reason, since) VALUES ('c', 'out_of_service', 'R*', 'anna', 'overhaul', CURRENT_TIMESTAMP)`,
    );
    await row(at, { temperature: 9999, pressure: 1e9 }, 20);
    await row(at, { equipment_id: 'R2', pressure: 1e9 }, 20);
    await at.cycle();
    expect(await told(at)).toEqual(['R1 pressure out_of_range open']);
    await row(at, {}, 10);
    await at.cycle();
    expect(await told(at)).toEqual(['R1 pressure out_of_range closed']);
    await row(at, { temperature: 9999 });
    await at.sql(`UPDATE agent_controls SET kind = 'shelved'`);
    await at.cycle();
    expect((await told(at)).slice(1).toSorted()).toEqual(['R1 temperature out_of_range open', 'R2 pressure out_of_range open']);
  });
});

async function broken(flags: Flags = {}): Promise<Scene> {
  const at = await newPlace(flags);
  await row(at, { pressure: 1e9 }, 5);
  await at.cycle();
  return at;
}

describe('after a downtime of three hours', () => {
  const HOUR = 3600;

  test('a fault that lasts is opened by the first cycle, as old as the live range can tell, and one that is over by none', async () => {
    const at = await newPlace({ 'sensorFaults.onDelaySeconds': 200 });
    await at.cycle();
    await at.sql(`UPDATE agent_health SET watermark_timestamp = '${timeText(Date.now() - 3 * HOUR * 1000)}'`);
    for (const age of [2 * HOUR, 1.5 * HOUR, 600, 450, 250, 130, 10]) await row(at, { equipment_id: 'LASTS', pressure: 1e9 }, age);
    for (const age of [2.5 * HOUR, 2 * HOUR]) await row(at, { equipment_id: 'OVER', pressure: 1e9 }, age);
    for (const age of [1.9 * HOUR, 10]) await row(at, { equipment_id: 'OVER' }, age);
    await row(at, { equipment_id: 'GONE', pressure: 1e9 }, 2 * HOUR);
    const sensors: (readonly [string, number | null])[] = [];
    const source = changed(at.source, {
      detect: async (request) => {
        const detection = await at.source.detect(request);
        for (const { equipmentId, bad } of detection.sensors)
          sensors.push([equipmentId, bad && Math.round((Date.now() - bad.since) / 1000)]);
        return detection;
      },
    });
    expect(await at.cycle({ ports: { source } })).toMatchObject({ workOrders: { opened: 1 } });
    expect(sensors).toEqual([['LASTS', 450]]);
    for (let slice = 0; slice < 4; slice += 1) await at.cycle();
    expect(await told(at)).toEqual(['LASTS pressure out_of_range open']);
  });
});

describe('a technician', () => {
  test('may say anything that is no end: the order stays open, and is closed when the signal is good', async () => {
    const at = await broken();
    await at.sql(`UPDATE work_orders SET status = 'in_progress', assigned_to = 'bob'`);
    expect((await at.cycle()).statements).toBe(4);
    expect(await told(at)).toEqual(['R1 pressure out_of_range in_progress']);
    // Longer ago than any cycle looks back.
    await at.sql('DELETE FROM sensor_data');
    await at.cycle();
    expect(await told(at)).toEqual(['R1 pressure out_of_range in_progress']);
    await row(at, {});
    await at.cycle();
    expect(await order(at)).toMatchObject({ status: 'closed', assigned_to: 'bob' });
    await at.sql(`UPDATE work_orders SET status = NULL`);
    // First it is taken note of, then it ends as any other.
    await at.cycle();
    await at.cycle();
    expect(await order(at)).toMatchObject({ status: 'closed' });
  });

  test.each(['completed', 'Cancelled', 'closed'])(
    'who ends it (%s) while the signal is bad is left alone for the hold time',
    async (status) => {
      const at = await broken();
      await at.sql(`UPDATE work_orders SET status = '${status}'`);
      await row(at, { pressure: 1e9 });
      expect(await at.cycle()).toMatchObject({ workOrders: { opened: 0, closed: 0 } });
      const ended = await order(at);
      expect(ended).toMatchObject({ status });
      expect(ended['completed_timestamp']).not.toBeNull();
      expect(await at.events(ended['work_order_id'])).toEqual(['opened', 'ended']);
      expect((await at.cycle()).statements).toBe(4);
      await at.sql(`UPDATE work_orders SET quiet_until = CURRENT_TIMESTAMP - INTERVAL 1 SECOND`);
      expect(await at.cycle()).toMatchObject({ workOrders: { opened: 1 } });
      expect(await told(at)).toEqual([`R1 pressure out_of_range ${status}`, 'R1 pressure out_of_range open']);
    },
  );

  test('who opens it again while it is quiet has an order like a new one: after its end a new fault is told', async () => {
    const at = await broken();
    await at.sql(`UPDATE work_orders SET status = 'done'`);
    await at.cycle();
    await at.sql(`UPDATE work_orders SET status = 'open'`);
    await at.cycle();
    const reopened = await order(at);
    expect(reopened).toMatchObject({ status: 'open', guarded_status: 'open', completed_timestamp: null, quiet_until: null });
    await at.sql('DELETE FROM sensor_data');
    await row(at, {}, 2);
    expect(await at.cycle()).toMatchObject({ workOrders: { closed: 1 } });
    expect(await at.events(reopened['work_order_id'])).toEqual(['opened', 'ended', 'reopened', 'closed']);
    await row(at, { pressure: 1e9 });
    expect(await at.cycle()).toMatchObject({ workOrders: { opened: 1 } });
  });

  test('who opens it again and ends it later has it quiet from then on', async () => {
    const at = await broken();
    await at.sql(`UPDATE work_orders SET status = 'Done'`);
    await at.cycle();
    await at.sql(`UPDATE work_orders SET status = 'open', completed_timestamp = '${ago(2000)}', quiet_until = '${ago(200)}'`);
    await at.cycle();
    await at.sql(`UPDATE work_orders SET status = 'Done'`);
    await row(at, { pressure: 1e9 });
    expect(await at.cycle()).toMatchObject({ workOrders: { opened: 0 } });
    expect(await at.cycle()).toMatchObject({ workOrders: { opened: 0 } });
    const ended = await order(at);
    expect(String(ended['quiet_until']) > timeText(Date.now())).toBe(true);
    expect(await at.events(ended['work_order_id'])).toEqual(['opened', 'ended', 'reopened', 'ended']);
  });

  test('who ends it when the signal is good again keeps nothing quiet', async () => {
    const at = await broken();
    await at.sql('DELETE FROM sensor_data');
    await row(at, {}, 2);
    await at.sql(`UPDATE work_orders SET status = 'done', completed_timestamp = CURRENT_TIMESTAMP + INTERVAL 1 DAY`);
    await at.cycle();
    expect(await order(at)).toMatchObject({ status: 'done', quiet_until: null });
    await row(at, { pressure: 1e9 });
    await at.cycle();
    expect(await told(at)).toEqual(['R1 pressure out_of_range done', 'R1 pressure out_of_range open']);
  });

  test('has work orders of his own, which nobody touches', async () => {
    const at = await newPlace();
    await at.sql(
      `INSERT INTO work_orders (work_order_id, equipment_id, description, status, created_timestamp) VALUES ('mine', 'R1', 'oil', 'open', CURRENT_TIMESTAMP)`,
    );
    const before = await orders(at);
    await row(at, { pressure: 1e9 }, 5);
    await at.cycle();
    await row(at, {});
    await at.cycle();
    expect((await orders(at)).filter((each) => each['work_order_id'] === 'mine')).toEqual(before);
    expect(await told(at)).toEqual(['R1 null null open', 'R1 pressure out_of_range closed']);
  });

  test('who changes the order between the look and the write comes first, and the audit says so', async () => {
    const at = await broken();
    await row(at, {});
    const store = changed(at.store, {
      saveWorkOrders: async (lease, changes) => {
        await at.sql(`UPDATE work_orders SET status = 'in_progress'`);
        return at.store.saveWorkOrders(lease, changes);
      },
    });
    expect(await at.cycle({ ports: { store } })).toMatchObject({ outcome: 'completed', workOrders: { closed: 0 } });
    const { work_order_id: id } = await order(at);
    expect(await at.events(id)).toEqual(['opened', 'closed', 'not_applied']);
    expect(await at.cycle()).toMatchObject({ workOrders: { closed: 1 } });
    expect(await told(at)).toEqual(['R1 pressure out_of_range closed']);
  });

  test('cannot open a second order of a sensor', async () => {
    const at = await broken();
    await expect(
      at.sql(`INSERT INTO work_orders (work_order_id, equipment_id, signal, status) VALUES ('x', 'R1', 'pressure', 'waiting')`),
    ).rejects.toThrow(/UNIQUE/);
  });
});

describe('a sensor that cannot be trusted', () => {
  test('that is stuck takes back what its readings recommended, and opens nothing while it is', async () => {
    const at = await newPlace(FROZEN);
    await row(at, { temperature: 97 }, 19.5);
    await at.cycle();
    expect(await at.row('R1')).toMatchObject({ status: 'pending' });
    await frozen(at, 97);
    expect(await at.cycle()).toMatchObject({ workOrders: { opened: 1 }, recommendations: { withdrawn: 1, created: 0 } });
    const stuck = await order(at);
    expect(stuck).toMatchObject({ signal: 'temperature', fault: 'stuck', status: 'open' });
    expect(await at.row('R1')).toMatchObject({ status: 'withdrawn' });
    expect(String((await at.row('R1'))['execution_result'])).toContain(String(stuck['work_order_id']));
    expect(await at.cycle()).toMatchObject({ recommendations: { created: 0 }, statements: 4 });
    await row(at, { temperature: 98 });
    // The order is closed and what still holds is recommended, in one cycle.
    expect(await at.cycle()).toMatchObject({ workOrders: { closed: 1 }, recommendations: { created: 1 } });
    expect((await at.rows('R1')).map((each) => each['status'])).toEqual(['withdrawn', 'pending']);
  });

  test('takes back an approval too, and nothing is written', async () => {
    const at = await newPlace(FROZEN);
    await row(at, { temperature: 97 }, 19.5);
    await at.cycle();
    await at.approve('R1');
    await frozen(at, 97);
    expect(await at.cycle()).toMatchObject({ workOrders: { opened: 1 }, commands: { created: 0 } });
    expect(await at.row('R1')).toMatchObject({ status: 'cancelled' });
    expect(at.plant.writes()).toEqual([]);
  });

  test('holds back commands that are not sent yet', async () => {
    const at = await newPlace(FROZEN);
    await row(at, { temperature: 92 }, 19.5);
    await at.cycle();
    await at.approve('R1');
    const plant = plantWith(at.plant, {
      write: (request) =>
        request.tag.endsWith('CoolingSystemStatus')
          ? Promise.resolve({ kind: 'not_sent', reason: 'prepared so' })
          : at.plant.write(request),
    });
    await at.cycle({ ports: { plant } });
    expect(await at.row('R1')).toMatchObject({ status: 'executing' });
    const sent = at.plant.writes().length;
    await frozen(at, 92);
    await at.cycle();
    expect((await order(at))['fault']).toBe('stuck');
    await at.cycle();
    expect(at.plant.writes()).toHaveLength(sent);
  });

  test('of another signal says nothing about this one', async () => {
    const at = await newPlace(FROZEN);
    for (const age of [19, 15, 10, 5, 0]) await row(at, { temperature: 96 + age / 10, flow_rate: 48 + age }, age);
    expect(await at.cycle()).toMatchObject({ workOrders: { opened: 1 }, recommendations: { created: 1 } });
    expect(await told(at)).toEqual(['R1 pressure stuck open']);
  });
});
