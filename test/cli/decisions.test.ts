import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { ensureBundle, newWorkplace, type Workplace } from '../support/bundle.ts';

interface Row {
  readonly recommendation_id: string;
  readonly equipment_id: string;
  readonly status: string;
  readonly action_hash: string;
}

let place: Workplace;
let reactor: Row;
let pump: Row;

beforeAll(() => ensureBundle(), 60_000);
beforeEach(async () => {
  place = newWorkplace();
  await place.run('setup', '--sample-data');
  await place.run('run-once');
  const rows = await list();
  reactor = found(rows, 'REACTOR_02');
  pump = found(rows, 'PUMP_02');
}, 30_000);
afterEach(() => place.remove());

async function list(): Promise<readonly Row[]> {
  return (await place.json('recommendations', '--json')) as Row[]; // the shape is json.test.ts's subject
}

function found(rows: readonly Row[], equipment: string): Row {
  const row = rows.find((candidate) => candidate.equipment_id === equipment);
  if (row === undefined) throw new Error(`no recommendation for ${equipment}`);
  return row;
}

async function statusOf(id: string): Promise<string | undefined> {
  return (await list()).find((row) => row.recommendation_id === id)?.status;
}

const short = (row: Row) => row.recommendation_id.slice(0, 8);

describe('approve', () => {
  test('by a prefix says what was approved, and the next cycle executes exactly that', async () => {
    expect(await place.run('approve', reactor.recommendation_id.slice(0, 4), '--by', 'operator_john')).toEqual({
      stdout: `✓ Approved ${short(reactor)} for REACTOR_02 by operator_john
  [default]REACTOR_02/ThroughputSetpoint: 100 → 75 %
  [default]REACTOR_02/CoolingSystemStatus: 0 → 1
`,
      stderr: '',
      code: 0,
    });
    expect(await place.json('run-once', '--json')).toMatchObject({ commands: { created: 2, executed: 2 } });
    const writes = (await place.json('plant', 'writes', '--json')) as Record<string, unknown>[]; // printed by plant.ts
    expect(writes.map((write) => [write['tag_path'], write['value'], write['accepted']])).toEqual([
      ['[default]REACTOR_02/ThroughputSetpoint', 75, true],
      ['[default]REACTOR_02/CoolingSystemStatus', 1, true],
    ]);
  });

  test('twice is a conflict that names the status and who decided', async () => {
    await place.run('approve', short(reactor), '--by', 'operator_john');
    expect(await place.run('approve', short(reactor), '--by', 'operator_jane')).toEqual({
      stdout: '',
      stderr: `ops-agent: recommendation ${short(reactor)} is approved already by operator_john. See: ops-agent show ${short(reactor)}\n`,
      code: 5,
    });
  });

  test('is bound to the hash that was seen', async () => {
    const wrong = await place.run('approve', short(reactor), '--by', 'operator_john', '--seen', pump.action_hash);
    expect(wrong).toEqual({
      stdout: '',
      stderr: `ops-agent: the actions of recommendation ${short(reactor)} are not the ones that were seen. Look at it again: ops-agent show ${short(reactor)}\n`,
      code: 5,
    });
    expect(await statusOf(reactor.recommendation_id)).toBe('pending');
    expect((await place.run('approve', short(reactor), '--by', 'operator_john', '--seen', reactor.action_hash)).code).toBe(0);
  });

  test('without a terminal needs a name, and not the agent own one', async () => {
    expect(await place.run('approve', short(reactor))).toEqual({
      stdout: '',
      stderr: 'ops-agent: it is not known who decides. Name the operator with --by, for instance --by operator_john\n',
      code: 2,
    });
    for (const own of ['OPS_agent_001', 'ｏｐｓ＿ａｇｅｎｔ＿００１'])
      expect(await place.run('approve', short(reactor), '--by', own)).toEqual({
        stdout: '',
        stderr: 'ops-agent: the agent ops_agent_001 cannot decide about its own recommendations. Name the operator with --by\n',
        code: 4,
      });
    for (const by of ['operator_john\u0001', 'operator\tjohn', '\u0085'])
      expect(await place.run('approve', short(reactor), '--by', by)).toEqual({
        stdout: '',
        stderr: 'ops-agent: --by has control characters, which no name has. For instance --by operator_john\n',
        code: 2,
      });
    expect(await statusOf(reactor.recommendation_id)).toBe('pending');
  });

  test('of an unknown or an ambiguous id changes nothing', async () => {
    expect(await place.run('approve', 'ffffffff', '--by', 'x')).toEqual({
      stdout: '',
      stderr: "ops-agent: there is no recommendation 'ffffffff'. List them: ops-agent recommendations\n",
      code: 3,
    });
    await place.run('sql', `UPDATE agent_recommendations SET recommendation_id = 'abcd' || substr(recommendation_id, 5)`);
    const [first, second] = (await list()).map((row) => row.recommendation_id).toSorted();
    expect(await place.run('approve', 'abcd', '--by', 'x')).toEqual({
      stdout: '',
      stderr: `ops-agent: 'abcd' is the beginning of more than one id: ${first}, ${second}. Give more characters\n`,
      code: 5,
    });
    expect((await place.run('show', 'abc')).stderr).toBe("ops-agent: 'abc' is too short for an id. Give 4 characters or more\n");
  });
});

describe('reject and defer', () => {
  test('reject records the reason and who', async () => {
    const { stdout, code } = await place.run('reject', short(pump), '--by', 'operator_john', '--reason', 'sensor is being calibrated');
    expect({ stdout, code }).toEqual({
      stdout: `✓ Rejected ${short(pump)} for PUMP_02 by operator_john: sensor is being calibrated\n`,
      code: 0,
    });
    expect(await place.json('show', short(pump), '--json')).toMatchObject({
      status: 'rejected',
      rejected_by_operator: 'operator_john',
      rejection_reason: 'sensor is being calibrated',
      events: expect.arrayContaining([
        expect.objectContaining({ event: 'rejection_given', actor: expect.stringMatching(/^operator_john via cli:/) }),
      ]),
    });
    expect((await place.run('defer', short(pump), '--by', 'x', '--for', '1h')).stderr).toContain('is rejected already by operator_john');
  });

  test('defer takes a duration or a time with its zone', async () => {
    expect((await place.run('defer', short(pump), '--by', 'operator_john', '--for', '1h')).code).toBe(0);
    expect(await statusOf(pump.recommendation_id)).toBe('deferred');
    const refusals = [
      [
        ['--until', '2030-01-31T06:00:00'],
        "ops-agent: --until '2030-01-31T06:00:00' is not an ISO 8601 time with its zone. For instance --until 2026-01-31T06:00:00Z\n",
      ],
      [['--until', '2030-01-31T06:00:00Z', '--for', '1h'], 'ops-agent: --until and --for exclude each other. Give one of them\n'],
      [['--for', '0s'], 'ops-agent: --for must be more than 0. For instance --for 15m\n'],
    ] as const;
    for (const [args, stderr] of refusals)
      expect(await place.run('defer', short(reactor), '--by', 'x', ...args)).toEqual({ stdout: '', stderr, code: 2 });
    expect((await place.run('defer', short(reactor), '--by', 'x', '--until', '2020-01-31T06:00:00Z')).stderr).toMatch(
      /^ops-agent: --until 2020-01-31T06:00:00\.000Z is past, it is /,
    );
  });

  test('a deferred one can be deferred anew, before and after the agent took it over', async () => {
    for (const hours of ['1h', '2h'])
      expect((await place.run('defer', short(reactor), '--by', 'operator_john', '--for', hours)).code).toBe(0);
    await place.run('run-once');
    expect((await place.run('defer', short(reactor), '--by', 'operator_john', '--for', '3h')).code).toBe(0);
    expect(await statusOf(reactor.recommendation_id)).toBe('deferred');
  });

  test('a deferred one can still be approved', async () => {
    await place.run('defer', short(reactor), '--by', 'operator_john', '--for', '1h');
    expect((await place.run('approve', short(reactor), '--by', 'operator_john')).code).toBe(0);
    expect(await place.json('run-once', '--json')).toMatchObject({ commands: { executed: 2 } });
  });
});

describe('control', () => {
  test.each(['shelve', 'out-of-service'])('%s of a pattern that matches no equipment is in force, and warned of', async (kind) => {
    const order = (pattern: string) =>
      place.run('control', kind, '--equipment', pattern, '--by', 'anna', '--reason', 'overhaul', '--for', '1h');
    expect(await order('REACTOR_022')).toMatchObject({
      stdout: expect.stringContaining('✓ In force'),
      stderr: "ops-agent: warning: --equipment 'REACTOR_022' matches no equipment of the newest readings, did you mean 'REACTOR_02'?\n",
      code: 0,
    });
    expect(await order('reactor_*')).toMatchObject({ stderr: '', code: 0 });
    await place.run('sql', 'ALTER TABLE sensor_data RENAME TO sensor_data_away');
    expect(await order('PUMPS')).toMatchObject({ stderr: '', code: 0 });
  });

  test('advisory keeps approved commands from the plant until it is cleared', async () => {
    await place.run('control', 'advisory', '--by', 'operator_john', '--reason', 'drill');
    await place.run('approve', short(reactor), '--by', 'operator_john');
    await place.run('run-once');
    expect(await place.json('plant', 'writes', '--json')).toEqual([]);
    expect(await place.json('control', 'list', '--json')).toEqual([
      {
        control_id: 'advisory:all',
        kind: 'advisory',
        scope: 'all',
        by: 'operator_john',
        reason: 'drill',
        since: expect.stringMatching(/Z$/),
        until: null,
      },
    ]);
    const cleared = await place.run('control', 'clear', 'advisory', '--by', 'operator_john');
    expect(cleared).toEqual({ stdout: '✓ Lifted: advisory (all) by operator_john: drill\n', stderr: '', code: 0 });
    expect(await place.json('run-once', '--json')).toMatchObject({ commands: { executed: 2 } });
  });

  test('clear of an order that nobody gave is not found', async () => {
    await place.run(
      'sql',
      `INSERT INTO agent_controls (control_id, kind, scope, "by", reason, since) VALUES ('hand', 'shelved', 'r1 ', 'x', 'y', CURRENT_TIMESTAMP)`,
    );
    expect((await place.run('control', 'clear', 'shelve', '--equipment', 'r1', '--by', 'x')).code).toBe(0);
    expect(await place.json('control', 'list', '--json')).toEqual([]);
    const { stderr, code } = await place.run('control', 'clear', 'shelve', '--equipment', 'PUMP_*', '--by', 'x');
    expect({ stderr, code }).toEqual({
      stderr: "ops-agent: there is no order 'shelve' for PUMP_*. List them: ops-agent control list\n",
      code: 3,
    });
  });

  test('out-of-service withdraws what is pending for the equipment', async () => {
    await place.run('control', 'out-of-service', '--equipment', 'PUMP_*', '--for', '8h', '--by', 'x', '--reason', 'overhaul');
    await place.run('run-once');
    expect(await statusOf(pump.recommendation_id)).toBe('withdrawn');
    expect(await statusOf(reactor.recommendation_id)).toBe('pending');
  });
});

async function told(subject: string): Promise<readonly { readonly subject_id: string }[]> {
  return (await place.json('events', '--subject', subject, '--json')) as { subject_id: string }[]; // the shape is json.test.ts's subject
}

describe('events of one subject', () => {
  test('are found by the beginning of the id: of a recommendation, a command, a work order', async () => {
    await place.run('approve', short(reactor), '--by', 'anna', '--yes');
    await place.run(
      'sql',
      `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, sensor_status, timestamp) VALUES ('S', 'VALVE_01', 70, 'bad', CURRENT_TIMESTAMP)`,
    );
    await place.run('run-once');
    const [command] = (await place.json('commands', '--json')) as readonly { command_id: string }[]; // as above
    const [order] = (await place.json('work-orders', '--json')) as readonly { work_order_id: string }[]; // as above
    for (const id of [reactor.recommendation_id, command?.command_id ?? '', order?.work_order_id ?? '']) {
      const about = new Set((await told(id.slice(0, 8).toUpperCase())).map((event) => event.subject_id));
      expect([...about]).toEqual([id]);
      expect(await told(id)).toEqual(await told(id.slice(0, 8)));
    }
  });

  test('are none for an id that is unknown, and are asked for again where several begin so', async () => {
    expect(await place.run('events', '--subject', 'ffffffff')).toEqual({
      stdout: '',
      stderr: "ops-agent: there is no event about 'ffffffff'. List them: ops-agent events\n",
      code: 3,
    });
    await place.run(
      'sql',
      `INSERT INTO agent_events (event_id, agent_id, run_id, actor, subject_type, subject_id, event, at)
       SELECT column1, 'a', 'r', 'anna', 'command', column1, 'x', CURRENT_TIMESTAMP FROM (VALUES ('abcd1'), ('abcd2'))`,
    );
    expect(await place.run('events', '--subject', 'abcd')).toEqual({
      stdout: '',
      stderr: "ops-agent: 'abcd' is the beginning of more than one id: abcd1, abcd2. Give more characters\n",
      code: 5,
    });
    expect(await place.run('events', '--subject', 'queue')).toEqual({ stdout: 'No events.\n', stderr: '', code: 0 });
  });
});

test('show has a blank behind the longest label', async () => {
  await place.run('defer', short(reactor), '--by', 'anna', '--until', '2999-01-01T00:00:00Z');
  expect((await place.run('show', short(reactor))).stdout).toMatch(/^Deferred until: 2999-01-01T00:00:00\.000Z$/m);
});
