import { afterEach, beforeAll, expect, test } from '@jest/globals';

import { ensureBundle, newWorkplace, runBundle, type Workplace } from '../support/bundle.ts';

const NEW = `2026b:${'c0ffee'.repeat(8)}`;
const OLD = `2026a:${'decade'.repeat(8)}`;

let place: Workplace;
beforeAll(() => ensureBundle(), 60_000);
afterEach(() => place.remove());

/** Runs with these keys in the environment; none where there are none. */
const withKeys = (keys: string, ...args: string[]) =>
  runBundle(args, { cwd: place.cwd, env: keys === '' ? {} : { OPS_AGENT_SIGNING_KEY: keys } });

/** Two recommendations that wait, made by an agent with these keys. @returns REACTOR_02's */
async function waiting(keys: string): Promise<string> {
  place = newWorkplace();
  await withKeys(keys, 'setup', '--sample-data');
  await withKeys(keys, 'run-once');
  const rows = (await place.json('recommendations', '--equipment', 'REACTOR_02', '--json')) as { recommendation_id: string }[]; // json.test.ts has its shape
  return rows[0]?.recommendation_id.slice(0, 8) ?? '';
}

const approve = (keys: string, id: string) => withKeys(keys, 'approve', id, '--by', 'operator_john');

test.each<[string, string, string, string]>([
  [
    'is of before there were keys',
    '',
    NEW,
    'bears no signature (it is of before there were keys, or nobody who has one wrote it): the next cycle ends it. Run a cycle with the key; while the condition holds it is recommended anew',
  ],
  [
    'is signed with a key that was taken away',
    OLD,
    NEW,
    "is signed with the key '2026a', which OPS_AGENT_SIGNING_KEY does not hold: the next cycle would end it. Give the agent and the command line the same keys, the older ones behind the new one",
  ],
])(
  'a ticket that %s cannot be approved, and the cycle ends it as was said',
  async (_what, before, now, said) => {
    const id = await waiting(before);
    expect(await approve(now, id)).toEqual({
      stdout: '',
      stderr: `ops-agent: the ticket of recommendation ${id} ${said}\n`,
      code: 5,
    });
    expect((await place.run('show', id)).stdout).not.toContain('approval_given');
    // 4: whoever signed them is not this agent.
    expect(await withKeys(now, 'run-once')).toMatchObject({ code: 4 });
    expect((await place.run('show', id)).stdout).toContain('Status:         withdrawn');
  },
  30_000,
);

test('a ticket whose row somebody edited cannot be approved', async () => {
  const id = await waiting(NEW);
  await place.run(
    'sql',
    `INSERT INTO agent_events (event_id, at, ordinal, agent_id, run_id, actor, subject_type, subject_id, event, to_status, "after", chain_seq, hash, signature)
SELECT 'forged', CURRENT_TIMESTAMP, 0, agent_id, run_id, actor, subject_type, subject_id, 'renewed', to_status, "after", (SELECT MAX(chain_seq) + 1 FROM agent_events), hash, signature
FROM agent_events WHERE event = 'created' AND subject_id LIKE '${id}%'`,
  );
  expect(await approve(NEW, id)).toEqual({
    stdout: '',
    stderr: `ops-agent: the ticket of recommendation ${id} bears a signature that is not right: somebody changed it. Look at: ops-agent audit verify\n`,
    code: 5,
  });
}, 30_000);

test('with the older key behind the new one it counts, and without any it is said that nobody knows', async () => {
  const id = await waiting(OLD);
  const unknown = await approve('', id);
  expect(unknown).toMatchObject({ stdout: expect.stringContaining(`✓ Approved ${id}`), code: 0 });
  expect(unknown.stderr).toBe(
    "ops-agent: warning: the ticket is signed with the key '2026a', and OPS_AGENT_SIGNING_KEY holds none here: whether the agent accepts it is not known, and this decision is told to the audit without a signature\n",
  );
  expect(await withKeys(`${NEW},${OLD}`, 'run-once')).toMatchObject({ code: 0, stdout: expect.stringContaining('2 executed') });
}, 30_000);

test('a ticket whose signature is an empty text is not said to be signed', async () => {
  const id = await waiting('');
  await place.run(
    'sql',
    `INSERT INTO agent_events (event_id, at, ordinal, agent_id, run_id, actor, subject_type, subject_id, event, to_status, "after", chain_seq, hash, signature)
SELECT 'empty', CURRENT_TIMESTAMP, 0, agent_id, run_id, actor, subject_type, subject_id, 'renewed', to_status, "after", (SELECT MAX(chain_seq) + 1 FROM agent_events), hash, ''
FROM agent_events WHERE event = 'created' AND subject_id LIKE '${id}%'`,
  );
  expect(await approve('', id)).toMatchObject({ stdout: expect.stringContaining(`✓ Approved ${id}`), stderr: '', code: 0 });
}, 30_000);

test('approve with both keys says nothing of keys', async () => {
  const id = await waiting(OLD);
  expect(await approve(`${NEW},${OLD}`, id)).toMatchObject({ stderr: '', code: 0 });
}, 30_000);

test('an agent without a key over an audit that is signed says so in its log, in health and in status', async () => {
  await waiting(NEW);
  const log = 'OPS_AGENT_SIGNING_KEY holds no key, and this store';
  expect((await withKeys(NEW, 'run-once')).stderr).not.toContain(log);
  expect((await withKeys(NEW, 'status')).stdout).not.toContain('Signing');
  expect(JSON.parse((await withKeys('', 'health', '--json')).stdout)).toMatchObject({ signing: 'signed' });
  await place.run(
    'sql',
    `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
VALUES ('T', 'REACTOR_09', 93, 95, 48, 'warning', CURRENT_TIMESTAMP)`,
  );
  for (const args of [['run-once'], ['loop', '--max-cycles', '2', '--interval', '0.1']])
    expect((await withKeys('', ...args)).stderr.match(new RegExp(`\\[WARNING\\] ${log}`, 'g'))).toHaveLength(1);
  const rows = (await withKeys('', 'audit', 'export')).stdout.trim().split('\n');
  const newest = JSON.parse(rows.at(-1) ?? '') as { at: string; actor: string; agent_id: string }; // audit.test.ts has its shape
  expect(newest.actor).toBe(newest.agent_id);
  const said = `the agent's newest row in the audit, of ${newest.at}, bears no signature, and rows before it do: it was written without OPS_AGENT_SIGNING_KEY`;
  expect((await withKeys('', 'status')).stdout).toContain(`Signing: STOPPED, ${said}`);
  expect((await withKeys('', 'health')).stdout).toContain(`; warning: ${said}`);
  expect(JSON.parse((await withKeys('', 'health', '--json')).stdout)).toMatchObject({ signing: 'stopped' });
  expect(JSON.parse((await withKeys('', 'status', '--json')).stdout)).toMatchObject({ signing: 'stopped' });
}, 30_000);

test('where nothing was ever signed nobody hears of keys', async () => {
  const id = await waiting('');
  expect((await withKeys('', 'run-once')).stderr).not.toContain('SIGNING_KEY');
  expect(await approve('', id)).toMatchObject({ stderr: '', code: 0 });
  expect(JSON.parse((await withKeys('', 'health', '--json')).stdout)).toMatchObject({ signing: 'none' });
}, 30_000);
