import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Source } from '../../src/ports/source.ts';
import { ensureBundle, startBundle } from '../support/bundle.ts';
import { environmentNameOf } from '../../src/config/environment-names.ts';
import { changed, newScene, QUICK, type Scene, timeText } from '../support/scenario.ts';

const IDLE = 4;
const TIMEOUT_MS = 240_000;
const env = Object.fromEntries(Object.entries(QUICK).map(([key, value]) => [environmentNameOf(key), String(value)]));

let scene: Scene;
beforeAll(() => ensureBundle(), 60_000);
beforeEach(async () => {
  scene = await newScene();
});
afterEach(() => scene.close());

/** Readings of one moment, of equipment `prefix`_1 to `prefix`_n. */
async function readings(count: number, temperatureC: number, ageSeconds = 0, prefix = 'EQ'): Promise<void> {
  await scene.sql(`INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp, recorded_by)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    SELECT 'T', '${prefix}_' || i, ${temperatureC}, 95, 48, 'good', '${timeText(Date.now() - ageSeconds * 1000)}', 'test' FROM n`);
}

const queueEvents = () => scene.sql(`SELECT event, "after" FROM agent_events WHERE subject_id = 'queue' ORDER BY at, ordinal`);
const names = async () => (await queueEvents()).map(({ event }) => event);
const copyOf = async (index: number) => JSON.parse(String((await queueEvents())[index]?.['after'])) as Record<string, unknown>; // our own event's

/** As if everything had been opened so much earlier. */
const age = (seconds: number) =>
  scene.sql(`UPDATE agent_recommendations SET created_timestamp = strftime('%Y-%m-%d %H:%M:%f', created_timestamp, '-${seconds} seconds')`);

describe('a flood', () => {
  test('is told in the cycle that opens the eleventh, once over any number of cycles, and once when it ends', async () => {
    await readings(10, 92);
    await scene.cycle();
    expect(await names()).toEqual([]);
    await readings(1, 97, 0, 'ELEVENTH');
    await scene.cycle();
    expect(await copyOf(0)).toEqual({
      opened: 11,
      window_minutes: 10,
      by_severity: { high: 10, critical: 1 },
      by_family: { temperature: 11 },
    });
    expect(scene.log).toContain('FLOOD BEGAN: 11 new recommendations within 10 minutes');
    await readings(30, 92, 0, 'MORE');
    for (let cycle = 0; cycle < 3; cycle += 1) await scene.cycle();
    expect(await names()).toEqual(['flood_began']);
    expect((await scene.cycle()).statements).toBe(IDLE);
    await age(601);
    await scene.cycle();
    expect(await names()).toEqual(['flood_began', 'flood_ended']);
    expect((await scene.cycle()).statements).toBe(IDLE);
    await readings(11, 92, 0, 'NEXT');
    await scene.cycle();
    await scene.cycle();
    expect(await names()).toEqual(['flood_began', 'flood_ended', 'flood_began']);
  });

  test('is not made of episodes that were over before they were seen', async () => {
    await readings(20, 92, 20);
    await readings(20, 70, 1);
    expect((await scene.cycle()).recommendations).toMatchObject({ created: 0, withdrawn: 20 });
    await scene.cycle();
    expect(await names()).toEqual([]);
  });

  test('is told with the number of all that it opened when it ends', async () => {
    await readings(12, 92);
    await scene.cycle();
    // Still within 10 minutes of its beginning, which cannot be moved, and half a second later no more within 10 minutes of now.
    await age(599.5);
    while ((await names()).length < 2) await scene.cycle();
    expect(await copyOf(1)).toMatchObject({ total: 12 });
  });

  test('met while slices of the past are read is told once', async () => {
    await scene.cycle();
    await scene.sql(`UPDATE agent_health SET watermark_timestamp = '${timeText(Date.now() - 5 * 3_600_000)}'`);
    for (const hoursAgo of [4.5, 3.2, 1.5]) await readings(15, 92, hoursAgo * 3600, `EQ_${Math.round(hoursAgo)}`);
    await readings(15, 92);
    let cycles = 0;
    for (let caughtUp = false; !caughtUp && cycles < 12; cycles += 1) {
      await scene.cycle();
      caughtUp = !scene.log.slice(scene.log.lastIndexOf('Detecting anomalies...')).some((line) => line.startsWith('Catching up'));
    }
    expect(cycles).toBeGreaterThan(3);
    expect(await names()).toEqual(['flood_began']);
  });

  test(
    'is told once by a cycle that is killed before or after any statement and by those that complete it',
    async () => {
      let killed = 0;
      for (let isOver = false; !isOver; killed += 1) {
        await scene.close();
        scene = await newScene();
        await readings(15, 92);
        const place = {
          cwd: scene.folder,
          env: { ...env, OPS_AGENT_CRASH_AT: `statement:${Math.floor(killed / 2) + 1}:${killed % 2 ? 'after' : 'before'}` },
        };
        const run = startBundle(['run-once'], place);
        await run.done;
        isOver = run.child.signalCode !== 'SIGKILL';
        for (let cycle = 0; cycle < 3; cycle += 1) await scene.cycle();
        expect(await names()).toEqual(['flood_began']);
        expect(await copyOf(0)).toMatchObject({ opened: 15 });
        expect((await scene.sql('SELECT 1 FROM agent_recommendations')).length).toBe(15);
      }
      // Two points at each of lease, open work, detection, events, recommendations and end, and the look at the schema.
      expect(killed).toBeGreaterThan(12);
    },
    TIMEOUT_MS,
  );
});

/** The source with the number of runs that its engine would count. */
const chattering = (inner: Source, recentRuns: (equipmentId: string) => number): Source =>
  changed(inner, {
    detect: async (request) => {
      const found = await inner.detect(request);
      return { ...found, states: found.states.map((state) => ({ ...state, recentRuns: recentRuns(state.equipmentId) })) };
    },
  });

describe('chatter', () => {
  test('is marked and told once for a recommendation, from the third run within a minute on', async () => {
    await scene.reading('NOISY', 92);
    await scene.reading('CALM', 92);
    const source = chattering(scene.source, (equipmentId) => (equipmentId === 'NOISY' ? 3 : 2));
    await scene.cycle({ ports: { source } });
    const { chattering_timestamp: marked, recommendation_id: id } = await scene.row('NOISY');
    expect(marked).toMatch(/^\d{4}-/);
    expect(await scene.events(id)).toEqual(['created', 'chattering']);
    expect((await scene.row('CALM'))['chattering_timestamp']).toBeNull();
    expect(scene.log).toContain(`CHATTERING: ${String(id)} for NOISY (the condition came and went 3 times within 60 s)`);
    for (let cycle = 0; cycle < 2; cycle += 1) expect((await scene.cycle({ ports: { source } })).statements).toBe(IDLE);
    expect(await scene.row('NOISY')).toMatchObject({ chattering_timestamp: marked, status: 'pending' });
    expect(await scene.store.readQueueDay()).toMatchObject({ chattering: 1 });
  });

  test.each([
    [[50, 30, 10], true],
    [[70, 30, 10], false],
  ])('is seen in readings that were too high %j s ago and fine in between: %s', async (agesSeconds, expected) => {
    for (const ageSeconds of agesSeconds) {
      await scene.reading('NOISY', 92, ageSeconds);
      await scene.reading('NOISY', 70, ageSeconds + 10);
    }
    await scene.cycle();
    const { status, chattering_timestamp: marked } = await scene.row('NOISY');
    expect({ status, isMarked: marked !== null }).toEqual({ status: 'pending', isMarked: expected });
  });

  test('is told once by a cycle whose write failed and by the one that completes it', async () => {
    await scene.reading('NOISY', 92);
    await scene.cycle();
    const source = chattering(scene.source, () => 4);
    const store = changed(scene.store, { saveRecommendations: () => Promise.reject(new Error('the line is dead')) });
    expect((await scene.cycle({ ports: { source, store } })).outcome).toBe('partial');
    const { recommendation_id: id } = await scene.row('NOISY');
    expect((await scene.row('NOISY'))['chattering_timestamp']).toBeNull();
    await scene.cycle({ ports: { source } });
    expect((await scene.row('NOISY'))['chattering_timestamp']).not.toBeNull();
    expect(await scene.events(id)).toEqual(['created', 'chattering']);
  });

  test('is seen in the third recommendation of an equipment within a minute', async () => {
    // The readings say it first; here they are thought to lie too far apart.
    const cycle = () => scene.cycle({ ports: { source: chattering(scene.source, () => 0) } });
    for (let episode = 0; episode < 3; episode += 1) {
      await scene.reading('NOISY', 92);
      await cycle();
      if (episode === 2) break;
      await scene.reading('NOISY', 70);
      await cycle();
    }
    expect(await scene.rows('NOISY')).toHaveLength(3);
    await cycle();
    const rows = await scene.rows('NOISY');
    expect(rows.map((row) => row['chattering_timestamp'] !== null)).toEqual([false, false, true]);
    expect(scene.log).toContain(
      `CHATTERING: ${String(rows[2]?.['recommendation_id'])} for NOISY (it is the third recommendation for this within 60 s)`,
    );
    expect((await cycle()).statements).toBe(IDLE);
  });

  test('of more than a cycle may write is marked over several, and keeps nothing else waiting', async () => {
    await readings(450, 92);
    await scene.cycle();
    await scene.cycle();
    const source = chattering(scene.source, () => 3);
    const marked = async () => (await scene.sql('SELECT 1 FROM agent_recommendations WHERE chattering_timestamp IS NOT NULL')).length;
    await scene.reading('NEW', 97);
    await scene.cycle({ ports: { source } });
    expect(await scene.rows('NEW')).toHaveLength(1);
    expect(await marked()).toBe(400);
    await scene.cycle({ ports: { source } });
    expect(await marked()).toBe(451);
  });
});
