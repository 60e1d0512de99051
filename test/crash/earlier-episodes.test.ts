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
