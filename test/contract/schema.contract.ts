import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { columnsOf } from '../../src/store/describe-table.ts';
import { printedSchema } from '../../src/store/printed-setup.ts';
import { SCHEMA_VERSION } from '../../src/store/schema-version.ts';
import { Session } from '../../src/store/session.ts';
import { ALL_TABLES, COMMANDS, SENSOR_DATA, SPECIFIED_TABLES } from '../../src/store/tables.ts';
import { AGENT, type AtHand, leaseOf, SETTINGS, type StoreUnderTest } from '../support/stores.ts';
import { type StoreProcesses, storeProcesses } from '../support/store-children.ts';
import { withStore } from './with-store.ts';
import { A_MINUTE_MS } from './samples.ts';

const UP_TO_DATE = { state: 'up_to_date', problems: [], remedy: '' };

const SET_UP = 'run: ops-agent setup';

/** The specification's tables as its own setup made them. */
const ORIGINAL_TABLES = [
  `CREATE TABLE agent_recommendations (recommendation_id VARCHAR(36) PRIMARY KEY, equipment_id VARCHAR(100) NOT NULL,
   issue_type VARCHAR(100) NOT NULL, severity VARCHAR(20) NOT NULL, temperature_reading FLOAT, pressure_reading FLOAT,
   flow_rate_reading FLOAT, root_cause_analysis VARCHAR(2000), recommended_action VARCHAR(2000) NOT NULL, confidence_score FLOAT NOT NULL,
   status VARCHAR(20) DEFAULT 'pending', created_timestamp TIMESTAMP NOT NULL, created_by_agent VARCHAR(100), approved_timestamp TIMESTAMP,
   approved_by_operator VARCHAR(100), operator_notes VARCHAR(2000), rejected_timestamp TIMESTAMP, executed_timestamp TIMESTAMP,
   execution_result VARCHAR(2000))`,
  `CREATE TABLE agent_commands (command_id VARCHAR(36) PRIMARY KEY, recommendation_id VARCHAR(36), equipment_id VARCHAR(100),
   tag_path VARCHAR(200), new_value VARCHAR(100), action_description VARCHAR(2000), severity VARCHAR(20), status VARCHAR(20) DEFAULT 'pending',
   created_timestamp TIMESTAMP, created_by_agent VARCHAR(100), executed_timestamp TIMESTAMP, execution_result VARCHAR(2000))`,
  `CREATE TABLE agent_health (agent_id VARCHAR(100) PRIMARY KEY, last_heartbeat TIMESTAMP, status VARCHAR(20), polls_completed INT,
   created_timestamp TIMESTAMP)`,
  `CREATE TABLE sensor_data (sensor_id VARCHAR(100), equipment_id VARCHAR(100), temperature FLOAT, pressure FLOAT, flow_rate FLOAT,
   sensor_status VARCHAR(20), timestamp TIMESTAMP, recorded_by VARCHAR(100))`,
  `CREATE TABLE work_orders (work_order_id VARCHAR(36) PRIMARY KEY, recommendation_id VARCHAR(36), equipment_id VARCHAR(100),
   description VARCHAR(2000), status VARCHAR(20), assigned_to VARCHAR(100), created_timestamp TIMESTAMP, completed_timestamp TIMESTAMP)`,
  `CREATE TABLE operator_sessions (session_id VARCHAR(36) PRIMARY KEY, operator_id VARCHAR(100), login_timestamp TIMESTAMP,
   logout_timestamp TIMESTAMP, status VARCHAR(20), approved_recommendations INT, rejected_recommendations INT)`,
];

async function count(at: AtHand, table: string): Promise<number> {
  const [row] = await at.outside.rows(`SELECT COUNT(*) AS n FROM ${table}`);
  return Number(row?.['n']);
}

export function schemaContract(under: StoreUnderTest): void {
  const described = (at: AtHand, table: string) => columnsOf(new Session(at.outside.connection, under.dialect), table);

  describe('what the agent may do', () => {
    const store = withStore(under);

    test(
      'is tried, and nothing is changed by it',
      async () => {
        const at = store();
        await at.outside.insert('sensor_data', [{ equipment_id: 'PUMP_01', temperature: 70, timestamp: at.time(0) }]);
        const counts = () => Promise.all(ALL_TABLES.map(({ name }) => count(at, name)));
        const before = await counts();
        const checks = await at.store.checkAccess();
        expect(checks).not.toHaveLength(0);
        expect(checks.filter(({ refusal }) => refusal !== null)).toEqual([]);
        expect(await counts()).toEqual(before);
        expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
      },
      under.longMs,
    );
  });

  describe('setting up', () => {
    const store = withStore(under, { migrate: false });

    test('makes every table with every column, and twice is as once', async () => {
      const at = store();
      await at.store.migrate(AGENT);
      await at.outside.insert('sensor_data', [{ equipment_id: 'PUMP_01', temperature: 70, timestamp: at.time(0) }]);
      await at.store.migrate(AGENT);
      await at.store.migrate(AGENT);
      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
      for (const table of ALL_TABLES) {
        expect((await described(at, table.name)).map(({ name }) => name)).toEqual(table.columns.map((column) => column.name));
      }
      expect(await count(at, 'sensor_data')).toBe(1);
      expect(await count(at, 'agent_schema')).toBe(1);
      expect(await count(at, 'agent_health')).toBe(1);
    });

    test('twenty times at once, each over its own connection, gives one schema', async () => {
      const at = store();
      const others = await Promise.all(Array.from({ length: 20 }, () => at.another()));
      await Promise.all(others.map((other) => other.store.migrate(AGENT)));
      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
      expect(await count(at, 'agent_schema')).toBe(1);
      expect(await count(at, 'agent_health')).toBe(1);
    });

    test('a statement list printed for an administrator gives the same schema when somebody else runs it, and runs it again', async () => {
      const at = store();
      const printed = printedSchema(under.dialect, SENSOR_DATA.name, "o'brien");
      for (const statement of Array(2).fill(printed.replace(/;\s*$/, '').split(/;\n\n/)).flat()) await at.outside.run(String(statement));
      expect(await at.store.checkSchema("o'brien")).toEqual(UP_TO_DATE);
      await at.store.requireSchema();
      await at.store.takeLease({ agentId: "o'brien", runId: 'run-1', leaseSeconds: 120 });
      expect((await at.store.readHealth()).health).toEqual([expect.objectContaining({ agentId: "o'brien", leaseOwner: 'run-1' })]);
      expect(await count(at, 'agent_schema')).toBe(1);
    });

    test('such a list says nothing of the version of tables that were there before, which setup then brings to it', async () => {
      const at = store();
      await at.store.migrate(AGENT);
      await at.outside.run('UPDATE agent_schema SET version = 0, min_supported = 0');
      for (const statement of printedSchema(under.dialect, SENSOR_DATA.name, AGENT).replace(/;\s*$/, '').split(/;\n\n/))
        await at.outside.run(statement);
      expect(await count(at, 'agent_schema')).toBe(1);
      expect((await at.store.checkSchema(AGENT)).state).toBe('behind');
      await at.store.migrate(AGENT);
      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
    });

    test("the specification's own tables are extended where they stand, and their rows stay", async () => {
      const at = store();
      for (const ddl of ORIGINAL_TABLES) await at.outside.run(ddl);
      const created = at.time(Date.UTC(2026, 1, 19, 10, 30));
      const named = { recommendation_id: 'old-1', equipment_id: 'REACTOR_02' };
      await at.outside.insert('agent_recommendations', [
        {
          ...named,
          issue_type: 'high_temperature',
          severity: 'high',
          recommended_action: 'Reduce',
          confidence_score: 0.9,
          created_timestamp: created,
        },
      ]);
      await at.outside.insert('agent_commands', [{ command_id: 'old-c', ...named, new_value: '75', created_timestamp: created }]);
      await at.outside.insert('agent_health', [{ agent_id: AGENT, status: 'online', polls_completed: 7, last_heartbeat: created }]);
      expect((await at.store.checkSchema(AGENT)).state).toBe('missing');

      await at.store.migrate(AGENT);

      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
      expect(await at.store.listRecommendations({ statuses: [], equipmentId: null, limit: 9 })).toEqual([
        expect.objectContaining({
          recommendationId: 'old-1',
          status: 'pending',
          confidenceScore: 0.9,
          issueFamily: null,
          mayHaveWritten: false,
        }),
      ]);
      expect(
        (await at.store.listCommands({ recommendationId: 'old-1', statuses: [], limit: 9 })).map((command) => command.newValue),
      ).toEqual(['75']);
      const lease = await leaseOf(at.store);
      expect(lease.epoch).toBe(1);
      const work = await at.store.readOpenWork(AGENT);
      expect(work.health).toEqual([expect.objectContaining({ agentId: AGENT, pollsCompleted: 7, consecutiveErrors: 0 })]);
      expect(work.recommendations).toEqual([expect.objectContaining({ recommendationId: 'old-1', ticket: null, guardedStatus: null })]);
    });

    test('columns have their defaults although the answer was lost that they are there', async () => {
      const at = store();
      for (const ddl of ORIGINAL_TABLES) await at.outside.run(ddl);
      await at.outside.insert('agent_health', [{ agent_id: AGENT, status: 'online' }]);
      const { store: unlucky } = await at.another({ loses: (sql) => sql.includes('ADD COLUMN') });
      await unlucky.migrate(AGENT);
      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
      await at.outside.insert('agent_health', [{ agent_id: 'another' }]);
      expect(await at.outside.rows('SELECT lease_epoch, consecutive_errors FROM agent_health')).toEqual([
        { lease_epoch: 0, consecutive_errors: 0 },
        { lease_epoch: 0, consecutive_errors: 0 },
      ]);
    });

    test('tables that another agent owns are refused, and the owner is named', async () => {
      const at = store();
      await at.store.migrate('first-agent');
      await expect(at.store.migrate('second-agent')).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('first-agent'),
      });
      expect(await at.store.checkSchema('second-agent')).toEqual({
        state: 'drifted',
        problems: ['the tables belong to agent first-agent'],
        remedy: SET_UP,
      });
      expect((await at.store.readHealth()).health.map((row) => row.agentId)).toEqual(['first-agent']);
    });
  });

  const areThere = async (at: AtHand) => {
    const found: string[] = [];
    for (const { name } of ALL_TABLES) if ((await described(at, name)).length > 0) found.push(name);
    return found;
  };

  describe("in the place of the agent's tables", () => {
    const store = withStore(under, { migrate: false });
    test('a view is named and nothing is made beside it; once it is away, setting up makes the table', async () => {
      const at = store();
      await at.outside.run("CREATE VIEW agent_commands AS SELECT 'c-1' AS command_id");
      const problem = 'agent_commands is a view, not a table';
      const refusal = { code: 'not_set_up', message: expect.stringContaining(problem), remedy: expect.stringContaining('rename') };
      await expect(at.store.migrate(AGENT)).rejects.toMatchObject(refusal);
      expect(await areThere(at)).toEqual(['agent_commands']);
      const { state, problems, remedy } = await at.store.checkSchema(AGENT);
      expect([state, problems[0], remedy]).toEqual(['missing', problem, 'rename what stands there, then run: ops-agent setup']);
      expect(problems).not.toContain('table agent_commands is missing');
      await at.outside.run('DROP VIEW agent_commands');
      await at.store.migrate(AGENT);
      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
    });

    test('a table whose column cannot hold what it is for is refused with the type that does, and nothing is made beside it', async () => {
      const at = store();
      const type = under.takesAnyValue ? 'INTEGER PRIMARY KEY' : 'INT';
      await at.outside.run(under.spell(`CREATE TABLE agent_recommendations (recommendation_id ${type}, status VARCHAR(20))`));
      const problem = `column agent_recommendations.recommendation_id is ${type}, and holds no texts: it has to be ${under.dialect.types.text}`;
      const message = `the tables cannot be made: ${problem}`;
      const remedy = 'setup changes no types: rename the table, or give the column that type, then run: ops-agent setup';
      await expect(at.store.migrate(AGENT)).rejects.toMatchObject({ code: 'not_set_up', message, remedy });
      expect(await areThere(at)).toEqual(['agent_recommendations']);
      expect((await described(at, 'agent_recommendations')).map(({ name }) => name)).toEqual(['recommendation_id', 'status']);
      expect(await at.store.checkSchema(AGENT)).toMatchObject({ problems: expect.arrayContaining([problem]), remedy });
    });

    const viewOfReadings = `CREATE VIEW sensor_data AS SELECT ${SENSOR_DATA.columns
      .map(({ name, kind }) => `CAST(NULL AS ${under.dialect.types[kind]}) AS ${under.dialect.quote(name)}`)
      .join(', ')}`;
    const refusedReadings = { code: 'not_set_up', message: 'the tables cannot be made: sensor_data is a view, not a table' };

    if (under.dialect.hasIndexes)
      test('readings are no view, which no index could be made for', async () => {
        const at = store();
        await at.outside.run(viewOfReadings);
        await expect(at.store.migrate(AGENT)).rejects.toMatchObject(refusedReadings);
      });
    else
      test('readings may be a view, which has all of their columns', async () => {
        const at = store();
        await at.outside.run(viewOfReadings);
        await at.store.migrate(AGENT);
        expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
        await at.outside.run('DROP VIEW sensor_data');
        await at.outside.run("CREATE VIEW sensor_data AS SELECT 'PUMP_01' AS equipment_id");
        await expect(at.store.migrate(AGENT)).rejects.toMatchObject(refusedReadings);
      });
  });

  describe('the schema later on', () => {
    const store = withStore(under);

    test('a table that was replaced by a view is drifted, and setting up does not mend it', async () => {
      const at = store();
      await at.outside.run('ALTER TABLE agent_controls RENAME TO controls_kept');
      await at.outside.run('CREATE VIEW agent_controls AS SELECT * FROM controls_kept');
      expect(await at.store.checkSchema(AGENT)).toEqual({
        state: 'drifted',
        problems: ['agent_controls is a view, not a table'],
        remedy: 'rename what stands there, then run: ops-agent setup',
      });
      await expect(at.store.migrate(AGENT)).rejects.toMatchObject({ code: 'not_set_up' });
    });

    test('made for a newer agent, it is refused everywhere and left as it is', async () => {
      const at = store();
      await at.outside.insert('agent_schema', [{ version: SCHEMA_VERSION + 1, min_supported: SCHEMA_VERSION + 1 }]);
      const refusal = { code: 'not_set_up', message: expect.stringContaining(`version ${SCHEMA_VERSION + 1}`) };
      await expect(at.store.migrate(AGENT)).rejects.toMatchObject(refusal);
      await expect(at.store.requireSchema()).rejects.toMatchObject(refusal);
      await expect(at.store.readOpenWork(AGENT)).rejects.toMatchObject(refusal);
      expect(await at.store.checkSchema(AGENT)).toMatchObject({ state: 'too_new', remedy: 'install the newer ops-agent' });
      await at.store.takeLease({ agentId: AGENT, runId: 'run-1', leaseSeconds: 120 });
      expect((await at.store.readHealth()).health[0]?.leaseOwner).toBeNull();
    });

    test('one version ahead that still supports this agent, it is worked on', async () => {
      const at = store();
      await at.outside.insert('agent_schema', [{ version: SCHEMA_VERSION + 1, min_supported: SCHEMA_VERSION }]);
      for (const ddl of under.dialect.addColumns(COMMANDS, [{ name: 'from_the_future', kind: 'text' }])) await at.outside.run(ddl);
      await at.store.requireSchema();
      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
      await at.store.migrate(AGENT);
      expect(await count(at, 'agent_schema')).toBe(2);
      expect((await leaseOf(at.store)).epoch).toBe(1);
    });

    test('what is missing is named, and setting up again mends it', async () => {
      const at = store();
      for (const statement of under.dropColumn('agent_recommendations', 'second_approver')) await at.outside.run(statement);
      expect(await at.store.checkSchema(AGENT)).toEqual({
        state: 'drifted',
        problems: ['column agent_recommendations.second_approver is missing'],
        remedy: SET_UP,
      });
      await at.outside.run('DROP TABLE work_orders');
      expect(await at.store.checkSchema(AGENT)).toEqual({ state: 'missing', problems: ['table work_orders is missing'], remedy: SET_UP });
      await at.store.migrate(AGENT);
      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
      await at.outside.run('DELETE FROM agent_schema');
      expect(await at.store.checkSchema(AGENT)).toMatchObject({ state: 'behind' });
      await expect(at.store.requireSchema()).rejects.toMatchObject({ code: 'not_set_up', remedy: 'run: ops-agent setup' });
    });

    if (under.dialect.name === 'embedded')
      test('an index or a trigger that is missing is named, and setting up again mends it', async () => {
        const at = store();
        await at.outside.run('DROP TRIGGER agent_events_undeletable');
        await at.outside.run('DROP INDEX sensor_data_by_time');
        expect(await at.store.checkSchema(AGENT)).toEqual({
          state: 'drifted',
          problems: ['index sensor_data_by_time is missing', 'trigger agent_events_undeletable is missing'],
          remedy: SET_UP,
        });
        await at.store.migrate(AGENT);
        expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
      });

    test.each([
      'DROP TABLE agent_events',
      'drop table if exists Work_Orders;',
      '-- a comment\nDROP /* another */ TABLE main."agent_recommendations"',
      'DROP TABLE [sensor_data]',
      ...(under.dialect.name === 'embedded' ? ['DROP TRIGGER agent_events_unchangeable', 'DROP INDEX `agent_recommendations_open`'] : []),
      'ALTER TABLE agent_events RENAME TO other',
      "ALTER TABLE `main`.ops . `agent_events` SET TBLPROPERTIES ('delta.appendOnly' = 'false')",
      'DROP TABLE main.ops.agent_events',
      'TRUNCATE TABLE agent_events',
      'RESTORE TABLE ops.agent_events TO VERSION AS OF 1',
      'CREATE OR REPLACE TABLE agent_health AS SELECT 1 AS x',
      "ALTER TABLE main.'agent_commands' DROP COLUMN sent_value",
    ])('%j is refused: it would undo what setting up made', async (statement) => {
      const at = store();
      await expect(at.store.runSql(statement)).rejects.toMatchObject({ code: 'usage', remedy: expect.stringContaining('ops-agent setup') });
      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
    });

    test("a plant's own tables are dropped and altered, and the readings' given columns", async () => {
      const at = store();
      for (const statement of [
        'CREATE TABLE agent_notes (text VARCHAR(9))',
        'ALTER TABLE agent_notes ADD COLUMN author VARCHAR(9)',
        'DROP TABLE agent_notes',
        ...under.dialect.addColumns(SENSOR_DATA, [{ name: 'vibration', kind: 'real' }]),
      ])
        await at.store.runSql(statement);
      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
    });

    if (under.dialect.name === 'embedded')
      test('an index of open work orders that takes other words for an end is replaced by setting up again', async () => {
        const at = store();
        const definition = async () => (await at.outside.rows(`SELECT sql FROM sqlite_master WHERE name = 'work_orders_open'`))[0]?.['sql'];
        const ours = await definition();
        await at.outside.run('DROP INDEX work_orders_open');
        await at.outside.run(`CREATE UNIQUE INDEX work_orders_open ON work_orders (equipment_id, signal)
          WHERE signal IS NOT NULL AND LOWER(TRIM(COALESCE(status, ''))) NOT IN ('closed', 'done')`);
        const sensor = { equipment_id: 'R1', signal: 'flow' };
        const rows = ['done\t', 'open'].map((status, index) => ({ ...sensor, work_order_id: String(index), status }));
        await expect(at.outside.insert('work_orders', rows)).rejects.toThrow('work_orders.signal');
        for (let time = 0; time < 2; time += 1) {
          await at.store.migrate(AGENT);
          expect(await definition()).toBe(ours);
        }
        await at.outside.insert('work_orders', rows);
        expect(await count(at, 'work_orders')).toBe(2);
      });

    test('checking changes nothing', async () => {
      const at = store();
      await at.outside.run('DROP TABLE work_orders');
      await at.store.checkSchema(AGENT);
      expect((await at.store.checkSchema(AGENT)).state).toBe('missing');
    });

    test('sample readings are inserted once, and only rows with a heartbeat count as agents', async () => {
      const at = store();
      expect(await at.store.insertSampleReadings()).toBe(5);
      expect(await at.store.insertSampleReadings()).toBe(5);
      const counts = await at.store.countRows();
      expect(counts.map(({ table }) => table)).toEqual(SPECIFIED_TABLES.map((table) => table.name));
      expect(Object.fromEntries(counts.map(({ table, rows }) => [table, rows]))).toMatchObject({ sensor_data: 5, agent_health: 0 });
    });

    test("readings that are fed in carry the store's time and their own values", async () => {
      const at = store();
      const reading = { pressure: 80.5, flowRate: 0, sensorStatus: 'good', ageSeconds: 0, recordedBy: "it's a feed" };
      await at.store.appendReadings([
        { ...reading, sensorId: 'S1', equipmentId: 'PUMP_01', temperature: 70.1 },
        { ...reading, sensorId: 'S2', equipmentId: 'PUMP_02', temperature: -1e-7 },
      ]);
      const rows = await at.outside.rows('SELECT * FROM sensor_data ORDER BY sensor_id');
      expect(rows).toEqual([
        expect.objectContaining({ sensor_id: 'S1', temperature: 70.1, pressure: 80.5, flow_rate: 0, recorded_by: "it's a feed" }),
        expect.objectContaining({ sensor_id: 'S2', temperature: -1e-7, sensor_status: 'good' }),
      ]);
      const { now } = await at.store.readControls();
      const [stamp, other] = rows.map((row) => under.dialect.decodeTime(row['timestamp']) ?? 0);
      expect(stamp).toBe(other);
      expect(now - (stamp ?? 0)).toBeGreaterThanOrEqual(0);
      expect(now - (stamp ?? 0)).toBeLessThan(A_MINUTE_MS);
    });

    test('a table of readings of the user has nothing added to it, and nothing fed into it', async () => {
      const at = store();
      await at.outside.run('CREATE TABLE historian (equipment_id VARCHAR(100), ts TIMESTAMP, temperature FLOAT)');
      await at.outside.run('DROP TABLE sensor_data');
      const own = await at.another({ source: { ...SETTINGS.source, table: 'historian' } });
      await own.store.migrate(AGENT);
      expect(await own.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
      expect(await described(at, 'sensor_data')).toEqual([]);
      expect((await described(at, 'historian')).map(({ name }) => name)).toEqual(['equipment_id', 'ts', 'temperature']);
      await expect(own.store.insertSampleReadings()).rejects.toMatchObject({ code: 'usage' });
      await expect(own.store.appendReadings([])).rejects.toMatchObject({ code: 'usage' });
      expect((await own.store.countRows()).map(({ table }) => table)).not.toContain('sensor_data');
    });
  });

  describe('taking the tables over', () => {
    const store = withStore(under);

    test('leaves one row, and shuts the lease of the one before out', async () => {
      const at = store();
      const old = await leaseOf(at.store);
      await at.store.takeOver('heir');
      const { health } = await at.store.readHealth();
      expect(health).toEqual([expect.objectContaining({ agentId: 'heir', leaseOwner: null, leaseEpoch: old.epoch + 1 })]);
      await at.store.migrate('heir');
    });

    test('works when the heir has a row already, and when the other rows are older than their columns', async () => {
      const at = store();
      await at.outside.insert('agent_health', [
        { agent_id: 'aaa-heir', lease_epoch: 3 },
        { agent_id: 'zzz-third', lease_epoch: 8 },
      ]);
      await at.store.takeOver('aaa-heir');
      expect((await at.store.readHealth()).health).toEqual([expect.objectContaining({ agentId: 'aaa-heir', leaseEpoch: 9 })]);
      await at.outside.insert('agent_health', [{ agent_id: 'aa-first' }]);
      await at.store.takeOver('aaa-heir');
      expect((await at.store.readHealth()).health).toEqual([expect.objectContaining({ agentId: 'aaa-heir', leaseEpoch: 10 })]);
    });
  });

  describe('setting up from several processes', () => {
    const store = withStore(under, { migrate: false });
    let processes: StoreProcesses;
    beforeAll(() => {
      processes = storeProcesses(under);
    });
    afterAll(() => processes.stop());

    test('at once gives one schema, and each says that it is done', async () => {
      const at = store();
      const children = Array.from({ length: 6 }, () => processes.start(at.database, { kind: 'migrate', agentId: AGENT }));
      expect(await Promise.all(children.map((child) => child.said))).toEqual(children.map(() => ({ migrated: true })));
      expect(await Promise.all(children.map((child) => child.ended))).toEqual(children.map(() => 0));
      expect(await at.store.checkSchema(AGENT)).toEqual(UP_TO_DATE);
      expect(await count(at, 'agent_health')).toBe(1);
    });
  });
}
