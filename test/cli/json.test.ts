import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { jsonRow, jsonTree, snakeCase } from '../../src/cli/json.ts';
import { jsonLine, textLine } from '../../src/log.ts';
import { newWorkplace, type Workplace } from '../support/bundle.ts';

const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

let place: Workplace;
beforeAll(async () => {
  place = newWorkplace();
  await place.run('setup', '--sample-data');
  await place.run('run-once');
  const [first] = (await place.json('recommendations', '--json')) as { recommendation_id: string }[]; // asserted below
  await place.run('approve', first?.recommendation_id ?? '', '--by', 'operator_john');
  await place.run('run-once');
}, 60_000);
afterAll(() => place.remove());

function keysOf(value: unknown): readonly string[] {
  return Object.keys(Object(value) as object); // a list's first row, or an object that toMatchObject has seen
}

async function columnsOf(table: string): Promise<readonly string[]> {
  const rows = (await place.json('sql', '--json', `SELECT name FROM pragma_table_info('${table}')`)) as { name: string }[]; // the statement's own column
  return rows.map((row) => row.name);
}

describe('--json', () => {
  test.each([
    ['recommendations', 'agent_recommendations'],
    ['commands', 'agent_commands'],
    ['events', 'agent_events'],
  ])('%s gives an array of rows whose keys are columns of %s', async (command, table) => {
    const rows = (await place.json(command, '--json')) as unknown[]; // an array, as the next line asserts
    expect(rows.length).toBeGreaterThan(0);
    const computed = command === 'recommendations' ? ['conflicts_with'] : [];
    const known = [...(await columnsOf(table)), ...computed];
    for (const key of keysOf(rows[0])) expect(known).toContain(key);
  });

  test('recommendations have times as ISO 8601, numbers as numbers, JSON columns as values', async () => {
    const rows = (await place.json('recommendations', '--status', 'pending', '--json')) as unknown[]; // asserted here
    expect(rows).toEqual([
      expect.objectContaining({
        equipment_id: 'PUMP_02',
        priority: 2,
        temperature_reading: 88.5,
        created_timestamp: ISO,
        first_detected_timestamp: ISO,
        approved_timestamp: null,
        actions: [expect.objectContaining({ sequence: 1, tag: '[default]PUMP_02/ThroughputSetpoint', old: 100, value: 90 })],
      }),
    ]);
  });

  test('run-once prints the report of the design, key by key', async () => {
    const report = await place.json('run-once', '--json', '--run-id', 'job-42');
    expect(report).toEqual({
      agent_id: 'ops_agent_001',
      run_id: 'job-42',
      outcome: 'completed',
      started_at: ISO,
      duration_ms: expect.any(Number),
      statements: 4,
      readings: { accepted: 0, violations: 0, rejected: 0, rejected_by_reason: {}, newest_age_s: expect.any(Number) },
      recommendations: { created: 0, escalated: 0, withdrawn: 0, expired: 0 },
      commands: { created: 0, refused: 0, executed: 0, failed: 0, unknown: 0 },
      outcomes: { effective: 0, ineffective: 0, unknown: 0 },
      work_orders: { opened: 0, closed: 0 },
      errors: [],
    });
  });

  test('show has the row, its commands in order and its history from the beginning', async () => {
    const [row] = (await place.json('recommendations', '--status', 'executed', '--json')) as { recommendation_id: string }[]; // asserted below
    const shown = await place.json('show', row?.recommendation_id ?? '', '--json');
    expect(shown).toMatchObject({
      status: 'executed',
      commands: [
        { sequence: 1, new_value: '75', old_value: 100, read_back_value: 75, status: 'executed', executed_timestamp: ISO },
        { sequence: 2, new_value: '1', status: 'executed' },
      ],
    });
    const { events } = shown as { events: { event: string; at: string }[] }; // asserted by the next line
    expect(events.map((event) => event.event)).toEqual(['created', 'approval_given', 'approved', 'executing', 'executed']);
    expect(events.map((event) => event.at).toSorted()).toEqual(events.map((event) => event.at));
  });

  test('status and health are one object each', async () => {
    expect(await place.json('status', '--json')).toMatchObject({
      agent_id: 'ops_agent_001',
      at: ISO,
      total_recommendations: 2,
      pending_recommendations: 1,
      commands_executed: 2,
      open_by_severity: { medium: 1 },
      controls: [],
      agent: { status: 'online', last_heartbeat: ISO },
    });
    expect(await place.json('health', '--json')).toMatchObject({
      healthy: true,
      reasons: [],
      agent_id: 'ops_agent_001',
      last_heartbeat: ISO,
    });
  });

  test('plant read has value, quality, time and limits', async () => {
    expect(await place.json('plant', 'read', '[default]PUMP_02/ThroughputSetpoint', '[default]PUMP_02/EmergencyStop', '--json')).toEqual([
      {
        tag_path: '[default]PUMP_02/ThroughputSetpoint',
        value: 100,
        good: true,
        quality: 'Good',
        at: ISO,
        writable: true,
        min: 0,
        max: 100,
        max_step: null,
        type: 'number',
        unit: '%',
        direction: 'decrease',
      },
      expect.objectContaining({
        tag_path: '[default]PUMP_02/EmergencyStop',
        value: null,
        good: false,
        writable: false,
        reason: expect.stringContaining('deny list'),
      }),
    ]);
  });

  test('sql gives rows, or how many rows were affected', async () => {
    expect(await place.json('sql', '--json', 'SELECT 1 AS one, NULL AS empty')).toEqual([{ one: 1, empty: null }]);
    const insert = `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
VALUES ('SENSOR_VALVE_01', 'VALVE_01', 71.0, 100.0, 45.0, 'good', CURRENT_TIMESTAMP);`;
    expect(await place.run('sql', insert)).toEqual({ stdout: '1 row affected\n', stderr: '', code: 0 });
    expect(await place.json('sql', '--json', insert)).toEqual({ rows_affected: 1 });
    expect((await place.run('sql', 'SELEC 1')).code).toBe(2);
  });

  test.each([`UPDATE agent_events SET actor = 'x'`, 'DELETE FROM agent_events'])('sql leaves the audit as it is: %s', async (statement) => {
    const before = await place.json('events', '--json');
    expect(before).not.toEqual([]);
    expect(await place.run('sql', statement)).toEqual({
      stdout: '',
      stderr:
        'ops-agent: agent_events is append-only: its rows are never changed or deleted. Leave them as they are; read them with: ops-agent events\n',
      code: 2,
    });
    expect(await place.json('events', '--json')).toEqual(before);
  });

  test.each([
    [
      `INSERT INTO agent_schema (version, min_supported) SELECT version, 1 FROM agent_schema`,
      'UNIQUE constraint failed: agent_schema.version. Another row has the same there: change that row, or give other values',
    ],
    [
      `UPDATE agent_recommendations SET status = 'pending', equipment_id = 'R1', issue_family = 'f'`,
      'UNIQUE constraint failed: agent_recommendations.equipment_id, agent_recommendations.issue_family. Another row has the same there: change that row, or give other values',
    ],
    [`INSERT INTO agent_schema (version) VALUES (99)`, 'NOT NULL constraint failed: agent_schema.min_supported. Give it a value'],
    [`INSERT INTO shifts VALUES (25)`, 'CHECK constraint failed: hour < 24. Give values that meet this condition of the table'],
    [`DELETE FROM shifts`, 'a rule of the table refuses it: shifts are kept. Change the statement, or that rule'],
  ])('sql names the rule that a statement breaks, and what to do: %s', async (statement, told) => {
    await place.run('sql', 'CREATE TABLE IF NOT EXISTS shifts (hour INTEGER CHECK (hour < 24))');
    await place.run('sql', 'INSERT INTO shifts VALUES (6)');
    await place.run(
      'sql',
      `CREATE TRIGGER IF NOT EXISTS shifts_kept BEFORE DELETE ON shifts BEGIN SELECT RAISE(ABORT, 'shifts are kept'); END`,
    );
    expect(await place.run('sql', statement)).toEqual({ stdout: '', stderr: `ops-agent: ${told}\n`, code: 2 });
  });

  test('config show has every key with its origin', async () => {
    const rows = (await place.json('config', 'show', '--json', '--set', 'poll.intervalSeconds=5')) as unknown[]; // asserted here
    expect(rows).toContainEqual({ path: 'poll.intervalSeconds', value: 5, origin: 'flag', environment: 'OPS_AGENT_POLL_INTERVAL_SECONDS' });
    expect(rows).toContainEqual({ path: 'source.table', value: 'sensor_data', origin: 'default', environment: 'OPS_AGENT_SOURCE_TABLE' });
    expect(await place.json('config', 'schema')).toMatchObject({ title: 'ops-agent configuration', properties: { poll: {} } });
  });
});

describe('spelling', () => {
  test('of keys and times: only what is listed is a time, and JSON columns are left alone', () => {
    expect(snakeCase('followsRecommendationId')).toBe('follows_recommendation_id');
    expect(jsonRow({ at: 0, attempt: 1, notAfter: null, after: { actionHash: 'x', at: 0 } })).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      attempt: 1,
      not_after: null,
      after: { actionHash: 'x', at: 0 },
    });
    expect(jsonTree({ readings: { newestAgeS: 2 }, startedAt: 1 })).toEqual({
      readings: { newest_age_s: 2 },
      started_at: '1970-01-01T00:00:00.001Z',
    });
  });

  test('of log lines: text from a reading cannot forge one, fields cannot replace what every line has', () => {
    expect(textLine(0, 'warn', 'a\n[x] forged \u001b[31m')).toBe('[1970-01-01 00:00:00] [WARNING] a [x] forged  [31m');
    expect(textLine(0, 'info', '\nreport\n')).toBe('[1970-01-01 00:00:00] [INFO]\nreport\n');
    expect(JSON.parse(jsonLine(0, 'info', 'm', { level: 'x', extra: 1 }))).toEqual({
      timestamp: '1970-01-01T00:00:00.000Z',
      level: 'info',
      message: 'm',
      extra: 1,
    });
    expect(jsonLine(0, 'info', 'a\u009b2J', { by: 'b\u202ec' })).toBe(
      String.raw`{"timestamp":"1970-01-01T00:00:00.000Z","level":"info","message":"a\u009b2J","by":"b\u202ec"}`,
    );
  });
});
