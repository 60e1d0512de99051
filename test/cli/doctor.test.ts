import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { openSqlite } from '../../src/sqlite/sqlite-library.ts';
import { ensureBundle, newWorkplace, startBundle, type Workplace } from '../support/bundle.ts';

const KEY = `2026a:${'0123456789abcdef'.repeat(4)}`;

interface Check {
  readonly check: string;
  readonly subject: string | null;
  readonly status: string;
  readonly found: string;
  readonly remedy: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

interface Told {
  readonly agent_id: string | null;
  readonly at: string;
  readonly status: string;
  readonly exit_code: number;
  readonly checks: readonly Check[];
}

let place: Workplace;
beforeAll(() => ensureBundle(), 60_000);
beforeEach(() => {
  place = newWorkplace();
});
afterEach(() => place.remove());

function configure(text: string): void {
  writeFileSync(path.join(place.cwd, 'ops-agent.yaml'), text);
}

async function done(...args: string[]): Promise<void> {
  expect(await place.run(...args)).toMatchObject({ code: 0 });
}

/** What nobody may do by `ops-agent sql`, or by any tool of its own. */
async function behindItsBack(file: string, sql: string): Promise<void> {
  const database = await openSqlite(path.join(place.cwd, file));
  database.exec(sql);
  database.close();
}

/** What doctor says, and that its exit code is the one that it tells. */
async function told(...args: string[]): Promise<Told> {
  const { stdout, code } = await place.run('doctor', '--json', ...args);
  const report = JSON.parse(stdout) as Told; // the shape is what the tests look at
  expect(report.exit_code).toBe(code);
  return report;
}

function of({ checks }: Told, name: string): readonly Check[] {
  return checks.filter(({ check }) => check === name);
}

function contents(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(place.cwd)
      .toSorted()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(path.join(place.cwd, name)))
          .digest('hex'),
      ]),
  );
}

const PAGE = readFileSync(path.join(__dirname, '..', '..', 'docs', 'doctor.md'), 'utf8');

describe('doctor', () => {
  test('has its exit codes and its checks in docs/doctor.md', async () => {
    const { stdout } = await place.run('doctor', '--help');
    const [, codes = ''] = PAGE.split('| `doctor` ends with | |\n|---|---|\n');
    const documented = [...(codes.split('\n\n')[0] ?? '').matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(
      ([, code, text]) => `  ${code}  ${text}`,
    );
    expect(documented).toHaveLength(4);
    expect(stdout).toContain(`Exit codes:\n${documented.join('\n')}\n`);
    await done('setup', '--sample-data');
    for (const { check } of (await told()).checks) expect(PAGE).toContain(`\n| \`${check}\` | `);
  });

  test('of an agent that works finds nothing, in a table that ends with its sums', async () => {
    await done('setup', '--sample-data');
    await done('run-once');
    const { stdout, stderr, code } = await place.run('doctor');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^CHECK +STATUS +FOUND +REMEDY$/);
    expect(lines.at(-1)).toMatch(/^\d+ ok, 0 warnings, 0 failed, 0 skipped$/);
    expect(stdout).toMatch(/^plant +ok +\[default\]REACTOR_02\/ThroughputSetpoint: 100 %, Good, within 0 to 100$/m);
  });

  test('--json has one object with every check in the order in which they are needed', async () => {
    await done('setup', '--sample-data');
    await done('run-once');
    const report = await told();
    expect(report).toMatchObject({ agent_id: 'ops_agent_001', at: expect.stringMatching(/^\d{4}-.*Z$/), status: 'ok', exit_code: 0 });
    expect([...new Set(report.checks.map(({ check }) => check))]).toEqual(
      'configuration rules signing store schema access clock source readings equipment plant controls lease heartbeat errors versions'.split(
        ' ',
      ),
    );
    for (const check of report.checks) {
      expect(Object.keys(check)).toEqual(['check', 'subject', 'status', 'found', 'remedy', 'facts']);
      expect(check).toMatchObject({ status: 'ok', remedy: '' });
    }
    expect(of(report, 'plant')).toHaveLength(11);
    expect(of(report, 'plant')[1]?.facts).toEqual({ value: 100, quality: 'Good', min: 0, max: 100 });
    expect(of(report, 'clock')[0]?.facts).toEqual({ skew_s: expect.any(Number), uncertainty_s: expect.any(Number) });
  });

  test('changes no file and leaves none, in a new store, in one that ran, and beside an agent at work', async () => {
    await done('setup', '--sample-data');
    for (const step of [[], ['run-once']]) {
      if (step.length > 0) await done(...step);
      const before = contents();
      await place.run('doctor');
      expect(contents()).toEqual(before);
    }
    // What waits in the write-ahead log of somebody who has the store open stays there.
    const other = await openSqlite(path.join(place.cwd, 'ops-agent.db'));
    other.exec("INSERT INTO sensor_data (equipment_id, temperature, timestamp) VALUES ('PUMP_09', 70, CURRENT_TIMESTAMP)");
    const { 'ops-agent.db': file, 'ops-agent.db-wal': log } = contents();
    expect(log).toBeDefined();
    expect(of(await told(), 'equipment')[0]?.found).toBe('6 of 6 in the newest readings');
    expect(contents()).toMatchObject({ 'ops-agent.db': file, 'ops-agent.db-wal': log });
    other.close();
  });

  test('makes no store where there is none, and skips what would ask it: exit 8', async () => {
    const report = await told();
    expect(report).toMatchObject({ status: 'failed', exit_code: 8 });
    expect(of(report, 'store')).toMatchObject([{ status: 'failed', remedy: 'run: ops-agent setup' }]);
    for (const name of ['schema', 'access', 'clock', 'source', 'readings', 'controls', 'lease', 'heartbeat'])
      expect(of(report, name)).toMatchObject([{ status: 'skipped', found: 'the store is not reachable' }]);
    expect(of(report, 'versions')).toMatchObject([{ status: 'ok' }]);
    expect(readdirSync(place.cwd)).toEqual([]);
  });

  test('of a store that is no database ends with 6', async () => {
    writeFileSync(path.join(place.cwd, 'ops-agent.db'), 'something else'.repeat(100));
    const report = await told();
    expect(report.exit_code).toBe(6);
    expect(of(report, 'store')).toMatchObject([{ status: 'failed', found: expect.stringContaining('is not a SQLite database') }]);
  });

  test('of a configuration that does not load still has its table, and ends with 2', async () => {
    configure('poll:\n  intervalSecond: 5\n');
    const { stdout, stderr, code } = await place.run('doctor');
    expect({ stderr, code }).toEqual({ stderr: '', code: 2 });
    expect(stdout).toMatch(/^configuration +failed .*poll\.intervalSecond \(line 2, column 3\): unknown key/m);
    const report = await told();
    expect(report).toMatchObject({ agent_id: null, exit_code: 2 });
    expect(of(report, 'store')).toMatchObject([{ status: 'skipped', found: 'the configuration does not load' }]);
  });

  test('warns of a secret of a channel that this process was not given, and says to set it', async () => {
    configure('notify:\n  channels:\n    - { name: hook, kind: webhook, urlFrom: HOOK }\n');
    expect(of(await told(), 'configuration')).toMatchObject([
      {
        status: 'warning',
        found: expect.stringMatching(/urlFrom \(line 3, .*HOOK is not set; .*OPS_AGENT_NOTIFY_SECRET is not set$/),
        remedy: 'set it where the agent runs, then: ops-agent notify test',
      },
    ]);
  });

  test('names variables of the environment that are none of the agent', async () => {
    const misspelt = startBundle(['doctor', '--json'], { cwd: place.cwd, env: { OPS_AGENT_STORE_PAHT: 'x.db' } });
    const { stdout, code } = await misspelt.done;
    expect(code).toBe(2);
    expect(of(JSON.parse(stdout) as Told, 'configuration')[0]?.found).toContain("did you mean 'OPS_AGENT_STORE_PATH'?");
  });

  test('of tables that are behind or drifted says which, and the remedy: exit 8', async () => {
    await done('setup', '--sample-data');
    await behindItsBack('ops-agent.db', 'DROP TRIGGER agent_commands_undeletable');
    const drifted = await told();
    expect(drifted.exit_code).toBe(8);
    expect(of(drifted, 'schema')).toMatchObject([
      { status: 'failed', found: expect.stringContaining('agent_commands_undeletable is missing'), remedy: 'run: ops-agent setup' },
    ]);
    expect(of(drifted, 'clock')).toMatchObject([{ status: 'ok' }]);
    await behindItsBack('ops-agent.db', 'UPDATE agent_schema SET version = 3, min_supported = 2');
    const behind = await told();
    expect(of(behind, 'schema')).toMatchObject([{ status: 'failed', found: expect.stringContaining('schema version 3') }]);
    expect(of(behind, 'lease')).toMatchObject([{ status: 'skipped', found: 'the tables are not set up' }]);
    expect(of(behind, 'source')).toMatchObject([{ status: 'ok' }]);
  });

  test('of columns that the source lacks says the keys and lines, and ends with 8', async () => {
    configure('source:\n  columns:\n    equipment: machine\n');
    await done('setup');
    const report = await told();
    expect(report.exit_code).toBe(8);
    expect(of(report, 'source')).toMatchObject([
      { status: 'failed', found: "source.columns.equipment (line 3, column 5): sensor_data has no column 'machine'" },
    ]);
    expect(of(report, 'readings')).toMatchObject([{ status: 'skipped' }]);
    expect(of(report, 'controls')).toMatchObject([{ status: 'ok' }]);
  });

  test('of a feed that stopped ends with 8, with the age', async () => {
    await done('setup', '--sample-data');
    await done('sql', "UPDATE sensor_data SET timestamp = '2026-01-01 00:00:00.000'");
    const report = await told();
    expect(report.exit_code).toBe(8);
    expect(of(report, 'readings')).toMatchObject([
      {
        status: 'failed',
        found: expect.stringContaining('more than source.maxAgeSeconds (300)'),
        facts: { newest_at: '2026-01-01T00:00:00.000Z' },
      },
    ]);
  });

  test('of readings that lie ahead of the clock warns, and of all of them fails', async () => {
    await done('setup', '--sample-data');
    const ahead = new Date(Date.now() + 3_600_000).toISOString();
    await done('sql', `INSERT INTO sensor_data (equipment_id, temperature, timestamp) VALUES ('PUMP_01', 70, '${ahead}')`);
    expect(of(await told(), 'readings')).toMatchObject([
      { status: 'warning', found: expect.stringContaining('1 of the 6 newest rows lie ahead of now') },
    ]);
    await done('sql', `UPDATE sensor_data SET timestamp = '${ahead}'`);
    expect(of(await told(), 'readings')).toMatchObject([{ status: 'failed' }]);
  });

  test('reads every tag that may be written, and says which is out of its limits or cannot be read', async () => {
    configure(`tags:
  allow:
    - { path: '[default]{id}/ThroughputSetpoint', min: 0, max: 100, type: number, unit: '%', direction: decrease }
    - { path: '[default]{id}/CoolingSystemStatus', min: 0, max: 1, type: integer, direction: any }
    - { path: '[other]Hall/Fan', min: 0, max: 1, type: integer, direction: any }
`);
    await done('setup', '--sample-data');
    await done('run-once');
    await behindItsBack(
      'ops-agent.plant.db',
      "INSERT INTO equipment VALUES ('PUMP_01', 0, 60, 0, NULL); INSERT INTO tags VALUES ('PUMP_01', 'ThroughputSetpoint', 120, 0)",
    );
    const report = await told();
    expect(report.exit_code).toBe(8);
    const tags = of(report, 'plant').filter(({ subject }) => subject !== null);
    expect(tags).toHaveLength(11);
    expect(tags).toContainEqual(
      expect.objectContaining({
        subject: '[default]PUMP_01/ThroughputSetpoint',
        status: 'warning',
        found: expect.stringContaining('120 %, Good: 120 is outside 0 to 100'),
      }),
    );
    expect(tags).toContainEqual(
      expect.objectContaining({ subject: '[other]Hall/Fan', status: 'failed', found: 'cannot be read: Bad_NotFound' }),
    );
  });

  test('of a plant that does not answer ends with 6', async () => {
    await done('setup', '--sample-data');
    await done('run-once');
    await behindItsBack('ops-agent.plant.db', "INSERT OR REPLACE INTO settings VALUES ('failure', 'no_answer')");
    const report = await told();
    expect(report.exit_code).toBe(6);
    expect(of(report, 'plant')).toMatchObject([{ status: 'failed', found: 'the simulated plant does not answer' }]);
  });

  test('has nothing to read of an advisory plant', async () => {
    await done('setup', '--sample-data');
    expect(of(await told('--set', 'plant.kind=advisory'), 'plant')).toMatchObject([
      { status: 'skipped', found: expect.stringContaining('advisory') },
    ]);
  });

  test('tells of every order in force, with what lifts it', async () => {
    await done('setup', '--sample-data');
    await done('control', 'advisory', '--by', 'anna', '--reason', 'drill');
    await done('control', 'shelve', '--equipment', 'PUMP_*', '--for', '8h', '--by', 'anna', '--reason', 'repair');
    const report = await told();
    expect(report).toMatchObject({ status: 'warning', exit_code: 0 });
    expect(of(report, 'controls')).toMatchObject([
      { status: 'warning', found: expect.stringContaining('advisory (all) by anna: drill'), facts: { until: null, reason: 'drill' } },
      { subject: 'PUMP_*', remedy: expect.stringContaining("ops-agent control clear shelve --equipment 'PUMP_*' --by NAME") },
    ]);
  });

  test('says who holds the lease, and when it ends later than one can', async () => {
    await done('setup', '--sample-data');
    const lease = (seconds: number) =>
      done(
        'sql',
        `UPDATE agent_health SET lease_owner = 'run-7', lease_expires = '${new Date(Date.now() + seconds * 1000).toISOString()}'`,
      );
    await lease(100);
    expect(of(await told(), 'lease')).toMatchObject([{ status: 'ok', found: expect.stringContaining('held by the run run-7 until') }]);
    await lease(3600);
    const report = await told();
    expect(of(report, 'lease')).toMatchObject([{ status: 'warning', remedy: expect.stringContaining('the next cycle takes it') }]);
    expect(report.exit_code).toBe(0);
  });

  test('judges the heartbeat as health does', async () => {
    await done('setup', '--sample-data');
    await done('run-once');
    await done(
      'sql',
      "UPDATE agent_health SET last_heartbeat = '2026-01-01 00:00:00', next_due = '2026-01-01 00:00:10', consecutive_errors = 4, last_error = 'no answer'",
    );
    const report = await told();
    expect(report.exit_code).toBe(8);
    expect(of(report, 'heartbeat')).toMatchObject([
      { status: 'failed', found: expect.stringContaining('the next was due by 2026-01-01T00:00:30.000Z') },
    ]);
    expect(of(report, 'errors')).toMatchObject([{ status: 'warning', facts: { consecutive_errors: 4, last_error: 'no answer' } }]);
  });

  test('says what people could not be told, and which secret this process lacks', async () => {
    await done('setup', '--sample-data');
    expect(of(await told(), 'notifications')).toEqual([]);
    const channel = 'channels: [{ name: slack, kind: slack, urlFrom: OPS_AGENT_NOTIFY_URL_SLACK }]';
    configure(`notify:\n  ${channel}\n  rules: [{ to: [slack] }]\npolicy:\n  approvalTtlSeconds: 10\n`);
    expect(of(await told(), 'notifications')).toMatchObject([{ status: 'ok', found: '0 waiting to be delivered, 0 given up' }]);
    await done('run-once');
    const report = await told();
    expect(report).toMatchObject({ status: 'warning', exit_code: 0 });
    expect(of(report, 'notifications')).toMatchObject([
      {
        status: 'warning',
        found: '2 notifications tried in vain and still to be delivered',
        remedy: expect.stringContaining('ops-agent notify list'),
        facts: { waiting: 2, failing: 2, given_up: 0 },
      },
    ]);
    expect(of(report, 'configuration')).toMatchObject([
      { found: expect.stringContaining('policy.approvalTtlSeconds'), remedy: 'change one of the two keys' },
      { found: expect.stringContaining('OPS_AGENT_NOTIFY_URL_SLACK is not set'), remedy: expect.stringContaining('ops-agent notify test') },
    ]);
  });

  test('misses the key that the audit is signed with: exit 8', async () => {
    const signed = (...args: string[]) => startBundle(args, { cwd: place.cwd, env: { OPS_AGENT_SIGNING_KEY: KEY } }).done;
    await signed('setup', '--sample-data');
    await signed('run-once');
    const report = await told();
    expect(report.exit_code).toBe(8);
    expect(of(report, 'signing')).toMatchObject([{ status: 'failed', remedy: 'set OPS_AGENT_SIGNING_KEY as the agent has it' }]);
    const { stdout, code } = await signed('doctor', '--json');
    expect(code).toBe(0);
    expect(stdout).not.toContain(KEY.slice(6));
    const others = [
      [
        '2026b',
        'f'.repeat(64),
        /^the newest row of this store's audit is signed with the key '2026a', which OPS_AGENT_SIGNING_KEY does not hold/,
      ],
      [
        '2026a',
        'f'.repeat(64),
        /^the key '2026a' of OPS_AGENT_SIGNING_KEY is not the one that the newest row of this store's audit is signed with/,
      ],
    ] as const;
    for (const [id, secret, found] of others) {
      const run = await startBundle(['doctor', '--json'], { cwd: place.cwd, env: { OPS_AGENT_SIGNING_KEY: `${id}:${secret}` } }).done;
      const other = JSON.parse(run.stdout) as typeof report; // as above
      expect(of(other, 'signing')).toMatchObject([{ status: 'failed', found: expect.stringMatching(found) }]);
      expect([run.code, run.stdout.includes(secret)]).toEqual([8, false]);
    }
    const both = `2026b:${'f'.repeat(64)},${KEY}`;
    expect((await startBundle(['doctor'], { cwd: place.cwd, env: { OPS_AGENT_SIGNING_KEY: both } }).done).code).toBe(0);
  });

  test('says whose rules and version the last cycle had, where they are not these', async () => {
    await done('setup', '--sample-data');
    await done('run-once');
    await done('sql', "UPDATE agent_health SET rules_hash = 'abc', version = '0.0.1'");
    const report = await told();
    expect(report).toMatchObject({ status: 'warning', exit_code: 0 });
    expect(of(report, 'rules')[0]?.found).toContain('the last cycle worked by others: abc');
    expect(of(report, 'versions')[0]?.found).toContain('the last cycle was of ops-agent 0.0.1');
  });

  test('finds that the place of the lock is taken, without taking the lock', async () => {
    await done('setup', '--sample-data');
    mkdirSync(path.join(place.cwd, 'ops-agent.db.lock'));
    const report = await told();
    expect(report.exit_code).toBe(6);
    expect(of(report, 'access')).toMatchObject([{ status: 'failed', found: expect.stringContaining('ops-agent.db.lock is no file') }]);
  });

  test('looks at readings of a file of their own also where the store is missing', async () => {
    const { cwd } = place;
    await done('setup', '--sample-data');
    await behindItsBack('ops-agent.db', 'PRAGMA journal_mode = DELETE');
    writeFileSync(path.join(cwd, 'readings.db'), readFileSync(path.join(cwd, 'ops-agent.db')));
    rmSync(path.join(cwd, 'ops-agent.db'));
    configure('source: { connection: { kind: embedded, path: readings.db } }\n');
    const report = await told();
    expect(of(report, 'store')).toMatchObject([{ status: 'failed' }]);
    expect(of(report, 'readings')).toMatchObject([{ status: 'ok' }]);
    rmSync(path.join(cwd, 'readings.db'));
    configure('');
    await done('setup');
    configure('source: { connection: { kind: embedded, path: readings.db } }\n');
    const other = await told();
    expect(of(other, 'store')).toMatchObject([{ status: 'ok' }]);
    expect(of(other, 'source')).toMatchObject([{ status: 'failed', remedy: 'correct source.connection.path' }]);
  });
});
