import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { ensureBundle, newWorkplace, type Workplace } from '../support/bundle.ts';

interface Row {
  readonly recommendation_id: string;
  readonly equipment_id: string;
  readonly status: string;
}

const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
const ACTIONS = `  [default]REACTOR_02/ThroughputSetpoint: 100 → 75 %
  [default]REACTOR_02/CoolingSystemStatus: 0 → 1
`;

let place: Workplace;
let id: string;

beforeAll(() => ensureBundle(), 60_000);
afterEach(() => place.remove());

/** A recommendation for REACTOR_02, high, under a policy. */
async function recommended(env: Readonly<Record<string, string>>): Promise<void> {
  place = newWorkplace(env);
  await place.run('setup', '--sample-data');
  await place.run('run-once');
  const rows = (await place.json('recommendations', '--json')) as Row[]; // the shape is json.test.ts's subject
  id = rows.find((row) => row.equipment_id === 'REACTOR_02')?.recommendation_id.slice(0, 8) ?? '';
}

const TWO = { OPS_AGENT_POLICY_FOUR_EYES: 'true', OPS_AGENT_POLICY_FOUR_EYES_SEVERITY: 'high' };

describe('two people', () => {
  beforeEach(() => recommended(TWO), 30_000);

  test('approve one after the other: the first is told to wait, the second lets the next cycle act', async () => {
    expect((await place.run('show', id)).stdout).toContain('Needs:          two different people\n');
    const first = await place.run('approve', id, '--by', 'operator_john');
    expect(first).toMatchObject({ stderr: '', code: 0 });
    expect(first.stdout).toMatch(
      new RegExp(`^✓ Approved ${id} for REACTOR_02 by operator_john: first of two approvals; a second person must approve until ${TIME}\n`),
    );
    expect(first.stdout.endsWith(ACTIONS)).toBe(true);
    expect(await place.run('approve', id, '--by', 'operator_jane')).toEqual({
      stdout: '',
      stderr: `ops-agent: recommendation ${id} has its first approval by operator_john, which the agent has not judged yet. Approve it as the second after the next cycle\n`,
      code: 5,
    });
    expect(await place.json('run-once', '--json')).toMatchObject({ commands: { created: 0 } });
    const waiting = (await place.run('show', id)).stdout;
    expect(waiting).toMatch(new RegExp(`^Status: +awaiting_second$`, 'm'));
    expect(waiting).toMatch(new RegExp(`^First by: +operator_john at ${TIME}$`, 'm'));
    expect(waiting).toMatch(new RegExp(`^Second until: +${TIME}$`, 'm'));
    expect((await place.run('recommendations')).stdout).toContain('awaiting_second');
    expect(await place.run('approve', id, '--by', 'operator_jane')).toEqual({
      stdout: `✓ Approved ${id} for REACTOR_02 by operator_jane: second of two approvals, after operator_john\n${ACTIONS}`,
      stderr: '',
      code: 0,
    });
    // The end that the row still has is that of the first approval.
    expect((await place.run('show', id)).stdout).not.toContain('Valid until:');
    expect(await place.json('run-once', '--json')).toMatchObject({ commands: { created: 2, executed: 2 } });
    const shown = (await place.run('show', id)).stdout;
    expect(shown).toMatch(new RegExp(`^Approved by: +operator_john and operator_jane at ${TIME} \\(cli:.+\\)$`, 'm'));
    expect(shown).toMatch(new RegExp(`^Valid until: +${TIME}$`, 'm'));
  });

  test('the first one is shown as the audit has it, whatever somebody wrote over it, and its giver is not offered the second', async () => {
    await place.run('approve', id, '--by', 'operator_john');
    await place.run('run-once');
    const shown = (await place.run('show', id)).stdout;
    await place.run(
      'sql',
      `UPDATE agent_recommendations SET approved_by_operator = 'carol', expires_timestamp = '2099-01-01' WHERE status = 'awaiting_second'`,
    );
    expect((await place.run('show', id)).stdout).toBe(shown);
    expect(await place.run('approve', id, '--by', 'operator_john')).toEqual({
      stdout: '',
      stderr: `ops-agent: recommendation ${id} has its first approval by operator_john, the second must come from somebody else. Name another operator with --by\n`,
      code: 4,
    });
    expect((await place.run('approve', id, '--by', 'operator_jane')).stdout).toContain('second of two approvals, after operator_john\n');
  });

  test('--json says which approval it was and until when the next one is due', async () => {
    const first = await place.json('approve', id, '--by', 'operator_john', '--json');
    const when = expect.stringMatching(new RegExp(`^${TIME}$`));
    const shared = { equipment_id: 'REACTOR_02', approved_timestamp: when, until: when, actions: expect.any(Array) };
    expect(first).toMatchObject({ ...shared, approval: 'first', by: 'operator_john' });
    await place.run('run-once');
    expect(await place.json('show', id, '--json')).toMatchObject({ status: 'awaiting_second', approvals_needed: 2, conflicts_with: [] });
    expect(await place.json('approve', id, '--by', 'operator_jane', '--json')).toMatchObject({ ...shared, approval: 'second' });
  });

  test('who approved first is refused as the second, and by plain SQL goes back with the reason', async () => {
    await place.run('approve', id, '--by', 'operator_john');
    await place.run('run-once');
    expect(await place.run('approve', id, '--by', ' Operator_John')).toEqual({
      stdout: '',
      stderr: `ops-agent: recommendation ${id} has its first approval by operator_john, the second must come from somebody else. Name another operator with --by\n`,
      code: 4,
    });
    await place.run(
      'sql',
      `UPDATE agent_recommendations SET status = 'approved', approved_by_operator = 'OPERATOR_JOHN', approved_timestamp = CURRENT_TIMESTAMP WHERE status = 'awaiting_second'`,
    );
    expect(await place.json('run-once', '--json')).toMatchObject({ commands: { created: 0, refused: 1 } });
    const { stdout } = await place.run('show', id);
    expect(stdout).toMatch(/^Status: +awaiting_second$/m);
    expect(stdout).toContain(
      'second_refused approved → awaiting_second, ops_agent_001: OPERATOR_JOHN gave the first approval; the second must come from somebody else',
    );
  });

  test('what waits for a second cannot be deferred, and can be rejected', async () => {
    await place.run('approve', id, '--by', 'operator_john');
    await place.run('run-once');
    expect(await place.run('defer', id, '--for', '1h', '--by', 'operator_jane')).toEqual({
      stdout: '',
      stderr: `ops-agent: recommendation ${id} has its first approval by operator_john and cannot be deferred. Approve or reject it: ops-agent show ${id}\n`,
      code: 5,
    });
    expect((await place.run('reject', id, '--reason', 'no', '--by', 'operator_jane')).code).toBe(0);
    await place.run('run-once');
    expect((await place.run('show', id)).stdout).toMatch(/rejected awaiting_second → rejected, operator_jane via cli:.+: no\n/);
  });
});

describe('sessions', () => {
  beforeEach(() => recommended({ OPS_AGENT_POLICY_REQUIRE_SESSION: 'true' }), 30_000);

  test('where they are required, an approval counts only from somebody who is logged in, and is counted', async () => {
    expect(await place.run('session', 'list')).toEqual({ stdout: 'No sessions.\n', stderr: '', code: 0 });
    await place.run(
      'sql',
      `UPDATE agent_recommendations SET status = 'approved', approved_by_operator = 'operator_john', approved_timestamp = CURRENT_TIMESTAMP WHERE equipment_id = 'REACTOR_02'`,
    );
    expect(await place.json('run-once', '--json')).toMatchObject({ commands: { created: 0, refused: 1 } });
    expect((await place.run('show', id)).stdout).toContain('operator_john was not logged in when the approval was given');
    const login = await place.run('session', 'login', '--by', 'operator_john');
    expect(login).toEqual({ stdout: expect.stringMatching(new RegExp(`^✓ operator_john logged in at ${TIME}\n$`)), stderr: '', code: 0 });
    await place.run('approve', id, '--by', 'operator_john');
    expect(await place.json('run-once', '--json')).toMatchObject({ commands: { executed: 2 } });
    expect(await place.json('session', 'list', '--json')).toEqual([
      {
        session_id: expect.any(String),
        operator_id: 'operator_john',
        login_timestamp: expect.stringMatching(new RegExp(`^${TIME}$`)),
        logout_timestamp: null,
        status: 'active',
        approved_recommendations: 1,
        rejected_recommendations: 0,
      },
    ]);
  });

  test('who is not logged in is refused at once, and nothing is stored', async () => {
    const before = await place.json('events', '--json');
    for (const [name, word] of [
      ['operator_john', 'operator_john'],
      ["Pat O'Hara", String.raw`'Pat O'\''Hara'`],
    ] as const) {
      expect(await place.run('approve', id, '--by', name)).toEqual({
        stdout: '',
        stderr: `ops-agent: ${name} is not logged in, and only who is may approve (policy.requireSession). Log in first: ops-agent session login --by ${word}\n`,
        code: 4,
      });
    }
    expect(await place.json('events', '--json')).toEqual(before);
    expect(await place.json('show', id, '--json')).toMatchObject({ status: 'pending', approved_by_operator: null });
    await place.run('session', 'login', '--by', 'operator_john');
    await place.run('session', 'logout', '--by', 'operator_john');
    expect((await place.run('approve', id, '--by', 'operator_john')).code).toBe(4);
  });

  test.each([
    ['is still to come', `strftime('%Y-%m-%d %H:%M:%f', 'now', '8 hours')`, 'closed'],
    ['is an empty text', `''`, 'active'],
    ['is no time', `'not yet'`, 'on shift'],
  ])('a session of the HMI whose logout %s is open for every command, until the logout', async (_what, logout, status) => {
    await place.run(
      'sql',
      `INSERT INTO operator_sessions (session_id, operator_id, login_timestamp, logout_timestamp, status)
       VALUES ('hmi-1', 'operator_john', '2026-01-01', ${logout}, '${status}')`,
    );
    expect((await place.run('session', 'list')).stdout).toMatch(/operator_john {2}open/);
    expect((await place.run('session', 'login', '--by', 'operator_john')).stdout).toContain('is logged in already');
    expect((await place.run('approve', id, '--by', 'operator_john')).code).toBe(0);
    expect(await place.json('run-once', '--json')).toMatchObject({ commands: { executed: 2 } });
    expect((await place.run('session', 'logout', '--by', 'operator_john')).stdout).toContain('logged out: 1 approved, 0 rejected');
    expect((await place.run('session', 'list')).stdout).toMatch(/operator_john {2}ended/);
    expect((await place.run('session', 'logout', '--by', 'operator_john')).code).toBe(3);
  });

  test('who rejects or defers need not be logged in', async () => {
    expect((await place.run('defer', id, '--for', '1h', '--by', 'operator_john')).code).toBe(0);
    expect((await place.run('reject', id, '--reason', 'no', '--by', 'operator_john')).code).toBe(0);
    await place.run('run-once');
    expect(await place.json('show', id, '--json')).toMatchObject({ status: 'rejected', rejected_by_operator: 'operator_john' });
  });

  test('login again is a no-op, logout ends it, and the audit has both', async () => {
    await place.run('session', 'login', '--by', 'operator_john');
    for (const way of ['login', 'logout'])
      expect(await place.run('session', way, '--by', 'ops_agent_001')).toMatchObject({
        code: 4,
        stderr: 'ops-agent: the agent ops_agent_001 cannot have a session. Name the operator with --by\n',
      });
    const again = await place.run('session', 'login', '--by', 'Operator_John');
    expect(again.stdout).toMatch(new RegExp(`^✓ Operator_John is logged in already, since ${TIME}\n$`));
    expect(await place.json('session', 'list', '--json')).toHaveLength(1);
    expect(await place.run('session', 'logout', '--by', 'operator_john')).toEqual({
      stdout: '✓ operator_john logged out: 0 approved, 0 rejected\n',
      stderr: '',
      code: 0,
    });
    expect(await place.run('session', 'logout', '--by', 'operator_john')).toEqual({
      stdout: '',
      stderr: 'ops-agent: operator_john is not logged in. List who is: ops-agent session list\n',
      code: 3,
    });
    expect((await place.run('session', 'list')).stdout).toMatch(/operator_john {2}ended/);
    const events = (await place.json('events', '--json')) as { event: string; actor: string; subject_type: string }[]; // asserted here
    expect(events.slice(0, 2)).toMatchObject([
      { event: 'session_closed', subject_type: 'session', actor: expect.stringMatching(/^operator_john via cli:/) },
      { event: 'session_opened', subject_type: 'session' },
    ]);
    expect(await place.run('session', 'login', '--by', 'OPS_AGENT_001')).toMatchObject({ code: 4 });
  });
});

test('the second of two approvals needs somebody who is logged in, too', async () => {
  await recommended({ ...TWO, OPS_AGENT_POLICY_REQUIRE_SESSION: 'true' });
  await place.run('session', 'login', '--by', 'operator_john');
  await place.run('approve', id, '--by', 'operator_john');
  await place.run('run-once');
  const before = await place.json('events', '--json');
  expect(await place.run('approve', id, '--by', 'operator_jane')).toMatchObject({
    stdout: '',
    stderr: expect.stringContaining('ops-agent: operator_jane is not logged in'),
    code: 4,
  });
  expect(await place.json('events', '--json')).toEqual(before);
  expect(await place.json('show', id, '--json')).toMatchObject({ status: 'awaiting_second', approved_by_operator: 'operator_john' });
  await place.run('session', 'login', '--by', 'operator_jane');
  expect((await place.run('approve', id, '--by', 'operator_jane')).code).toBe(0);
}, 30_000);

describe('conflicts', () => {
  test('are named in the list, on the page and in --json, and are not there where nothing conflicts', async () => {
    await recommended({});
    expect((await place.run('recommendations')).stdout).not.toContain('CONFLICTS');
    await place.run(
      'sql',
      `INSERT INTO agent_recommendations (recommendation_id, equipment_id, issue_type, issue_family, severity, recommended_action, confidence_score,
         status, guarded_status, created_timestamp, first_detected_timestamp, last_accounted_timestamp, priority, actions)
       SELECT 'ffffffff-other', equipment_id, 'low_flow', 'flow', 'low', 'open', 0.5, 'pending', 'pending', created_timestamp,
         first_detected_timestamp, last_accounted_timestamp, 1, REPLACE(actions, 'decrease', 'increase')
       FROM agent_recommendations WHERE equipment_id = 'REACTOR_02'`,
    );
    const rows = (await place.json('recommendations', '--json')) as (Row & { conflicts_with: string[] })[]; // asserted here
    const reactor = rows.find((row) => row.recommendation_id.startsWith(id));
    expect(rows.map((row) => row.conflicts_with)).toEqual([['ffffffff-other'], [], [reactor?.recommendation_id]]);
    expect(await place.json('show', id, '--json')).toMatchObject({ conflicts_with: ['ffffffff-other'] });
    const { stdout } = await place.run('recommendations', '--status', 'pending', '--limit', '1');
    expect(stdout).toMatch(/CONFLICTS WITH\s*\n.* ffffffff\s*\n$/);
    expect((await place.run('show', id)).stdout).toContain(
      'Conflicts with:\n  ffffffff-other (pending): [default]REACTOR_02/ThroughputSetpoint: decrease to 75 % against increase to 75 %\n',
    );
  });
});
