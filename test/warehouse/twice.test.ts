import { expect, test } from '@jest/globals';
import { reading, withBundle } from './bundle-at-warehouse.ts';
import { type NOTHING_WRONG, Works, WORKS_CONFIGURATION } from './works.ts';

const TIMEOUT_MS = 400_000;

withBundle(
  'twice_test',
  (site) => {
    const copy = (table: string, of: string) => site().sql(`INSERT INTO {}.${table} SELECT * FROM {}.${table} WHERE ${of}`);
    const cycle = async () => {
      const { code, stderr } = await site().run('run-once');
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('failed') });
    };

    test(
      'rows that somebody inserted a second time, as a restore by mistake does, stop nothing, and no command is sent twice',
      async () => {
        const works = new Works(site());
        await works.goOn();
        await works.goOn();
        await cycle();
        await copy('agent_health', 'true');
        await copy('agent_recommendations', "equipment_id = 'EQ_1'");
        await works.approve();
        // What was derived waits: the claim loses against another writer until the run gives up.
        await site().control.arm({ sql: 'approval_ends', times: 10, fault: { kind: 'beaten' } });
        expect((await site().run('run-once')).stderr).toContain('Phase execute failed');
        await site().control.clearFaults();
        expect(await works.sent()).toEqual([]);
        await copy('agent_commands', "status = 'pending'");
        await site().atPorts(async ({ store, settings }) => {
          const { commands, recommendations, families } = await store.readOpenWork(settings.agentId);
          expect(commands.map(({ commandId }) => commandId)).toHaveLength(new Set(commands.map(({ commandId }) => commandId)).size);
          expect([commands, recommendations, families].map(({ length }) => length)).toEqual([4, 2, 2]);
        });
        await site().sql(reading('EQ_3', 60));
        await cycle();
        expect(await site().sql('SELECT DISTINCT equipment_id AS id, status FROM {}.agent_recommendations ORDER BY 1')).toEqual([
          { id: 'EQ_1', status: 'executed' },
          { id: 'EQ_2', status: 'executed' },
        ]);
        expect(await site().sql('SELECT DISTINCT status FROM {}.agent_commands')).toEqual([{ status: 'executed' }]);
        expect(
          await site().sql('SELECT DISTINCT lease_owner IS NULL AS is_free, polls_completed > 2 AS goes_on FROM {}.agent_health'),
        ).toEqual([{ is_free: true, goes_on: true }]);
        const { sentTwice, notAsSent, audit } = (await works.wrongs()) as typeof NOTHING_WRONG;
        expect({ sentTwice, notAsSent, audit }).toEqual({ sentTwice: [], notAsSent: [], audit: '' });
        expect(await works.sent()).toHaveLength(4);
      },
      TIMEOUT_MS,
    );
  },
  WORKS_CONFIGURATION,
);
