import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import path from 'node:path';

import { openSqlite } from '../../src/sqlite/sqlite-library.ts';
import { ALL_TABLES } from '../../src/store/tables.ts';
import { ensureBundle, newWorkplace, runBundle, type Workplace } from '../support/bundle.ts';

let place: Workplace;
beforeAll(() => ensureBundle(), 60_000);
beforeEach(() => {
  place = newWorkplace();
});
afterEach(() => place.remove());

/** Nobody listens there: what needs an answer would wait for it. */
const WAREHOUSE = { DATABRICKS_HOST: '127.0.0.1:1', DATABRICKS_WAREHOUSE_ID: 'abc123', DATABRICKS_TOKEN: 'dapi-secret' };
const PLACE = ['--set', 'store.catalog=plant', '--set', 'store.schema=ops'];

function ofWarehouse(...args: string[]): ReturnType<typeof runBundle> {
  return runBundle(args, { cwd: place.cwd, env: { ...process.env, ...WAREHOUSE } });
}

describe('setup --print-sql --roles', () => {
  test('prints the grants of a warehouse after its tables, and asks it nothing', async () => {
    const { stdout, stderr, code } = await ofWarehouse(
      'setup',
      '--print-sql',
      '--roles',
      '--operator-role',
      'o.brien@plant.example',
      ...PLACE,
    );
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const [tables = '', grants = ''] = stdout.split('\n\n-- The agent. ');
    expect(tables).toContain('CREATE TABLE IF NOT EXISTS `plant`.`ops`.`agent_recommendations` (');
    expect(tables).not.toContain('GRANT');
    for (const grant of [
      'GRANT SELECT, MODIFY ON TABLE `plant`.`ops`.`agent_commands` TO `ops_agents`;',
      'GRANT SELECT ON TABLE `plant`.`ops`.`agent_commands` TO `o.brien@plant.example`;',
      'GRANT SELECT, MODIFY ON TABLE `plant`.`ops`.`agent_recommendations` TO `o.brien@plant.example`;',
      'GRANT SELECT ON TABLE `plant`.`ops`.`agent_recommendations` TO `ops_readers`;',
    ])
      expect(grants.split('\n')).toContain(grant);
    expect(readdirSync(place.cwd)).toEqual([]);
  });

  test('needs no host, no warehouse and nobody who logs in: catalog and schema are enough', async () => {
    const { DATABRICKS_HOST: _host, ...nowhere } = process.env;
    const run = (...args: string[]) => runBundle(args, { cwd: place.cwd, env: { ...nowhere, HOME: place.cwd } });
    const kind = ['--set', 'store.kind=databricks', ...PLACE];
    const printed = await run('setup', '--print-sql', '--roles', ...kind);
    expect(printed).toEqual(await ofWarehouse('setup', '--print-sql', '--roles', ...PLACE));
    expect(printed).toMatchObject({ stderr: '', code: 0 });
    // Of what only a login needs nothing is read, either.
    const files = ['--set', 'store.profile=not_here', '--set', 'store.tokenFile=none', '--set', 'store.caFile=none.pem'];
    expect(await run('setup', '--print-sql', '--roles', ...kind, ...files)).toEqual(printed);
    expect(await run('setup', '--check', ...kind)).toMatchObject({ stderr: expect.stringContaining('store.host: is missing'), code: 2 });
    expect(await run('setup', '--print-sql', ...kind, '--set', 'poll.intervalSeconds=0')).toMatchObject({ stdout: '', code: 2 });
  });

  test('prints the grants on readings that have a connection of their own, for their workspace', async () => {
    const apart = [
      '--set',
      'source.connection.kind=databricks',
      '--set',
      'source.connection.schema=historian',
      '--set',
      'source.table=readings',
    ];
    const { stdout } = await ofWarehouse('setup', '--print-sql', '--roles', ...PLACE, ...apart);
    expect(stdout).toContain('\nGRANT SELECT ON TABLE `plant`.`historian`.`readings` TO `ops_agents`;\n');
    const there = ['--set', 'source.connection.profile=history', '--set', 'source.connection.catalog=lake'];
    const elsewhere = await ofWarehouse('setup', '--print-sql', '--roles', ...PLACE, ...apart, ...there);
    expect(elsewhere.stdout).toContain(
      '\n-- The readings, in the workspace of the profile history: run these there, for whom the agent is there.\n',
    );
    expect(elsewhere.stdout).toContain('\n-- GRANT SELECT ON TABLE `lake`.`historian`.`readings` TO `ops_agents`;\n');
  });

  test('prints none without --roles', async () => {
    expect((await ofWarehouse('setup', '--print-sql', ...PLACE)).stdout).not.toContain('GRANT');
  });

  test('prints nothing at all where the grants are refused', async () => {
    expect(await ofWarehouse('setup', '--print-sql', '--roles')).toEqual({
      stdout: '',
      stderr: 'ops-agent: a grant names the catalog and the schema. Set store.catalog and store.schema\n',
      code: 2,
    });
    expect(await ofWarehouse('setup', '--print-sql', '--roles', '--agent-role', 'a`b', ...PLACE)).toMatchObject({ stdout: '', code: 2 });
  });
});

/** What the printed grants let a principal write. */
async function writableBy(principal: string): Promise<readonly string[]> {
  const { stdout } = await ofWarehouse('setup', '--print-sql', '--roles', ...PLACE);
  return stdout.split('\n').flatMap((line) => {
    const [, table, to] = /^GRANT SELECT, MODIFY ON TABLE `plant`\.`ops`\.`(\w+)` TO `(\w+)`;$/.exec(line) ?? [];
    return table !== undefined && to === principal ? [table] : [];
  });
}

/** Makes the file refuse what a warehouse would refuse the principal. */
async function actAs(principal: string): Promise<void> {
  const writable = await writableBy(principal);
  const database = await openSqlite(path.join(place.cwd, 'ops-agent.db'));
  for (const { name } of ALL_TABLES)
    for (const write of ['INSERT', 'UPDATE', 'DELETE']) {
      const trigger = `not_granted_${name}_${write}`;
      database.exec(`DROP TRIGGER IF EXISTS ${trigger}`);
      if (!writable.includes(name))
        database.exec(`CREATE TRIGGER ${trigger} BEFORE ${write} ON ${name} BEGIN SELECT RAISE(ABORT, 'not granted: ${name}'); END`);
    }
  database.close();
}

async function done(...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await place.run(...args);
  expect({ stderr, code }).toEqual({ stderr: expect.not.stringContaining('not granted'), code: 0 });
  return stdout;
}

test('the agent and an operator with an HMI close the loop with what they are granted, and neither can do the other’s part', async () => {
  await done('setup', '--sample-data');
  await actAs('ops_agents');
  await done('run-once');
  await actAs('ops_operators');
  await done(
    'sql',
    "INSERT INTO operator_sessions (session_id, operator_id, login_timestamp, status) VALUES ('s', 'john', CURRENT_TIMESTAMP, 'active')",
  );
  await done(
    'sql',
    "UPDATE agent_recommendations SET status = 'approved', approved_timestamp = CURRENT_TIMESTAMP, approved_by_operator = 'john' WHERE status = 'pending'",
  );
  expect((await place.run('sql', "INSERT INTO agent_commands (command_id) VALUES ('forged')")).stderr).toContain(
    'not granted: agent_commands',
  );
  await actAs('ops_agents');
  await done('run-once');
  expect(await place.json('sql', '--json', 'SELECT DISTINCT status FROM agent_commands')).toEqual([{ status: 'executed' }]);
  expect((await place.run('sql', 'DELETE FROM sensor_data')).stderr).toContain('not granted: sensor_data');
}, 60_000);
