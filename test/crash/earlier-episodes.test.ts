import { afterEach, describe, expect, test } from '@jest/globals';
import { type Flags, newScene, plantWith, type Scene, timeText } from '../support/scenario.ts';

let scene: Scene;
afterEach(() => scene.close());

const begin = async (flags: Flags = {}) => {
  scene = await newScene(flags);
};

const REJECTION = `status = 'rejected', rejected_by_operator = 'anna', rejection_reason = 'known', rejected_timestamp = CURRENT_TIMESTAMP`;
const reject = async (equipmentId: string) => {
  const { recommendation_id: id } = await scene.row(equipmentId);
  await scene.sql(`UPDATE agent_recommendations SET ${REJECTION} WHERE recommendation_id = '${String(id)}'`);
  await scene.cycle();
};

const summary = async (equipmentId: string) =>
  (await scene.rows(equipmentId)).map(({ status, severity, peak_value: peak }) => `${String(status)} ${String(severity)} ${Number(peak)}`);

describe('readings of before the newest recommendation', () => {
  test('that come one by one, each after normal ones, are one recommendation', async () => {
    await begin();
    await scene.reading('R1', 70, 5);
    for (const [ageSeconds, temperature] of [
      [100, 91],
      [90, 92],
      [80, 91],
      [70, 96],
      [60, 91],
    ] as const) {
      await scene.reading('R1', temperature, ageSeconds);
      await scene.cycle();
    }
    expect(await summary('R1')).toEqual(['withdrawn critical 96']);
    const { recommendation_id: id, severity } = await scene.row('R1');
    expect(await scene.events(id)).toEqual(['created', 'extended', 'extended', 'corrected', 'extended']);
    expect(severity).toBe('critical');
    expect(scene.log.filter((line) => line.startsWith('ANOMALY DETECTED'))).toHaveLength(2);
    const [corrected] = await scene.sql(`SELECT before, after FROM agent_events WHERE event = 'corrected'`);
    expect(JSON.parse(String(corrected?.['before']))).toMatchObject({ severity: 'high' });
    expect(JSON.parse(String(corrected?.['after']))).toMatchObject({ ticket: { severity: 'critical' } });
  });

  test('that are worse than what a person rejected are recorded apart, and the hold goes on', async () => {
    await begin();
    await scene.reading('R1', 92, 20);
    await scene.cycle();
    await reject('R1');
    await scene.reading('R1', 97, 200);
    await scene.reading('R1', 70, 190);
    await scene.reading('R1', 92, 0);
    await scene.cycle();
    await scene.cycle();
    expect(await summary('R1')).toEqual(['withdrawn critical 97', 'rejected high 92']);
  });

  test('that are worse than one which is being carried out are recorded beside it', async () => {
    await begin();
    await scene.reading('R1', 92, 20);
    await scene.cycle();
    await scene.approve('R1');
    const plant = plantWith(scene.plant, { write: () => Promise.resolve({ kind: 'not_sent', reason: 'the line is down' }) });
    await scene.reading('R1', 92);
    await scene.cycle({ ports: { plant } });
    await scene.reading('R1', 97, 40);
    await scene.cycle({ ports: { plant } });
    expect(await summary('R1')).toEqual(['withdrawn critical 97', 'executing high 92']);
  });

  test('that escalate it leave what came after it to the next cycle, however old that is', async () => {
    await begin();
    const ago = 40 * 60;
    await scene.reading('R1', 86, ago + 600);
    await scene.sql(`UPDATE agent_health SET watermark_timestamp = '${timeText(Date.now() - (ago + 600) * 1000)}'`);
    await scene.cycle();
    await scene.sql(`UPDATE agent_health SET watermark_timestamp = '${timeText(Date.now() - (ago + 600) * 1000)}'`);
    await scene.reading('R1', 91, ago + 605);
    await scene.reading('R1', 96, ago);
    await scene.reading('R1', 86, 0);
    await scene.cycle();
    await scene.cycle();
    expect(await summary('R1')).toEqual(['pending critical 96']);
  });
});

describe('a record of what was over', () => {
  test.each([`'2099-01-01'`, `'${timeText(Date.now() + 600_000)}'`])(
    'that says to account up to %s takes no later episode for its own',
    async (time) => {
      await begin();
      await scene.reading('R1', 92, 100);
      await scene.reading('R1', 70, 90);
      await scene.cycle();
      await scene.sql(`UPDATE agent_recommendations SET last_accounted_timestamp = ${time}`);
      await scene.reading('R1', 88, 40);
      await scene.reading('R1', 70, 30);
      await scene.cycle();
      await scene.cycle();
      expect(await summary('R1')).toEqual(['withdrawn high 92', 'withdrawn medium 88']);
      expect((await scene.sql(`SELECT 1 FROM agent_events WHERE event = 'extended'`)).length).toBe(0);
    },
  );

  test('is no longer than what it saw: a clear live range does not make it last until now', async () => {
    await begin();
    const hour = 3600;
    await scene.reading('R1', 97, 0.9 * hour);
    await scene.sql(`UPDATE agent_health SET watermark_timestamp = '${timeText(Date.now() - hour * 1000)}'`);
    await scene.cycle();
    expect(await summary('R1')).toEqual(['pending critical 97']);
    for (let age = 200; age >= 0; age -= 20) await scene.reading('R1', 70, age);
    await scene.cycle();
    const { status, first_detected_timestamp: first, last_accounted_timestamp: last } = await scene.row('R1');
    expect([status, last]).toEqual(['withdrawn', first]);
  });

  test('stands for nothing that was measured after a write', async () => {
    await begin({ 'policy.settlingSeconds': 0 });
    await scene.reading('R1', 92, 280);
    await scene.cycle();
    await scene.approve('R1');
    await scene.reading('R1', 92, 270);
    await scene.cycle();
    const { recommendation_id: id, status } = await scene.row('R1');
    expect(status).toBe('executed');
    await scene.reading('R1', 88, 200);
    await scene.reading('R1', 70, 20);
    await scene.cycle();
    await scene.reading('R1', 99, 100);
    await scene.cycle();
    expect(await scene.events(id)).not.toContain('extended');
    expect((await summary('R1')).at(-1)).toBe('withdrawn critical 99');
  });
  test.each([`first_detected_timestamp = '2020-01-01', last_accounted_timestamp = '2020-01-01'`, `last_accounted_timestamp = NULL`])(
    'that somebody edits (%s) does not keep the readings of all others waiting',
    async (assignment) => {
      await begin();
      await scene.reading('R1', 92, 10);
      await scene.cycle();
      await scene.reading('R1', 97, 200);
      await scene.reading('R1', 70, 190);
      await scene.cycle();
      expect(await summary('R1')).toEqual(['withdrawn critical 97', 'pending high 92']);
      await scene.sql(`UPDATE agent_recommendations SET ${assignment} WHERE status = 'withdrawn'`);
      const watermark = async () => (await scene.sql('SELECT watermark_timestamp FROM agent_health'))[0]?.['watermark_timestamp'];
      const before = String(await watermark());
      await scene.reading('R2', 70);
      await scene.cycle();
      expect(String(await watermark()) > before).toBe(true);
    },
  );
});

test.each([
  ['shelved', `INSERT INTO agent_controls VALUES ('x', 'shelved', 'R1', 'anna', 'under repair', '${timeText(Date.now())}', NULL)`],
  [
    'distrusted',
    `INSERT INTO work_orders (work_order_id, equipment_id, status, created_timestamp, signal, fault, guarded_status, created_by_agent)
     VALUES ('w', 'R1', 'open', '${timeText(Date.now())}', 'temperature', 'stuck', 'open', 'x')`,
  ],
])('an episode that was over before its equipment was %s is on record', async (_how, sql) => {
  await begin({ 'sensorFaults.onDelaySeconds': 0 });
  await scene.reading('R1', 97, 200);
  await scene.reading('R1', 70, 190);
  await scene.sql(sql);
  await scene.cycle();
  await scene.cycle();
  expect(await summary('R1')).toEqual(['withdrawn critical 97']);
});

test('a question to operators goes before records of the past, however many', async () => {
  await begin();
  for (let place = 0; place < 420; place += 1)
    await scene.sql(`INSERT INTO sensor_data (equipment_id, temperature, sensor_status, timestamp)
VALUES ('P${place}', 97, 'good', '${timeText(Date.now() - 200_000)}'), ('P${place}', 70, 'good', '${timeText(Date.now() - 100_000)}')`);
  await scene.reading('LATEST', 88);
  await scene.cycle();
  expect(await summary('LATEST')).toEqual(['pending medium 88']);
});

test('a hold of before a write does not keep its follow-up quiet', async () => {
  await begin({ 'policy.holdSeconds': 3600, 'policy.settlingSeconds': 0, 'policy.verifyWindowSeconds': 60 });
  await scene.reading('R1', 92, 20);
  await scene.cycle();
  await reject('R1');
  await scene.reading('R1', 97, 1);
  await scene.cycle();
  await scene.approve('R1');
  await scene.cycle();
  const { recommendation_id: written, status } = await scene.row('R1');
  expect(status).toBe('executed');
  await scene.reading('R1', 92);
  await scene.cycle();
  expect((await scene.rows('R1')).at(-1)).toMatchObject({ status: 'pending', severity: 'high', follows_recommendation_id: written });
});
