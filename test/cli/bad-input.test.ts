import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { SCHEMA_VERSION } from '../../src/store/schema-version.ts';
import { ensureBundle, newWorkplace, type Workplace } from '../support/bundle.ts';

let place: Workplace;
beforeAll(() => ensureBundle(), 60_000);
beforeEach(() => {
  place = newWorkplace();
});
afterEach(() => place.remove());

function refusal(stderr: string, code: number) {
  return { stdout: '', stderr: `${stderr}\n`, code };
}

function write(name: string, text: string): void {
  writeFileSync(path.join(place.cwd, name), text);
}

describe('the command line', () => {
  test.each([
    [['statsu'], "ops-agent: unknown command 'statsu'; did you mean status?"],
    [['frobnicate'], "ops-agent: unknown command 'frobnicate'; see: ops-agent --help"],
    [['status', '--jsn'], "ops-agent: unknown option '--jsn'; did you mean --json?"],
    [['control', 'clear'], "ops-agent: missing required argument 'kind'; see: ops-agent control clear --help"],
    [['status', 'now'], "ops-agent: too many arguments for 'status': expected 0 arguments but got 1; see: ops-agent status --help"],
    [
      ['status', '--log-level', 'loud'],
      "ops-agent: option '--log-level <level>' argument 'loud' is invalid: allowed choices are debug, info, warn, error; see: ops-agent --help",
    ],
    [['loop', '--interval', '-5'], "ops-agent: --interval must be a duration above 0 and up to 24h, is '-5'. For instance --interval 10s"],
    [['health', '--max-age', '25h'], "ops-agent: --max-age must be a duration above 0 and up to 24h, is '25h'. For instance --max-age 10s"],
    [
      ['loop', '--max-cycles', '0'],
      "ops-agent: --max-cycles must be a whole number from 1 to 1000000000, is '0'. For instance --max-cycles 10",
    ],
    [
      ['recommendations', '--limit', '1e3'],
      "ops-agent: --limit must be a whole number from 1 to 100000, is '1e3'. For instance --limit 10",
    ],
    [
      ['run-once', '--wait', 'soon'],
      "ops-agent: 'soon' is not a duration. Write a number of seconds or a number with ms, s, m, h, d or w, such as 130s or 55m",
    ],
    [['--set', 'poll', 'status'], "ops-agent: --set 'poll' is not key=value. For instance --set poll.intervalSeconds=5"],
    [
      ['--set', 'poll.intervalSecond=5', 'status'],
      "ops-agent: --set: unknown key 'poll.intervalSecond', did you mean 'poll.intervalSeconds'? ops-agent config show lists the keys",
    ],
    [
      ['--set', 'rules.bands=x', 'status'],
      'ops-agent: --set: rules.bands is a list, which only the configuration file can hold. Set it in ops-agent.yaml',
    ],
    [
      ['--set', 'source.physicalLimits.temperature.max=400', 'status'],
      'ops-agent: --set: source.physicalLimits is a map, which only the configuration file can hold. Set it in ops-agent.yaml',
    ],
    [
      ['--set', 'rules.bands[0].above=5', 'status'],
      'ops-agent: --set: rules.bands is a list, which only the configuration file can hold. Set it in ops-agent.yaml',
    ],
    [['setup', '--check', '--print-sql'], 'ops-agent: --print-sql and --check exclude each other. Give one of them'],
    [['setup', '--print-sql', '--roles'], 'ops-agent: a file has no roles: whoever may write to it may do everything. Leave out --roles'],
    [
      ['setup', '--roles'],
      'ops-agent: --roles goes with --print-sql: setup itself grants nothing. Print them: ops-agent setup --print-sql --roles',
    ],
    [
      ['setup', '--print-sql', '--reader-role', 'x'],
      'ops-agent: a principal was given, and --roles was not. Print the grants: ops-agent setup --print-sql --roles',
    ],
    [
      ['reject', 'abcd', '--by', 'x'],
      "ops-agent: a rejection needs a reason. Give it with --reason, for instance --reason 'sensor is being calibrated'",
    ],
    [['defer', 'abcd', '--by', 'x'], 'ops-agent: a deferral needs an end. Give it with --for or --until, for instance --for 1h'],
    [
      ['control', 'clear', 'everything', '--by', 'x'],
      "ops-agent: 'everything' is no kind of order. One of advisory, out-of-service, shelve",
    ],
  ])('%j is refused with its remedy', async (args, stderr) => {
    expect(await place.run(...args)).toEqual(refusal(stderr, 2));
  });
});

describe('the configuration', () => {
  test('that is no YAML is named with line and column', async () => {
    write('ops-agent.yaml', 'poll:\n  intervalSeconds: [10\nstore: {}\n');
    const { stderr, code } = await place.run('status');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^ops-agent: ops-agent\.yaml: .*\(?line \d+, column \d+\)?: is not valid YAML: .+\. Correct it and check with: ops-agent config check\n$/,
    );
    expect(stderr.trimEnd()).not.toContain('\n');
  });

  test('with an unknown key is told the nearest one, with its line', async () => {
    write('ops-agent.yaml', 'poll:\n  intervalSecond: 10\n');
    expect(await place.run('status')).toEqual(
      refusal(
        "ops-agent: ops-agent.yaml: poll.intervalSecond (line 2, column 3): unknown key, did you mean 'intervalSeconds'? Correct it and check with: ops-agent config check",
        2,
      ),
    );
  });

  test('with several problems has each on its own line, below their number', async () => {
    write('ops-agent.yaml', 'poll:\n  intervalSeconds: -1\nplant:\n  kind: real\n');
    expect(await place.run('status')).toEqual(
      refusal(
        'ops-agent: 2 problems in ops-agent.yaml:\n  poll.intervalSeconds (line 2, column 3): must be more than 0, is -1\n' +
          "  plant.kind (line 4, column 3): must be one of simulator, advisory, is 'real'\nCorrect them and check with: ops-agent config check",
        2,
      ),
    );
  });

  test.each([
    [['config', 'check', '-c', 'site.yaml'], 'ops-agent config check -c site.yaml'],
    [['rules', 'test', '--since', '1h', '--against', 'site.yaml'], 'ops-agent config check -c site.yaml'],
    [['config', 'check', '--config', "line 4's.yaml"], String.raw`ops-agent config check -c 'line 4'\''s.yaml'`],
  ])('of a name of its own is checked by that name: %j', async (args, command) => {
    for (const name of ['site.yaml', "line 4's.yaml"]) write(name, 'poll:\n  intervalSeconds: -1\n');
    const { stderr, code } = await place.run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(`must be more than 0, is -1. Correct it and check with: ${command}\n`);
  });

  test('that was asked for and is not there is not passed over', async () => {
    expect(await place.run('--config', 'other.yaml', 'status')).toEqual(
      refusal('ops-agent: configuration file other.yaml does not exist. Name a readable file with --config or OPS_AGENT_CONFIG', 2),
    );
  });
});

describe('the store', () => {
  test.each([
    ['status'],
    ['run-once'],
    ['loop'],
    ['recommendations'],
    ['health'],
    ['events'],
    ['setup', '--check'],
    ['config', 'check', '--connect'],
  ])('that was never set up is said by %s', async (...args) => {
    const { stderr, code } = await place.run(...args, '--log-level', 'error');
    expect(code).toBe(8);
    expect(stderr).toBe(`ops-agent: the store ${path.join(place.cwd, 'ops-agent.db')} does not exist. Run: ops-agent setup\n`);
  });

  test.each([
    ['plant', 'read', '[default]REACTOR_02/ThroughputSetpoint'],
    ['plant', 'writes'],
  ])('or its plant, where there is none, is not made by %s %s', async (...args) => {
    const { stdout, stderr, code } = await place.run(...args);
    expect({ stdout, code }).toEqual({ stdout: '', code: 8 });
    const file = path.join(place.cwd, 'ops-agent.plant.db');
    expect(stderr).toBe(`ops-agent: the simulated plant ${file} does not exist. The first cycle makes it: ops-agent run-once\n`);
    expect(readdirSync(place.cwd)).toEqual([]);
  });

  test('whose folder is not there cannot be made', async () => {
    const { stdout, stderr, code } = await place.run('setup', '--store-path', 'missing/folder/x.db');
    expect({ stdout, code }).toEqual({ stdout: '', code: 6 });
    expect(stderr).toMatch(/^ops-agent: .*missing\/folder\/x\.db.*\n$/);
  });

  test('whose path is a folder cannot be used', async () => {
    mkdirSync(path.join(place.cwd, 'folder.db'));
    const { stderr, code } = await place.run('setup', '--store-path', 'folder.db');
    expect(code).toBe(6);
    expect(stderr).toMatch(/^ops-agent: .*folder\.db.*\n$/);
  });

  test('whose file is something else is refused', async () => {
    write('notes.db', 'this is not a database, but it is long enough to be taken for one by its size alone '.repeat(20));
    const { stderr, code } = await place.run('setup', '--store-path', 'notes.db');
    expect(code).toBe(6);
    expect(stderr.trimEnd()).toMatch(
      /^ops-agent: cannot open the database .*notes\.db: it is not a SQLite database\. Choose another path or move the file away$/,
    );
  });

  test.each([['run-once'], ['loop'], ['status'], ['approve', 'abcd', '--by', 'john'], ['setup'], ['setup', '--check']])(
    'whose schema is too new is left alone by %s',
    async (...args) => {
      await place.run('setup');
      await place.run('sql', 'INSERT INTO agent_schema (version, min_supported) VALUES (99, 99)');
      const before = readFileSync(path.join(place.cwd, 'ops-agent.db'));
      const { stdout, stderr, code } = await place.run(...args, '--log-level', 'error');
      const text = `the store's schema needs version 99 of the tables, this ops-agent knows version ${SCHEMA_VERSION}`;
      const what = args.includes('--check') ? `the tables are too new: ${text}` : text;
      expect({ stdout, stderr, code }).toEqual({ stdout: '', stderr: `ops-agent: ${what}. Install the newer ops-agent\n`, code: 8 });
      expect(readFileSync(path.join(place.cwd, 'ops-agent.db'))).toEqual(before);
    },
  );

  test('of another agent is refused with its owner, until it is taken over', async () => {
    await place.run('setup');
    const text = 'these tables belong to agent ops_agent_001, not to other_agent';
    const remedy = 'Give every agent its own tables, or pass --take-over when the other one is retired';
    for (const command of ['setup', 'run-once', 'loop']) {
      const { stderr, code } = await place.run(command, '--agent-id', 'other_agent', '--log-level', 'error');
      expect({ command, stderr, code }).toEqual({ command, stderr: `ops-agent: ${text}. ${remedy}\n`, code: 2 });
    }
    expect((await place.run('run-once', '--agent-id', 'other_agent', '--take-over')).code).toBe(0);
    expect((await place.run('run-once', '--agent-id', 'other_agent')).code).toBe(0);
    expect((await place.run('setup', '--take-over')).code).toBe(0);
    expect((await place.run('run-once')).code).toBe(0);
    expect((await place.json('events', '--subject', 'ops_agent_001', '--json')) as unknown[]).toEqual(
      expect.arrayContaining([expect.objectContaining({ event: 'taken_over', subject_id: 'ops_agent_001' })]),
    );
  });
});

describe('the source', () => {
  const REMEDY = 'Correct it and check with: ops-agent config check --connect';
  const LACKS = `ops-agent: ops-agent.yaml: source.columns.signals.temperature (line 1, column 1): readings has no column 'temperature'. ${REMEDY}\n`;

  beforeEach(async () => {
    write('ops-agent.yaml', 'source:\n  table: readings\n');
    await place.run('setup');
    await place.run('sql', 'CREATE TABLE readings (equipment_id TEXT, pressure REAL, flow_rate REAL, sensor_status TEXT, timestamp TEXT)');
  });

  test('that lacks a column is named by config check --connect', async () => {
    const { stderr, code } = await place.run('config', 'check', '--connect');
    expect({ stderr, code }).toEqual({
      stderr: LACKS,
      code: 2,
    });
  });

  test('that lacks a column is named by run-once once its look at the readings has failed, in no statement of the cycle', async () => {
    const { stdout, stderr, code } = await place.run('run-once', '--json', '--log-level', 'error');
    const { outcome, statements, errors } = JSON.parse(stdout) as Record<string, unknown>; // the report is one object
    expect({ outcome, statements, code }).toEqual({ outcome: 'partial', statements: 4, code: 2 });
    expect(errors).toMatchObject([{ phase: 'detect', code: 'usage', message: expect.stringContaining('temperature') }]);
    expect(stderr.split('\n').map((line) => line.replace(/^\[.*?\] /, ''))).toEqual([
      expect.stringMatching(/^\[ERROR\] Phase detect failed: no such column: "?temperature/),
      LACKS.trimEnd().replace('ops-agent: ', '[ERROR] '),
      '',
    ]);
  });

  test('is told all at once what it lacks and what is of the wrong type, each with its line', async () => {
    write(
      'ops-agent.yaml',
      'source:\n  table: historian\n  columns:\n    equipment: asset\n    arrival: stored\n    signals: { temperature: l, flow: gpm }\n',
    );
    await place.run('sql', 'CREATE TABLE historian (timestamp INTEGER, stored TEXT, l REAL)');
    const { stdout, stderr, code } = await place.run('config', 'check', '--connect');
    const text = [
      "source.columns.status (line 3, column 3): historian has no column 'sensor_status'",
      'source.columns.timestamp (line 3, column 3): historian.timestamp is declared INTEGER, but source.timestampFormat is native; say epochSeconds or epochMillis',
      "source.columns.equipment (line 4, column 5): historian has no column 'asset'",
      "source.columns.signals.flow (line 6, column 32): historian has no column 'gpm'",
    ].join('\n  ');
    expect({ isSourceFine: stdout.includes('Source'), stderr, code }).toEqual({
      isSourceFine: false,
      stderr: `ops-agent: 4 problems in ops-agent.yaml:\n  ${text}\n${REMEDY.replace('it', 'them')}\n`,
      code: 2,
    });
  });

  test.each(['config check --connect', 'loop --log-level error', 'rules test --since 1h'])(
    'that is no table is named with its line by %s',
    async (line) => {
      write('ops-agent.yaml', 'source:\n  table: historian\n');
      expect(await place.run(...line.split(' '))).toMatchObject({
        stderr: `ops-agent: ops-agent.yaml: source.table (line 2, column 3): there is no table or view 'historian'. ${REMEDY}\n`,
        code: 2,
      });
    },
  );

  test('whose column is of the wrong type is named with its line by config check --connect', async () => {
    write('ops-agent.yaml', 'source:\n  table: historian\n  columns:\n    timestamp: t\n');
    const columns = 'equipment_id TEXT, temperature TEXT, pressure REAL, flow_rate REAL, sensor_status TEXT, t INTEGER';
    await place.run('sql', `CREATE TABLE historian (${columns})`);
    const { stdout, stderr, code } = await place.run('config', 'check', '--connect');
    expect({ stdout: stdout.split('\n').length, stderr, code }).toEqual({
      stdout: 3,
      stderr:
        'ops-agent: 2 problems in ops-agent.yaml:\n  ' +
        'source.columns.signals.temperature (line 3, column 3): historian.temperature is declared TEXT, and a text is no reading; name a column of numbers, or read a view that casts it\n  ' +
        'source.columns.timestamp (line 4, column 5): historian.t is declared INTEGER, but source.timestampFormat is native; say epochSeconds or epochMillis\n' +
        `${REMEDY.replace('it', 'them')}\n`,
      code: 2,
    });
  });

  test('that has no equipment for a pattern is a warning of config check --connect, and of a view, too', async () => {
    write(
      'ops-agent.yaml',
      "source:\n  table: recent\n  equipment:\n    include: ['REACTOR_*', 'PUMPS_*']\nequipment:\n  - { match: 'REACTOR_9*', class: reactor }\n",
    );
    const columns = 'equipment_id TEXT, temperature REAL, pressure REAL, flow_rate REAL, sensor_status TEXT, timestamp TEXT';
    await place.run('sql', `CREATE TABLE raw_readings (${columns})`);
    await place.run('sql', 'CREATE VIEW recent AS SELECT * FROM raw_readings');
    await place.run('sql', "INSERT INTO raw_readings VALUES ('REACTOR_01', 70, 1, 1, 'good', CURRENT_TIMESTAMP)");
    const { stdout, stderr, code } = await place.run('config', 'check', '--connect');
    expect({ stdout: stdout.includes('✓ Source: recent'), stderr, code }).toEqual({
      stdout: true,
      stderr:
        "ops-agent: warning: source.equipment.include[1] (line 4, column 28): 'PUMPS_*' matches no equipment of the newest readings\n" +
        "ops-agent: warning: equipment[0].match (line 6, column 7): 'REACTOR_9*' matches no equipment of the newest readings, did you mean 'REACTOR_01'?\n",
      code: 0,
    });
  });

  test('that lacks a column does not start a loop', async () => {
    const { stderr, code } = await place.run('loop', '--log-level', 'error');
    expect({ stderr, code }).toEqual({
      stderr: LACKS,
      code: 2,
    });
  });
});

describe('identifiers', () => {
  test("with a quote in the configuration are no table's name", async () => {
    write('ops-agent.yaml', `source:\n  table: "sensor_data'; DROP TABLE x; --"\n`);
    const { stderr, code } = await place.run('status');
    expect(code).toBe(2);
    expect(stderr).toContain("source.table (line 2, column 3): must be a table's name");
  });

  test.each(["O'Brien", '../Safety/Interlock', '%', 'REACTOR_02; DROP TABLE agent_events'])('such as %j are only looked up', async (id) => {
    await place.run('setup');
    expect(await place.run('recommendations', '--equipment', id)).toEqual({ stdout: 'No recommendations.\n', stderr: '', code: 0 });
    expect((await place.run('show', `${id}____`)).code).toBe(3);
    expect((await place.run('events', '--subject', id)).code).toBe(0);
    expect((await place.run('setup', '--check')).code).toBe(0);
  });

  test('from a reading cannot reach a tag or stop the cycle', async () => {
    await place.run('setup');
    for (const id of ["''--", '../Safety/Interlock', 'PUMP_02'])
      await place.run(
        'sql',
        `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, timestamp) VALUES ('S', '${id}', 99.0, CURRENT_TIMESTAMP)`,
      );
    const report = await place.json('run-once', '--json');
    expect(report).toMatchObject({ outcome: 'completed', recommendations: { created: 1 } });
    const rows = (await place.json('recommendations', '--json')) as { equipment_id: string }[]; // the shape is json.test.ts's subject
    expect(rows.map((row) => row.equipment_id)).toEqual(['PUMP_02']);
  });
});
