import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';

import { ensureBundle, newWorkplace, type Workplace } from '../support/bundle.ts';

interface Row {
  readonly recommendation_id: string;
  readonly status: string;
  readonly follows_recommendation_id: string | null;
  readonly recommended_action: string;
}

let place: Workplace;

beforeAll(() => ensureBundle(), 60_000);
beforeEach(() => {
  place = newWorkplace({ OPS_AGENT_POLICY_SETTLING_SECONDS: '0' });
});
afterEach(() => place.remove());

const short = (row: Row) => row.recommendation_id.slice(0, 8);

async function newest(): Promise<Row> {
  const rows = (await place.json('recommendations', '--equipment', 'REACTOR_02', '--json')) as Row[]; // the shape is json.test.ts's subject
  const [row] = rows.toSorted((a, b) => Number(b.status === 'pending') - Number(a.status === 'pending'));
  if (row === undefined) throw new Error('REACTOR_02 has no recommendation');
  return row;
}

const hot = () =>
  place.run(
    'sql',
    `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
VALUES ('T', 'REACTOR_02', 93, 95, 48, 'warning', CURRENT_TIMESTAMP)`,
  );

/** What was executed did not help: a follow-up is open. */
async function followUp(): Promise<Row> {
  await place.run('setup', '--sample-data');
  await place.run('run-once');
  await place.run('approve', short(await newest()), '--by', 'operator_john');
  await hot();
  await place.run('run-once');
  await hot();
  await place.run('run-once');
  return newest();
}

test('asking for the earlier values is answered by the next cycle, here by a refusal: the tag may only be decreased', async () => {
  const row = await followUp();
  expect(row.follows_recommendation_id).not.toBeNull();
  expect((await place.run('show', short(row))).stdout).toContain(
    `Tried before:   ${row.follows_recommendation_id?.slice(0, 8)} executed without effect`,
  );
  expect(await place.run('revert', short(row), '--by', 'operator_jane')).toEqual({
    stdout: `✓ Asked for the earlier values in ${short(row)} by operator_jane; the next cycle issues a ticket, or says why not\n`,
    stderr: '',
    code: 0,
  });
  expect((await place.run('show', short(row))).stdout).toContain('Revert asked:   by operator_jane, not answered yet');
  await hot();
  expect((await place.run('run-once')).stderr).toContain('REVERT REFUSED: ');
  const history = (await place.run('show', short(row))).stdout;
  expect(history).toMatch(/revert_asked, operator_jane via cli:/);
  expect(history).toMatch(/revert_refused, ops_agent_001: .*may only decrease/);
}, 30_000);

test('what follows nothing, is decided, unknown, or asked for by the agent is refused with the remedy', async () => {
  await place.run('setup', '--sample-data');
  await place.run('run-once');
  const row = await newest();
  expect(await place.run('revert', short(row), '--by', 'operator_jane')).toEqual({
    stdout: '',
    stderr: `ops-agent: recommendation ${short(row)} follows no other one, so that there is nothing to put back. Revert the follow-up of what was executed or failed: ops-agent recommendations\n`,
    code: 5,
  });
  await place.run('reject', short(row), '--by', 'operator_john', '--reason', 'no');
  expect(await place.run('revert', short(row), '--by', 'operator_jane')).toMatchObject({
    stderr: `ops-agent: recommendation ${short(row)} is rejected. See: ops-agent show ${short(row)}\n`,
    code: 5,
  });
  expect(await place.run('revert', 'ffffffff', '--by', 'operator_jane')).toMatchObject({ code: 3 });
  expect(await place.run('revert', short(row), '--by', 'ops_agent_001')).toMatchObject({ code: 4 });
  expect(await place.run('revert', short(row))).toMatchObject({ code: 2 });
}, 30_000);
