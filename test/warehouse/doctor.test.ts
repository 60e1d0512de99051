import { expect, test } from '@jest/globals';
import { runBundle } from '../support/bundle.ts';
import { reading, type Site, UNHURRIED, withBundle } from './bundle-at-warehouse.ts';

const DESCRIBED = { cluster_size: '2X-Small', auto_stop_mins: 10, enable_serverless_compute: true };
/** The agent's own tables, and that of the readings. */
const TABLES = [
  'agent_recommendations',
  'agent_commands',
  'agent_health',
  'sensor_data',
  'work_orders',
  'operator_sessions',
  'agent_events',
  'agent_controls',
  'agent_notifications',
  'agent_schema',
];

interface Check {
  readonly check: string;
  readonly status: string;
  readonly found: string;
  readonly remedy: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

async function told(site: Site, env: Readonly<Record<string, string>> = {}) {
  const { stdout, stderr, code } = await runBundle(['doctor', '--json'], { cwd: site.cwd, env: { ...site.env, ...env } });
  const { exit_code: told_code, checks } = JSON.parse(stdout) as { exit_code: number; checks: readonly Check[] }; // cli/doctor.test.ts has its shape
  expect(told_code).toBe(code);
  return { code, stderr, stdout, of: (name: string) => checks.filter(({ check }) => check === name) };
}

async function versions(site: Site): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for (const table of TABLES) {
    const [row] = await site.sql(`DESCRIBE HISTORY {}.${table} LIMIT 1`);
    found.push([table, row?.['version']]);
  }
  return found;
}

withBundle(
  'doctor_test',
  (site) => {
    test('of an agent that works finds nothing wrong, and no table has another version after it', async () => {
      await site().sql(reading('PUMP_01', 70));
      // Its heartbeat promises the next one for later than these tests take.
      expect(await site().run('run-once', '--set', 'poll.intervalSeconds=1800')).toMatchObject({ code: 0 });
      await site().control.describeWarehouse(DESCRIBED);
      const before = await versions(site());
      const report = await told(site());
      expect(await versions(site())).toEqual(before);
      expect(report.code).toBe(0);
      for (const name of ['store', 'schema', 'access', 'source', 'readings', 'plant', 'lease', 'warehouse', 'polling'])
        expect(report.of(name).map(({ status }) => [name, status])[0]).toEqual([name, 'ok']);
      expect(report.of('access')[0]?.found).toBe(`all that a cycle needs (${TABLES.length} tried)`);
      expect(report.of('warehouse')[0]?.found).toBe('RUNNING, 2X-Small, serverless, stops after 10 min');
      expect(report.of('polling')[0]).toMatchObject({ found: 'every 10 s: the warehouse never stops, 96 DBU a day (2X-Small)' });
      expect(Number(report.of('clock')[0]?.facts['uncertainty_s'])).toBeGreaterThan(0);
      const slow = await told(site(), { OPS_AGENT_POLL_INTERVAL_SECONDS: '300', OPS_AGENT_POLICY_APPROVAL_TTL_SECONDS: '900' });
      expect(slow.of('polling')).toMatchObject([{ status: 'warning' }]);
    }, 400_000);

    test('says that a warehouse is stopped before it starts it, and ends with 6 where it does not start', async () => {
      const { control } = site();
      await control.describeWarehouse(DESCRIBED);
      await control.stopWarehouse({ tries: 2, says: 503 });
      const woken = await told(site());
      expect(woken.code).toBe(0);
      expect(woken.of('warehouse')).toMatchObject([
        { status: 'ok', found: expect.stringMatching(/^STOPPED, .*the next statement starts it$/) },
      ]);
      expect(woken.of('store')).toMatchObject([{ status: 'ok' }]);
      expect(woken.stderr).toContain('The warehouse is starting: waiting up to 300 s for it');
      await control.stopWarehouse({ tries: 1000, says: 503 });
      try {
        const away = await told(site(), { OPS_AGENT_STORE_WAKE_SECONDS: '3' });
        expect(away.code).toBe(6);
        expect(away.of('store')).toMatchObject([
          {
            status: 'failed',
            found: expect.stringContaining('the warehouse did not start within 3 s'),
            remedy: expect.stringContaining('store.wakeSeconds'),
          },
        ]);
        expect(away.of('access')).toMatchObject([{ status: 'skipped', found: 'the store is not reachable' }]);
      } finally {
        await control.stopWarehouse({ tries: 1, says: 503 });
        await told(site());
      }
    });

    test('of a token that was revoked ends with 6, naming where it is from and not the token', async () => {
      const { control } = site();
      await control.addToken('dapi-of-doctor');
      await control.revokeToken('dapi-of-doctor', 403);
      const report = await told(site(), { DATABRICKS_TOKEN: 'dapi-of-doctor' });
      expect(report.code).toBe(6);
      expect(report.of('store')).toMatchObject([
        { status: 'failed', remedy: expect.stringContaining('check DATABRICKS_TOKEN of the environment') },
      ]);
      expect(report.of('warehouse')).toMatchObject([{ status: 'skipped', found: expect.stringMatching(/^not known: .*HTTP 403/) }]);
      expect(report.stdout + report.stderr).not.toContain('dapi-of-doctor');
    });

    test('names what the agent is not granted, table by table, and ends with 8', async () => {
      const { control } = site();
      for (const table of ['agent_events', 'agent_controls'])
        await control.arm({ sql: `(UPDATE|SELECT 1 AS one FROM).*${table}\``, times: 10, fault: { kind: 'not granted' } });
      const report = await told(site());
      expect(report.code).toBe(8);
      expect(report.of('access')).toMatchObject([
        {
          status: 'failed',
          found: expect.stringMatching(/^not allowed: SELECT and MODIFY on agent_events, SELECT on agent_controls \(/),
          remedy: 'have it granted; the statements: ops-agent setup --print-sql --roles',
          facts: { refused: 'SELECT and MODIFY on agent_events, SELECT on agent_controls' },
        },
      ]);
      // What is refused keeps nothing else from being looked at.
      for (const name of ['source', 'readings', 'lease', 'heartbeat', 'polling']) expect(report.of(name)).toMatchObject([{ status: 'ok' }]);
      expect(report.of('clock')).toMatchObject([{ facts: { uncertainty_s: expect.any(Number) } }]);
    });

    test('says of what the workspace does not tell that it is not known', async () => {
      await site().control.describeWarehouse(403);
      const report = await told(site());
      expect(report.of('warehouse')).toMatchObject([{ status: 'skipped', found: expect.stringContaining('not known') }]);
      expect(report.of('polling')).toMatchObject([{ status: 'skipped', found: expect.stringContaining('not known') }]);
      expect(report.code).toBe(0);
      expect(await site().control.warehouseDescribed()).toBe(1);
    });
  },
  `source: { maxAgeSeconds: 3600 }\nstore: ${JSON.stringify(UNHURRIED)}\n`,
);
