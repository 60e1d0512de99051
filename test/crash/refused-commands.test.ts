import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CommandChange } from '../../src/domain/changes.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { changed, newScene, plantWith, type Scene } from '../support/scenario.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await newScene();
});
afterEach(() => scene.close());

/** What somebody else does by plain SQL, over a connection of their own. */
async function elsewhere(sql: string): Promise<void> {
  const { store } = await openStore(scene.settings, { create: false });
  await store.runSql(sql);
  await store.close();
}

/** A store in which somebody's SQL comes between the agent's look and its write of commands that it expects in some status. */
function forestalled(expected: string | null, sql: string): Store {
  return changed(scene.store, {
    saveCommands: async (lease, changes: readonly CommandChange[]) => {
      if (changes.some((change) => change.expected === expected)) await elsewhere(sql);
      return scene.store.saveCommands(lease, changes);
    },
  });
}

/** Recommended and approved; two commands are to come. */
async function approved(equipmentId = 'R1'): Promise<unknown> {
  await scene.reading(equipmentId, 92);
  await scene.cycle();
  await scene.approve(equipmentId);
  return (await scene.row(equipmentId))['recommendation_id'];
}

/** Two pending commands that the next cycle cancels: the plant took none of them, and the equipment is out of service by now. */
async function pending(): Promise<void> {
  await approved();
  const plant = plantWith(scene.plant, { write: () => Promise.resolve({ kind: 'not_sent', reason: 'busy' }) });
  await scene.cycle({ ports: { plant } });
  await scene.sql(`INSERT INTO agent_controls (control_id, kind, scope, "by", reason, since)
    VALUES ('x', 'out_of_service', 'R1', 'anna', 'overhaul', '2026-01-01')`);
}

/** The recommendation's commands in their order, each with its events. */
async function trails(): Promise<readonly (readonly string[])[]> {
  const commands = await scene.commands('R1');
  return Promise.all(commands.map(async ({ command_id: id }) => scene.events(id)));
}

const notApplied = async () =>
  (
    await scene.sql(
      `SELECT subject_type, from_status, to_status, reason FROM agent_events WHERE event = 'not_applied' ORDER BY at, ordinal`,
    )
  ).map((event) => ({ ...event }));
const watermark = async () => (await scene.sql('SELECT watermark_timestamp FROM agent_health'))[0]?.['watermark_timestamp'];
const FORESTALLED = 'somebody else changed the row first';

describe('a change of a command that somebody forestalls', () => {
  test('is taken back when it is its end before it was sent, and the change beside it stands', async () => {
    await pending();
    const store = forestalled('pending', `UPDATE agent_commands SET status = 'executed' WHERE sequence = 1`);
    await scene.cycle({ ports: { store } });
    expect((await scene.commands('R1')).map(({ status }) => status)).toEqual(['executed', 'cancelled']);
    expect(await trails()).toEqual([
      ['derived', 'dispatching', 'returned', 'cancelled', 'not_applied'],
      ['derived', 'dispatching', 'returned', 'cancelled'],
    ]);
    expect(await notApplied()).toEqual([{ subject_type: 'command', from_status: 'executed', to_status: 'cancelled', reason: FORESTALLED }]);
    expect(scene.log.filter((line) => line.startsWith('Not applied: command '))).toHaveLength(1);
  });

  test('is taken back when it is the result of what was sent, which is not sent again', async () => {
    await approved();
    const store = forestalled('executing', `UPDATE agent_commands SET status = 'pending', claimed_by = NULL WHERE sequence = 1`);
    expect((await scene.cycle({ ports: { store } })).commands.executed).toBe(2);
    expect(await trails()).toEqual([
      ['derived', 'dispatching', 'executed', 'not_applied'],
      ['derived', 'dispatching', 'executed'],
    ]);
    const sent = scene.plant.writes().length;
    await scene.cycle();
    await scene.cycle();
    expect(scene.plant.writes()).toHaveLength(sent);
    expect((await trails())[0]).toEqual(['derived', 'dispatching', 'executed', 'not_applied', 'refused']);
  });

  test('is taken back when it is a new one whose id somebody has taken, and no other step of its sequence is sent', async () => {
    const id = await approved();
    const taken = `INSERT INTO agent_commands (command_id, recommendation_id, equipment_id, sequence, status)
      SELECT 'command-1', recommendation_id, equipment_id, 1, 'held' FROM agent_recommendations WHERE recommendation_id = '${String(id)}'`;
    const store = changed(scene.store, {
      saveCommands: async (lease, changes: readonly CommandChange[]) => {
        const [first] = changes.filter((change) => change.expected === null);
        if (first) await elsewhere(taken.replace('command-1', first.commandId));
        return scene.store.saveCommands(lease, changes);
      },
    });
    const report = await scene.cycle({ ports: { store } });
    expect(report.commands).toMatchObject({ created: 1, executed: 0 });
    expect(report.errors).toEqual([]);
    expect(scene.plant.writes()).toEqual([]);
    expect(await notApplied()).toEqual([{ subject_type: 'command', from_status: 'held', to_status: 'pending', reason: FORESTALLED }]);
    await scene.cycle();
    expect(scene.plant.writes()).toEqual([]);
    expect(await scene.row('R1')).toMatchObject({ status: 'failed' });
  });

  test('keeps no readings waiting', async () => {
    await pending();
    await scene.reading('R2', 70, -1);
    const before = await watermark();
    await scene.cycle({ ports: { store: forestalled('pending', `UPDATE agent_commands SET status = 'executed' WHERE sequence = 1`) } });
    expect(await notApplied()).toHaveLength(1);
    expect(await watermark()).not.toBe(before);
  });

  test('costs three statements more (the row, whether another run came first, the audit), and where nobody forestalls anything none', async () => {
    const statements: number[] = [];
    for (const sql of ['UPDATE agent_commands SET unit = unit', `UPDATE agent_commands SET status = 'executed' WHERE sequence = 1`]) {
      await scene.close();
      scene = await newScene();
      await pending();
      statements.push((await scene.cycle({ ports: { store: forestalled('pending', sql) } })).statements);
    }
    expect((statements[1] ?? 0) - (statements[0] ?? 0)).toBe(3);
  });
});

test('a command that is not made because somebody took the approval back is told so as well', async () => {
  await approved();
  const store = changed(scene.store, {
    saveRecommendations: async (lease, changes) => {
      await elsewhere(`UPDATE agent_recommendations SET status = 'rejected', rejected_by_operator = 'carl' WHERE status = 'approved'`);
      return scene.store.saveRecommendations(lease, changes);
    },
  });
  const report = await scene.cycle({ ports: { store } });
  expect(report.commands).toMatchObject({ created: 0, executed: 0 });
  expect(await scene.commands('R1')).toEqual([]);
  const unmade = { subject_type: 'command', from_status: null, to_status: 'pending', reason: 'its recommendation was held back' };
  expect((await notApplied()).filter((event) => event['subject_type'] === 'command')).toEqual([unmade, unmade]);
});

test('changes that were made and whose answer got lost are not taken back', async () => {
  await pending();
  const store = changed(scene.store, {
    saveCommands: async (lease, changes) => {
      await scene.store.saveCommands(lease, changes);
      return 0;
    },
  });
  await scene.cycle({ ports: { store } });
  await approved('R2');
  expect((await scene.cycle({ ports: { store } })).commands.executed).toBe(2);
  expect(await notApplied()).toEqual([]);
});
