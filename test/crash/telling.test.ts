import { afterEach, describe, expect, test } from '@jest/globals';
import { newRunId } from '../../src/cli/run-id.ts';
import { type TellingReport, tellPeople } from '../../src/cycle/tell-people.ts';
import { AgentError } from '../../src/domain/errors.ts';
import { MOST_TRIES } from '../../src/domain/notification-tries.ts';
import type { Notifier } from '../../src/ports/notifier.ts';
import { openStore } from '../../src/store/open-store.ts';
import { type RecordingNotifier, recordingNotifier } from '../support/recording-notifier.ts';
import { changed, decideByCommandLine, newScene, plantWith, type Scene } from '../support/scenario.ts';
import { SILENT } from '../support/silent-log.ts';

let scene: Scene | undefined;
afterEach(async () => {
  await scene?.close();
  scene = undefined;
});

/** Nobody is reached: the notifier of a test takes what these channels are told. */
const CHANNELS = `notify:
  channels: [{ name: slack, kind: slack, url: 'http://127.0.0.1:9' }, { name: lead, kind: slack, url: 'http://127.0.0.1:9' }]
  quietMinutes: 0
  rules:
`;
const ALL = `${CHANNELS}    - { to: [slack], remindMinutes: 15, escalateTo: [lead] }\n`;

async function sceneWith(file = ALL, flags: Parameters<typeof newScene>[0] = {}): Promise<Scene> {
  scene = await newScene(flags, { file });
  return scene;
}

function telling(at: Scene, notifier: Notifier, signal = new AbortController().signal, outbox = at.outbox): Promise<TellingReport> {
  return tellPeople({ outbox, notifier, log: SILENT, newId: newRunId }, at.settings, signal);
}

/** What a round costs. */
async function counted(at: Scene, work: () => Promise<unknown>): Promise<number> {
  const before = at.outbox.statements;
  await work();
  return at.outbox.statements - before;
}

/** A reminder's time, or that of the next try, has come. */
async function timePasses(at: Scene): Promise<void> {
  await at.sql(`UPDATE agent_notifications SET next_attempt_timestamp = '2026-01-01 00:00:00.000' WHERE status = 'pending'`);
}

async function statuses(at: Scene): Promise<readonly unknown[]> {
  const rows = await at.sql(
    `SELECT channel, reminder, status, attempt FROM agent_notifications WHERE kind <> 'place' ORDER BY created_timestamp, reminder, channel`,
  );
  return rows.map(({ channel, reminder, status, attempt }) => [channel, reminder, status, attempt].join(' '));
}

describe('a round of telling', () => {
  test('costs one statement where nothing happened, and five where something is told; a cycle costs what it did before', async () => {
    const [at, notifier] = [await sceneWith(), recordingNotifier()];
    const plain = await newScene();
    expect((await at.cycle()).statements).toBe((await plain.cycle()).statements);
    expect(await counted(at, () => telling(at, notifier))).toBe(2);
    expect(await counted(at, () => telling(at, notifier))).toBe(1);
    for (const each of [at, plain]) await each.reading('R1', 97);
    expect((await at.cycle()).statements).toBe((await plain.cycle()).statements);
    await plain.close();
    expect(await counted(at, () => telling(at, notifier))).toBe(5);
    expect(notifier.brief()).toEqual(['slack recommended R1']);
    expect(await counted(at, () => telling(at, notifier))).toBe(1);
    expect((await at.cycle()).statements).toBe(4);
    expect(notifier.told).toHaveLength(1);
  });

  test('begins once the cycle has given its lease back: of what one is still storing nobody is told', async () => {
    const [at, notifier] = [await sceneWith(), recordingNotifier()];
    await at.reading('R1', 97);
    const during: TellingReport[] = [];
    const store = changed(at.store, {
      saveRecommendations: async (lease, changes) => {
        during.push(await telling(at, notifier));
        return at.store.saveRecommendations(lease, changes);
      },
    });
    await at.cycle({ ports: { store } });
    expect([during, notifier.told]).toEqual([[expect.objectContaining({ planned: 0 })], []]);
    await telling(at, notifier);
    expect(notifier.brief()).toEqual(['slack recommended R1']);
  });

  test('tells once of what a cycle announced and could not store, and the next one did', async () => {
    const [at, notifier] = [await sceneWith(), recordingNotifier()];
    await at.reading('R1', 97);
    const store = changed(at.store, { saveRecommendations: () => Promise.reject(new AgentError('store_unavailable', 'away')) });
    await at.cycle({ ports: { store } });
    await telling(at, notifier);
    expect(notifier.told).toEqual([]);
    await at.cycle();
    await telling(at, notifier);
    await telling(at, notifier);
    expect(notifier.brief()).toEqual(['slack recommended R1']);
  });

  test('tells of what is escalated', async () => {
    const [at, notifier] = [await sceneWith(), recordingNotifier()];
    for (const temperatureC of [87, 97]) {
      await at.reading('R1', temperatureC);
      await at.cycle();
      await telling(at, notifier);
    }
    expect(notifier.brief()).toEqual(['slack recommended R1', 'slack escalated R1']);
    expect(notifier.told.map(({ notification }) => notification.severity)).toEqual(['medium', 'critical']);
  });

  test('tells of a command that failed, and of one whose outcome is not known', async () => {
    const [at, notifier] = [await sceneWith(), recordingNotifier()];
    for (const id of ['R1', 'R2']) await at.reading(id, 97);
    await at.cycle();
    await telling(at, notifier);
    for (const id of ['R1', 'R2']) await at.approve(id);
    let isSent = false;
    const plant = plantWith(at.plant, {
      write: ({ tag }) => {
        if (tag.includes('R2')) return Promise.resolve({ kind: 'refused', quality: 'Bad', reason: 'locked' });
        isSent = true;
        return Promise.resolve({ kind: 'ambiguous', reason: 'no answer' });
      },
      read: (tags) => (isSent ? Promise.reject(new AgentError('plant_unavailable', 'no answer')) : at.plant.read(tags)),
    });
    await at.cycle({ ports: { plant } });
    await telling(at, notifier);
    expect(notifier.brief().slice(2).toSorted()).toEqual(['slack command_failed R2', 'slack command_unknown R1']);
  });

  test('tells of a feed and of a plant that fell silent', async () => {
    const [at, notifier] = [await sceneWith(ALL, { 'source.maxAgeSeconds': 60 }), recordingNotifier()];
    await at.reading('R1', 70, 50);
    await at.cycle();
    await at.sql(
      `UPDATE agent_health SET newest_reading_timestamp = '2026-01-01 00:00:00.000', detected_timestamp = '2026-01-01 00:00:30.000'`,
    );
    await at.sql('DELETE FROM sensor_data');
    await at.cycle();
    await at.reading('R2', 97);
    const plant = plantWith(at.plant, { read: () => Promise.reject(new AgentError('plant_unavailable', 'no answer')) });
    await at.cycle({ ports: { plant } });
    await telling(at, notifier);
    expect(notifier.brief().toSorted()).toEqual(['slack feed_silent -', 'slack plant_silent -', 'slack recommended R2']);
  });

  test('tells of a flood once, and of its critical ones', async () => {
    const [at, notifier] = [await sceneWith(), recordingNotifier()];
    for (let n = 0; n < 12; n += 1) await at.reading(`R${n}`, n === 7 ? 97 : 87);
    await at.cycle();
    await telling(at, notifier);
    expect(notifier.brief().toSorted()).toEqual(['slack flood -', 'slack recommended R7']);
    await at.reading('LATER', 87);
    await at.cycle();
    await telling(at, notifier);
    expect(notifier.told).toHaveLength(2);
  });
});

/** Told of, and reminded of twice. */
async function reminded(): Promise<readonly [Scene, RecordingNotifier]> {
  const [at, notifier] = [await sceneWith(), recordingNotifier()];
  await at.reading('R1', 97);
  await at.cycle();
  await telling(at, notifier);
  for (let n = 0; n < 2; n += 1) {
    await timePasses(at);
    await telling(at, notifier);
  }
  return [at, notifier];
}

describe('a recommendation that nobody decides about', () => {
  test('is told again to the next channel, until it is decided', async () => {
    const [at, notifier] = await reminded();
    const told = ['slack recommended R1', 'lead recommended R1 +1', 'lead recommended R1 +2'];
    expect(notifier.brief()).toEqual(told);
    await decideByCommandLine(at, 'R1', 'approve', 'anna');
    await timePasses(at);
    expect(await telling(at, notifier)).toMatchObject({ superseded: 1, delivered: 0 });
    expect(notifier.brief()).toEqual(told);
    expect(await statuses(at)).toEqual(['slack 0 delivered 1', 'lead 1 delivered 1', 'lead 2 delivered 1', 'lead 3 superseded 0']);
    expect(await counted(at, () => telling(at, notifier))).toBe(1);
  });

  test('is told of as worse, and then has the reminders of that alone', async () => {
    const [at, notifier] = [await sceneWith(), recordingNotifier()];
    await at.reading('R1', 87);
    await at.cycle();
    await telling(at, notifier);
    await at.reading('R1', 97);
    await at.cycle();
    await telling(at, notifier);
    await timePasses(at);
    await telling(at, notifier);
    expect(notifier.brief()).toEqual(['slack recommended R1', 'slack escalated R1', 'lead escalated R1 +1']);
  });
});

const away = () => recordingNotifier(() => ({ kind: 'failed', reason: 'no connection', isAway: true, retryAfterSeconds: null }));

describe('a receiver that is away', () => {
  test('is asked once a round, and tried again when its time has come, with the same ids', async () => {
    const [at, down] = [await sceneWith(), away()];
    for (const id of ['R1', 'R2', 'R3']) await at.reading(id, 97);
    await at.cycle();
    expect(await telling(at, down)).toMatchObject({ planned: 6, failed: 3, delivered: 0 });
    expect(await counted(at, () => telling(at, down))).toBe(1);
    expect(down.told).toHaveLength(1);
    expect(await at.outbox.readFigures(at.settings.agentId)).toEqual({ waiting: 3, failing: 3, givenUp: 0 });
    await at.sql(`UPDATE agent_notifications SET next_attempt_timestamp = '2026-01-01 00:00:00.000' WHERE reminder = 0`);
    const up = recordingNotifier();
    expect(await telling(at, up)).toMatchObject({ delivered: 3 });
    expect(up.told.map(({ notification }) => notification.notificationId)).toContain(down.told[0]?.notification.notificationId);
  });

  test('is given up after many tries, which stays to be seen', async () => {
    const [at, down] = [await sceneWith(`${CHANNELS}    - { to: [slack] }\n`), away()];
    await at.reading('R1', 97);
    await at.cycle();
    await telling(at, down);
    await at.sql(`UPDATE agent_notifications SET attempt = ${MOST_TRIES - 1} WHERE kind <> 'place'`);
    await timePasses(at);
    await telling(at, down);
    expect(await statuses(at)).toEqual([`slack 0 given_up ${MOST_TRIES}`]);
    await timePasses(at);
    await telling(at, down);
    expect(down.told).toHaveLength(2);
    expect(await at.outbox.readFigures(at.settings.agentId)).toEqual({ waiting: 0, failing: 0, givenUp: 1 });
  });

  test('is given up for all that waits, and not for one after the other', async () => {
    const [at, down] = [await sceneWith(`${CHANNELS}    - { to: [slack] }\n`), away()];
    for (const id of ['R1', 'R2', 'R3']) await at.reading(id, 97);
    await at.cycle();
    await telling(at, down);
    await at.sql(`UPDATE agent_notifications SET attempt = ${MOST_TRIES - 1} WHERE kind <> 'place'`);
    await timePasses(at);
    await telling(at, down);
    expect(await at.outbox.readFigures(at.settings.agentId)).toEqual({ waiting: 0, failing: 0, givenUp: 3 });
    expect(down.told).toHaveLength(2);
  });

  test('for one notification alone holds back no other for good', async () => {
    const at = await sceneWith(`${CHANNELS}    - { to: [slack] }\n`);
    const ids = Array.from({ length: 9 }, (_, n) => `R${n}`);
    for (const id of ids) await at.reading(id, 97);
    await at.cycle();
    await telling(at, away());
    for (const stuck of ids.slice(0, 3)) {
      await at.sql(`UPDATE agent_notifications SET status = 'pending', attempt = 1 WHERE kind <> 'place'`);
      const hung = recordingNotifier(({ notification }) =>
        notification.equipmentId === stuck
          ? { kind: 'failed', reason: 'no answer', isAway: true, retryAfterSeconds: null }
          : { kind: 'delivered' },
      );
      // Of nine in an order that changes with each try the one is rarely the first for long.
      for (let round = 0; round < 32; round += 1) {
        await timePasses(at);
        await telling(at, hung);
      }
      expect({ stuck, ...(await at.outbox.readFigures(at.settings.agentId)) }).toEqual({ stuck, waiting: 1, failing: 1, givenUp: 0 });
    }
  });

  test('keeps no other channel waiting', async () => {
    const at = await sceneWith(`${CHANNELS}    - { to: [slack, lead] }\n`);
    for (const id of ['R1', 'R2']) await at.reading(id, 97);
    await at.cycle();
    const half = recordingNotifier(({ channel }) =>
      channel === 'slack' ? { kind: 'failed', reason: 'no', isAway: true, retryAfterSeconds: 7200 } : { kind: 'delivered' },
    );
    expect(await telling(at, half)).toMatchObject({ delivered: 2, failed: 2 });
    const rests = await at.sql(
      `SELECT channel FROM agent_notifications WHERE channel = 'slack' AND next_attempt_timestamp > '${new Date(Date.now() + 7_000_000).toISOString().replace('T', ' ')}'`,
    );
    expect(rests).toHaveLength(2);
  });

  test('that took it for some of those alone is not told again, and says so', async () => {
    const at = await sceneWith(`${CHANNELS}    - { to: [slack] }\n`);
    await at.reading('R1', 97);
    await at.cycle();
    const half = recordingNotifier(() => ({ kind: 'partly', reason: 'not to gone@example.com' }));
    expect(await telling(at, half)).toMatchObject({ delivered: 1, failed: 0 });
    expect(await at.outbox.list({ statuses: [], limit: 5 })).toMatchObject([{ status: 'delivered', lastError: 'not to gone@example.com' }]);
  });

  test('that refuses one notification is told the others', async () => {
    const at = await sceneWith(`${CHANNELS}    - { to: [slack] }\n`);
    for (const id of ['R1', 'R2']) await at.reading(id, 97);
    await at.cycle();
    const picky = recordingNotifier(({ notification }) =>
      notification.equipmentId === 'R1' ? { kind: 'failed', reason: '400', isAway: false, retryAfterSeconds: null } : { kind: 'delivered' },
    );
    expect(await telling(at, picky)).toMatchObject({ delivered: 1, failed: 1 });
  });
});

describe('two processes', () => {
  test('tell each notification once between them', async () => {
    const at = await sceneWith(`${CHANNELS}    - { to: [slack] }\n`);
    for (let n = 0; n < 9; n += 1) await at.reading(`R${n}`, 97);
    await at.cycle();
    const other = await openStore(at.settings);
    const [one, two] = [recordingNotifier(), recordingNotifier()];
    try {
      const signal = new AbortController().signal;
      await Promise.all([telling(at, one), telling(at, two, signal, other.outbox)]);
      await Promise.all([telling(at, one), telling(at, two, signal, other.outbox)]);
    } finally {
      await other.store.close();
    }
    const ids = [...one.told, ...two.told].map(({ notification }) => notification.notificationId);
    expect([ids.length, new Set(ids).size]).toEqual([9, 9]);
  });
});

describe('a round that is ended', () => {
  test('before it sends leaves everything for the next one', async () => {
    const [at, notifier] = [await sceneWith(), recordingNotifier()];
    await at.reading('R1', 97);
    await at.cycle();
    const stopped = new AbortController();
    stopped.abort();
    expect(await telling(at, notifier, stopped.signal)).toMatchObject({ planned: 2, delivered: 0 });
    await telling(at, notifier);
    expect(notifier.brief()).toEqual(['slack recommended R1']);
  });

  test('while it claims what it is to send sends nothing', async () => {
    const [at, notifier] = [await sceneWith(), recordingNotifier()];
    await at.reading('R1', 97);
    await at.cycle();
    const stopping = new AbortController();
    const outbox = changed(at.outbox, {
      claim: async (...given) => {
        stopping.abort();
        return at.outbox.claim(...given);
      },
    });
    expect(await telling(at, notifier, stopping.signal, outbox)).toMatchObject({ planned: 2, delivered: 0, failed: 0 });
    expect(notifier.told).toEqual([]);
    await telling(at, notifier);
    expect(notifier.brief()).toEqual(['slack recommended R1']);
  });

  test('while it sends records what it did, and leaves the rest for the next one', async () => {
    const at = await sceneWith(`${CHANNELS}    - { to: [slack] }\n`);
    for (const id of ['R1', 'R2', 'R3']) await at.reading(id, 97);
    await at.cycle();
    const stopping = new AbortController();
    const notifier = recordingNotifier(() => {
      stopping.abort();
      return { kind: 'delivered' };
    });
    expect(await telling(at, notifier, stopping.signal)).toMatchObject({ delivered: 1, failed: 0 });
    await telling(at, notifier);
    expect(new Set(notifier.told.map(({ notification }) => notification.notificationId)).size).toBe(3);
    expect(notifier.told).toHaveLength(3);
  });
});
