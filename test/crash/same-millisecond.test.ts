import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { CommandChange, RecommendationChange } from '../../src/domain/changes.ts';
import { eventOf, type SubjectType } from '../../src/domain/event.ts';

import type { WorkOrderChange } from '../../src/domain/work-order.ts';
import type { Store } from '../../src/ports/store.ts';
import { changed, newScene, plantWith, type Scene, timeText } from '../support/scenario.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await newScene();
});
afterEach(() => scene.close());

interface Taking {
  readonly subjectType: SubjectType;
  readonly subjectId: string;
  readonly status: string;
  readonly at: number;
  readonly sql: string;
}

/** Another run takes the lease over, announces the very change, and makes it as of the same millisecond. */
async function takeOver({ subjectType, subjectId, status, at, sql }: Taking): Promise<void> {
  await scene.sql(`UPDATE agent_health SET lease_owner = 'other', lease_epoch = lease_epoch + 1`);
  const [health] = await scene.sql('SELECT agent_id FROM agent_health');
  const run = { agentId: String(health?.['agent_id']), runId: 'other' };
  const event = eventOf(run, { subjectType, subjectId, event: status, toStatus: status });
  await scene.store.appendEvents([event], at);
  await scene.sql(sql);
}

const told = async (id: unknown) =>
  (await scene.sql(`SELECT run_id, event FROM agent_events WHERE subject_id = '${String(id)}' ORDER BY chain_seq`)).map(
    ({ run_id: run, event }) => `${run === 'other' ? 'other' : 'this'}: ${String(event)}`,
  );

test('a recommendation that another run changed alike in the same millisecond is not called this run’s', async () => {
  await scene.reading('R1', 92);
  await scene.cycle();
  const { recommendation_id: id } = await scene.row('R1');
  await scene.reading('R1', 70);
  const store: Store = changed(scene.store, {
    saveRecommendations: async (lease, changes: readonly RecommendationChange[]) => {
      const at = changes[0]?.columns.updatedTimestamp ?? 0;
      const sql = `UPDATE agent_recommendations SET status = 'withdrawn', guarded_status = 'withdrawn', updated_timestamp = '${timeText(at)}'`;
      await takeOver({ subjectType: 'recommendation', subjectId: String(id), status: 'withdrawn', at, sql });
      return scene.store.saveRecommendations(lease, changes);
    },
  });
  await scene.cycle({ ports: { store } });
  expect(await told(id)).toEqual(['this: created', 'this: withdrawn', 'other: withdrawn', 'this: not_applied']);
});

test('nor is a command', async () => {
  await scene.reading('R1', 92);
  await scene.cycle();
  await scene.approve('R1');
  const plant = plantWith(scene.plant, { write: () => Promise.resolve({ kind: 'not_sent', reason: 'busy' }) });
  await scene.cycle({ ports: { plant } });
  const [first] = await scene.commands('R1');
  await scene.sql(`INSERT INTO agent_controls (control_id, kind, scope, "by", reason, since)
    VALUES ('x', 'out_of_service', 'R1', 'anna', 'overhaul', '2026-01-01')`);
  const id = String(first?.['command_id']);
  const store: Store = changed(scene.store, {
    saveCommands: async (lease, changes: readonly CommandChange[]) => {
      const at = changes.find(({ commandId }) => commandId === id)?.columns.completedTimestamp ?? 0;
      const sql = `UPDATE agent_commands SET status = 'cancelled', completed_timestamp = '${timeText(at)}' WHERE command_id = '${id}'`;
      await takeOver({ subjectType: 'command', subjectId: id, status: 'cancelled', at, sql });
      return scene.store.saveCommands(lease, changes);
    },
  });
  await scene.cycle({ ports: { store } });
  expect((await told(id)).slice(-3)).toEqual(['this: cancelled', 'other: cancelled', 'this: not_applied']);
});

test('nor is a work order', async () => {
  await scene.sql(`INSERT INTO sensor_data (equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
VALUES ('R1', 70, 1e9, 48, 'good', '${timeText(Date.now())}')`);
  await scene.cycle();
  const [order] = await scene.sql('SELECT work_order_id FROM work_orders');
  const id = String(order?.['work_order_id']);
  await scene.sql(`UPDATE work_orders SET status = 'done'`);
  const store: Store = changed(scene.store, {
    saveWorkOrders: async (lease, changes: readonly WorkOrderChange[]) => {
      const at = changes[0]?.columns.updatedTimestamp ?? 0;
      const sql = `UPDATE work_orders SET guarded_status = 'done', updated_timestamp = '${timeText(at)}'`;
      await takeOver({ subjectType: 'work_order', subjectId: id, status: 'ended', at, sql });
      return scene.store.saveWorkOrders(lease, changes);
    },
  });
  await scene.cycle({ ports: { store } });
  expect(await told(id)).toEqual(['this: opened', 'this: ended', 'other: ended', 'this: not_applied']);
});
