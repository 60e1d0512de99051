import { describe, expect, test } from '@jest/globals';
import { anEvent } from '../contract/samples.ts';
import { withStore } from '../contract/with-store.ts';
import type { Store } from '../../src/ports/store.ts';
import { AGENT, type AtHand } from '../support/stores.ts';
import { databricksStore } from '../support/warehouse-store.ts';
import { onWarehouse } from './on-warehouse.ts';

const UP_TO_DATE = { state: 'up_to_date', problems: [], remedy: '' };

/** With an event that may be pruned, by a store which fails at some statement. */
async function failingAt(at: AtHand, isAt: (sql: string) => boolean): Promise<Store> {
  await at.store.appendEvents([anEvent()], Date.now());
  const { store: failing } = await at.another({
    watch: ({ sql }) => {
      if (isAt(sql)) throw new Error('no such luck');
    },
  });
  return failing;
}

onWarehouse('the properties of the tables', () => {
  describe('made by setup', () => {
    const store = withStore(databricksStore());

    test('let no two writers pass each other, which the readings need not', async () => {
      const at = store();
      const isolation = async (table: string) => {
        const rows = await at.outside.rows(`SHOW TBLPROPERTIES ${table}`);
        return ['delta.isolationLevel', 'delta.enableDeletionVectors'].map((name) => rows.find(({ key }) => key === name)?.['value']);
      };
      for (const table of ['agent_events', 'agent_health', 'agent_schema', 'agent_recommendations', 'agent_commands', 'work_orders'])
        expect(await isolation(table)).toEqual(['Serializable', 'false']);
      expect(await isolation('sensor_data')).toEqual([undefined, undefined]);
    });

    test('are missed by the check where somebody changed them, and made again', async () => {
      const at = store();
      await at.outside.run("ALTER TABLE agent_commands UNSET TBLPROPERTIES ('delta.isolationLevel')");
      await at.outside.run("ALTER TABLE agent_health SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')");
      await at.outside.run("ALTER TABLE agent_events SET TBLPROPERTIES ('delta.appendOnly' = 'false')");
      const { state, problems } = await at.store.checkSchema(AGENT);
      expect(state).toBe('drifted');
      expect([...problems].toSorted()).toEqual([
        'property agent_commands.delta.isolationLevel is missing',
        'property agent_events.delta.appendOnly is missing',
        'property agent_health.delta.enableDeletionVectors is missing',
      ]);
      await at.store.migrate(AGENT);
      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
    });

    test('say that the audit has no defaults, which are given to it although it is append-only', async () => {
      const at = store();
      await at.outside.run("ALTER TABLE agent_events UNSET TBLPROPERTIES ('opsAgent.defaults')");
      expect((await at.store.checkSchema(AGENT)).problems).toEqual(['property agent_events.opsAgent.defaults is missing']);
      await at.store.migrate(AGENT);
      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
    });

    test('say that columns were added by a run that died before it gave them their defaults', async () => {
      const at = store();
      await at.outside.run('DROP TABLE operator_sessions');
      await at.outside.run('CREATE TABLE operator_sessions (session_id STRING, status STRING) USING DELTA');
      await at.outside.insert('operator_sessions', [{ session_id: 'before', status: 'on' }]);
      const { store: dying } = await at.another({
        watch: ({ sql }) => {
          if (sql.includes('allowColumnDefaults')) throw new Error('killed');
        },
      });
      await expect(dying.migrate(AGENT)).rejects.toThrow('killed');
      expect((await at.store.checkSchema(AGENT)).problems).toContain('property operator_sessions.opsAgent.defaults is missing');
      await at.store.migrate(AGENT);
      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
      await at.outside.insert('operator_sessions', [{ session_id: 'after', status: 'on' }]);
      expect(await at.outside.rows('SELECT approved_recommendations AS n FROM operator_sessions')).toEqual([{ n: 0 }, { n: 0 }]);
    });
  });

  describe('the audit', () => {
    const store = withStore(databricksStore());
    const lease = { agentId: AGENT, runId: 'prune-1', epoch: 1 };
    const range = { throughSeq: 1, unchainedThrough: null, leaseSeconds: 120 };

    test('is append-only again where pruning failed in between', async () => {
      const at = store();
      const failing = await failingAt(at, (sql) => sql.startsWith('MERGE INTO `agent_events`'));
      await expect(failing.pruneAudit(lease, range)).rejects.toThrow('no such luck');
      await expect(at.outside.run('DELETE FROM agent_events')).rejects.toThrow(/append/i);
      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
    });

    test('is append-only where it could not be opened for pruning, or where nobody knows whether it was', async () => {
      const at = store();
      const failing = await failingAt(at, (sql) => sql.includes("'delta.appendOnly' = 'false'"));
      await expect(failing.pruneAudit(lease, range)).rejects.toThrow('no such luck');
      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
      const { store: opened } = await at.another({
        watch: async ({ sql }) => {
          if (!sql.includes("'delta.appendOnly' = 'false'")) return;
          await at.outside.run(sql);
          throw new Error('the answer was lost');
        },
      });
      await expect(opened.pruneAudit(lease, range)).rejects.toThrow('the answer was lost');
      await expect(at.outside.run('DELETE FROM agent_events')).rejects.toThrow(/append/i);
      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
    });

    test('is said to be open where it could not be closed', async () => {
      const at = store();
      const failing = await failingAt(at, (sql) => sql.includes("'delta.appendOnly' = 'true'"));
      await expect(failing.pruneAudit(lease, range)).rejects.toMatchObject({
        message: expect.stringContaining('may be deleted by whoever writes to it'),
        remedy: 'run: ops-agent setup',
      });
      expect((await at.store.checkSchema(AGENT)).problems).toEqual(['property agent_events.delta.appendOnly is missing']);
      await at.store.migrate(AGENT);
      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
    });
  });
});
