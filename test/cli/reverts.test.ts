import { writeFileSync } from 'node:fs';
import path from 'node:path';
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

const BOTH_WAYS = `tags:
  allow:
    - { path: '[default]{id}/ThroughputSetpoint', min: 0, max: 100, unit: '%' }
    - { path: '[default]{id}/CoolingSystemStatus', min: 0, max: 1, type: integer }
`;

test('a way back is offered, asked for, and another ticket; approving it says what it is', async () => {
  writeFileSync(path.join(place.cwd, 'ops-agent.yaml'), BOTH_WAYS);
  const row = await followUp();
  expect(row.follows_recommendation_id).not.toBeNull();
  const page = (await place.run('show', short(row))).stdout;
  expect(page).toContain(`Tried before:   ${row.follows_recommendation_id?.slice(0, 8)} executed without effect`);
  expect(page).toContain(`Way back:       ops-agent revert ${short(row)}\n`);
  expect(page).toMatch(/ThroughputSetpoint: 75 → 75 %, nothing will be written: it is there already/);
  expect(await place.run('revert', short(row), '--by', 'operator_jane')).toEqual({
    stdout: `✓ Asked for the earlier values in ${short(row)} by operator_jane; the next cycle issues a ticket, or says why not\n`,
    stderr: '',
    code: 0,
  });
  expect((await place.run('show', short(row))).stdout).toContain('Revert asked:   by operator_jane, not answered yet');
  await hot();
  expect((await place.run('run-once')).stderr).toContain(`TICKET RENEWED: ${row.recommendation_id} for REACTOR_02 needs a decision (`);
  const ticket = (await place.run('show', short(row))).stdout;
  expect(ticket).toContain('Way back:       this ticket: approve it, and the earlier values are written\n');
  expect(ticket).toMatch(/ThroughputSetpoint: 75 → 100 %$/m);
  expect(await place.run('revert', short(row), '--by', 'operator_jane')).toEqual({
    stdout: '',
    stderr: `ops-agent: the ticket of recommendation ${short(row)} puts back what was written already. Approve it: ops-agent show ${short(row)}\n`,
    code: 5,
  });
}, 30_000);

test('a way back that the limits can never allow is not offered, and asking for it is refused with the reason', async () => {
  const row = await followUp();
  expect((await place.run('show', short(row))).stdout).not.toContain('ops-agent revert');
  const shown = /Way back: {7}not by the agent, only at the plant: (.*)/.exec((await place.run('show', short(row))).stdout)?.[1] ?? '';
  expect(shown).toContain('may only decrease');
  expect(await place.run('revert', short(row), '--by', 'operator_jane')).toEqual({
    stdout: '',
    stderr: `ops-agent: what ${row.follows_recommendation_id?.slice(0, 8)} wrote cannot be put back by the agent: ${shown}. Put it back at the plant, and decide here: ops-agent show ${short(row)}\n`,
    code: 5,
  });
  expect((await place.run('show', short(row))).stdout).not.toContain('revert_asked');
}, 30_000);

test('nobody approves while a way back is asked for, until that is answered', async () => {
  writeFileSync(path.join(place.cwd, 'ops-agent.yaml'), BOTH_WAYS);
  const row = await followUp();
  await place.run('revert', short(row), '--by', 'operator_jane');
  expect(await place.run('approve', short(row), '--by', 'operator_john')).toEqual({
    stdout: '',
    stderr: `ops-agent: operator_jane asked that the earlier values be put back in ${short(row)}, and the next cycle answers. Approve what is there then: ops-agent show ${short(row)}\n`,
    code: 5,
  });
  expect((await place.run('reject', short(row), '--by', 'operator_john', '--reason', 'neither')).code).toBe(0);
  const asked = 'by operator_jane, not answered: it was decided before';
  expect((await place.run('show', short(row))).stdout).toContain(`Revert asked:   ${asked}`);
  expect((await place.run('show', short(row), '--evidence')).stdout).toContain(`the earlier values were asked for ${asked}`);
}, 30_000);

test('once it is answered, what goes back is approved like every ticket', async () => {
  writeFileSync(path.join(place.cwd, 'ops-agent.yaml'), BOTH_WAYS);
  const row = await followUp();
  await place.run('revert', short(row), '--by', 'operator_jane');
  await hot();
  await place.run('run-once');
  expect((await place.run('show', short(row))).stdout).toContain('Way back:       this ticket');
  expect((await place.run('approve', short(row), '--by', 'operator_john')).code).toBe(0);
  await hot();
  expect((await place.run('run-once')).stderr).toContain('ThroughputSetpoint = 100');
}, 30_000);

test('who asks for it by plain SQL is answered in the history', async () => {
  const row = await followUp();
  await place.run(
    'sql',
    `UPDATE agent_recommendations SET revert_requested_by = 'jane' WHERE recommendation_id = '${row.recommendation_id}'`,
  );
  await hot();
  expect((await place.run('run-once')).stderr).toContain('REVERT REFUSED: ');
  expect((await place.run('show', short(row))).stdout).toMatch(/revert_refused, ops_agent_001: .*may only decrease/);
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
