import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { openSqlite } from '../../src/sqlite/sqlite-library.ts';
import { ensureBundle, newWorkplace, type Workplace } from '../support/bundle.ts';

let place: Workplace;
beforeAll(() => ensureBundle(), 60_000);
beforeEach(() => {
  place = newWorkplace();
});
afterEach(() => place.remove());

const CREATING = `Creating agent_recommendations table...
✓ agent_recommendations table created
Creating agent_commands table...
✓ agent_commands table created
Creating agent_health table...
✓ agent_health table created
Creating sensor_data table...
✓ sensor_data table created
Creating work_orders table...
✓ work_orders table created
Creating operator_sessions table...
✓ operator_sessions table created

✅ All tables created successfully!

`;
const INSERTING = `Inserting sample sensor data...
✓ Inserted 5 sample sensor readings
✅ Sample data inserted successfully!

`;
const verifying = (readings: number) => `Verifying tables...
✓ agent_recommendations: 0 rows
✓ agent_commands: 0 rows
✓ agent_health: 0 rows
✓ sensor_data: ${readings} rows
✓ work_orders: 0 rows
✓ operator_sessions: 0 rows

✅ All tables verified!

================================================================
Setup complete! Ready to run ops-agent loop
================================================================
`;

/** What `ops-agent sql` refuses, whoever has the file can do. */
async function asAnotherProgram(sql: string): Promise<void> {
  const database = await openSqlite(path.join(place.cwd, 'ops-agent.db'));
  database.exec(sql);
  database.close();
}

describe('setup', () => {
  test("--sample-data prints the specification's lines, and the same again", async () => {
    const expected = { stdout: CREATING + INSERTING + verifying(5), stderr: '', code: 0 };
    expect(await place.run('setup', '--sample-data')).toEqual(expected);
    expect(await place.run('setup', '--sample-data')).toEqual(expected);
  });

  test('without sample data inserts none', async () => {
    expect(await place.run('setup')).toEqual({ stdout: CREATING + verifying(0), stderr: '', code: 0 });
  });

  test('--check is satisfied after setup, and names what was dropped since', async () => {
    await place.run('setup');
    expect(await place.run('setup', '--check')).toEqual({ stdout: '✓ The tables are up to date\n', stderr: '', code: 0 });
    await asAnotherProgram('DROP TABLE work_orders');
    expect(await place.run('setup', '--check')).toEqual({
      stdout: '',
      stderr: 'ops-agent: the tables are missing: table work_orders is missing. Run: ops-agent setup\n',
      code: 8,
    });
    await place.run('setup');
    await asAnotherProgram('DROP TRIGGER agent_events_undeletable');
    expect(await place.run('setup', '--check')).toEqual({
      stdout: '',
      stderr: 'ops-agent: the tables are drifted: trigger agent_events_undeletable is missing. Run: ops-agent setup\n',
      code: 8,
    });
    await place.run('setup');
    expect((await place.run('setup', '--check')).code).toBe(0);
  });

  test("a view in a table's place is named by setup and by its --check, and setup makes nothing beside it", async () => {
    await asAnotherProgram('CREATE VIEW agent_commands AS SELECT 1 AS command_id');
    expect(await place.run('setup')).toEqual({
      stdout: '',
      stderr:
        'ops-agent: the tables cannot be made: agent_commands is a view, not a table. Rename what stands there, then run: ops-agent setup\n',
      code: 8,
    });
    const { stderr, code } = await place.run('setup', '--check');
    expect(code).toBe(8);
    expect(stderr).toMatch(
      /^ops-agent: the tables are missing: agent_commands is a view, not a table; table agent_recommendations is missing;/,
    );
    expect(stderr).not.toContain('column');
    const { stderr: takingOver } = await place.run('setup', '--take-over');
    expect(takingOver).toContain('agent_commands is a view, not a table');
  });

  test("--check names readings of a type that no cycle reads, which are the agent's own table; setup leaves them as they are", async () => {
    await asAnotherProgram(`CREATE TABLE sensor_data (sensor_id TEXT, equipment_id TEXT, temperature TEXT, pressure REAL, flow_rate REAL,
      sensor_status TEXT, timestamp TEXT, recorded_by TEXT)`);
    expect((await place.run('setup')).code).toBe(0);
    expect(await place.run('setup', '--check')).toEqual({
      stdout: '',
      stderr:
        'ops-agent: the tables are drifted: sensor_data.temperature is declared TEXT, and a text is no reading; name a column of numbers, or read a view that casts it. Correct source.columns, or the table: setup changes no types\n',
      code: 8,
    });
  });

  test.each([
    [
      "UPDATE agent_recommendations SET statuss = 'approved'",
      'no such column: statuss. Check the column names, ops-agent setup --print-sql has those of the agent; where a table is behind, run: ops-agent setup',
    ],
    [
      'INSERT INTO work_orders (nobody) VALUES (1)',
      'table work_orders has no column named nobody. Check the column names, ops-agent setup --print-sql has those of the agent; where a table is behind, run: ops-agent setup',
    ],
    [
      'SELECT nobody FROM sensor_data',
      'no such column: nobody. Check the column names: ops-agent config check --connect, or run: ops-agent setup',
    ],
  ])('a column that there is not is looked for where its table is described: %s', async (statement, said) => {
    await place.run('setup');
    expect(await place.run('sql', statement)).toEqual({ stdout: '', stderr: `ops-agent: ${said}\n`, code: 2 });
  });

  test('what it made is not dropped by sql', async () => {
    await place.run('setup');
    expect(await place.run('sql', 'DROP TRIGGER agent_events_undeletable')).toEqual({
      stdout: '',
      stderr:
        "ops-agent: agent_events_undeletable is the agent's own trigger: it is not dropped. Leave it as it is; ops-agent setup makes and migrates the tables\n",
      code: 2,
    });
    // What is not there is a mistake of the statement's, and none of the file's.
    expect(await place.run('sql', 'DROP TRIGGER nobody_made')).toEqual({
      stdout: '',
      stderr: 'ops-agent: no such trigger: nobody_made. Check the statement\n',
      code: 2,
    });
  });

  test('--print-sql prints the statements and touches nothing', async () => {
    const { stdout, stderr, code } = await place.run('setup', '--print-sql');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    for (const table of [
      'agent_recommendations',
      'agent_commands',
      'agent_health',
      'sensor_data',
      'work_orders',
      'operator_sessions',
      'agent_events',
    ])
      expect(stdout).toMatch(new RegExp(`CREATE TABLE IF NOT EXISTS "?${table}"? `));
    expect(readdirSync(place.cwd)).toEqual([]);
  });

  test('--check and reading commands do not create the file', async () => {
    await place.run('setup', '--check');
    await place.run('status');
    expect(existsSync(path.join(place.cwd, 'ops-agent.db'))).toBe(false);
  });

  test('eight at once make one schema and one set of readings', async () => {
    const results = await Promise.all(Array.from({ length: 8 }, () => place.run('setup', '--sample-data')));
    expect(results.map((result) => result.stderr)).toEqual(results.map(() => ''));
    expect(await place.json('sql', '--json', 'SELECT COUNT(*) AS n FROM sensor_data')).toEqual([{ n: 5 }]);
  });
});
