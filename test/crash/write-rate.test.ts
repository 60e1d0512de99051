import { afterEach, describe, expect, test } from '@jest/globals';
import { openSqlite } from '../../src/sqlite/sqlite-library.ts';
import { newScene, plantWith, type Scene, timeText } from '../support/scenario.ts';
import { storeFile } from '../support/store-file.ts';

/** Reduces the throughput to 50, in one command. */
const CRITICAL = 97;
const IDS = ['R1', 'R2', 'R3', 'R4'];

let scene: Scene;
afterEach(() => scene.close());

const writes = () => scene.plant.writes().filter(({ commandId }) => commandId !== 'operator');

async function begun(limit: number) {
  scene = await newScene({ 'policy.maxWritesPerMinute': limit, 'policy.driftPercent': 100 });
  for (const id of IDS) await scene.reading(id, CRITICAL);
  await scene.cycle();
  for (const id of IDS) await scene.approve(id);
}

async function cycle(changes: Parameters<Scene['cycle']>[0] = {}) {
  for (const id of IDS) await scene.reading(id, CRITICAL);
  return scene.cycle(changes);
}

describe('the limit of writes a minute', () => {
  test('holds over the cycles of whichever run, and what is above it waits and is said', async () => {
    await begun(3);
    await cycle();
    expect(writes()).toHaveLength(3);
    expect(scene.log.join('\n')).toContain(
      'Waiting: the limit of 3 writes a minute is reached, the next may be sent in 60 s at the latest',
    );
    await cycle({ runId: 'another' });
    expect(writes()).toHaveLength(3);
    // What waits is not claimed only to be given back.
    expect(await scene.sql(`SELECT event_id FROM agent_events WHERE event = 'returned'`)).toEqual([]);
    await aMinutePasses();
    await cycle();
    expect(writes()).toHaveLength(4);
  });

  test('counts a write whose fate nobody knows', async () => {
    await begun(1);
    const lossy = plantWith(scene.plant, {
      write: async (request) => {
        await scene.plant.write(request);
        scene.plant.setFailure('no_answer');
        return { kind: 'ambiguous', reason: 'the line went dead' };
      },
    });
    await cycle({ ports: { plant: lossy } });
    scene.plant.setFailure(null);
    await cycle();
    expect(writes()).toHaveLength(1);
  });

  test('stops a sequence between two of its steps, and lets it go on a minute later', async () => {
    scene = await newScene({ 'policy.maxWritesPerMinute': 1 });
    await scene.reading('R1', 92);
    await scene.cycle();
    await scene.approve('R1');
    await scene.reading('R1', 92);
    await scene.cycle();
    expect(writes()).toHaveLength(1);
    const [first, second] = await scene.commands('R1');
    expect([first?.['status'], second?.['status']]).toEqual(['executed', 'pending']);
    const returned = await scene.sql(`SELECT reason, after FROM agent_events WHERE event = 'returned'`);
    expect(returned).toEqual([
      { reason: 'the limit of 1 writes a minute is reached, the next may be sent in 60 s at the latest', after: '{"code":"rate_limit"}' },
    ]);
    await aMinutePasses();
    await scene.reading('R1', 92);
    await scene.cycle();
    expect(writes()).toHaveLength(2);
    expect((await scene.row('R1'))['status']).toBe('executed');
  });
});

/** What was announced is a minute older: the audit lets nobody say so, so that its guard is taken away. */
async function aMinutePasses() {
  const database = await openSqlite(storeFile(scene.settings), { busyTimeoutMs: 5000 });
  try {
    database.exec('DROP TRIGGER agent_events_unmoved_in_time');
    database.exec(`UPDATE agent_events SET at = '${timeText(Date.now() - 61_000)}' WHERE event = 'dispatching'`);
  } finally {
    database.close();
  }
}
