import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { ENDED_STATUSES } from '../../src/domain/work-order.ts';
import { newWorkplace, type Workplace } from '../support/bundle.ts';

let place: Workplace;
beforeAll(async () => {
  place = newWorkplace({ OPS_AGENT_SENSOR_FAULTS_OFF_DELAY_SECONDS: '0', OPS_AGENT_SENSOR_FAULTS_CLEAR_READINGS: '1' });
  await place.run('setup');
}, 60_000);
afterAll(() => place.remove());

const insert = (temperature: number, status: string) =>
  place.run(
    'sql',
    `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
VALUES ('SENSOR_REACTOR_02', 'REACTOR_02', ${temperature}, 95.0, 48.0, '${status}', CURRENT_TIMESTAMP)`,
  );

/** The output with what differs from run to run replaced. */
function golden(text: string): string {
  return text
    .replace(/\b[0-9a-f]{8}\b/g, 'ID')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/^\[[^\]]*\] /gm, '')
    .replace(/in \d+\.\d\ds/g, 'in 0.00s')
    .replace(/ +/g, ' ');
}

/** One cycle: what the log says about sensors, and the last line. */
async function cycle(): Promise<string> {
  const { stdout, stderr, code } = await place.run('run-once');
  expect(code).toBe(0);
  const told = stderr.split('\n').filter((line) => /SENSOR|Rejected|ANOMALY/.test(line));
  return golden([...told, stdout].join('\n'));
}

test('a sensor goes bad, has a work order, is good again: the session as an operator sees it', async () => {
  expect(await place.run('work-orders')).toEqual({ stdout: 'No work orders.\n', stderr: '', code: 0 });
  await insert(99, 'bad');
  expect(await cycle()).toBe(`[WARNING] SENSOR FAULT: REACTOR_02 all signals bad_quality (bad)
Cycle completed in 0.00s: 0 violations; no recommendations; no commands; no outcomes; work orders 1 opened
`);
  expect(await cycle()).toBe('Cycle completed in 0.00s: 0 violations; no recommendations; no commands; no outcomes\n');
  expect(golden((await place.run('work-orders')).stdout)).toBe(`ID EQUIPMENT SIGNAL FAULT STATUS ASSIGNED TO CREATED COMPLETED DESCRIPTION
ID REACTOR_02 all signals bad_quality open - TIME - Check the sensor: REACTOR_02 all signals bad_quality (bad)
`);
  await insert(72, 'good');
  expect(await cycle()).toBe(`[INFO] SENSOR GOOD: REACTOR_02 all signals (good since TIME)
Cycle completed in 0.00s: 0 violations; no recommendations; no commands; no outcomes; work orders 1 closed
`);
  expect(await place.json('work-orders', '--status', 'open', '--json')).toEqual([]);
  expect(await place.json('work-orders', '--status', 'closed', '--equipment', 'REACTOR_02', '--json')).toEqual([
    {
      work_order_id: expect.any(String),
      recommendation_id: null,
      equipment_id: 'REACTOR_02',
      description: 'Check the sensor: REACTOR_02 all signals bad_quality (bad)',
      status: 'closed',
      assigned_to: null,
      created_timestamp: expect.stringMatching(/Z$/),
      completed_timestamp: expect.stringMatching(/Z$/),
      signal: '*',
      fault: 'bad_quality',
      predecessor_id: null,
      guarded_status: 'closed',
      quiet_until: null,
      updated_timestamp: expect.stringMatching(/Z$/),
      created_by_agent: 'ops_agent_001',
    },
  ]);
  expect(golden((await place.run('events', '--limit', '2')).stdout)).toBe(`AT EVENT SUBJECT CHANGE ACTOR REASON
TIME closed work_order ID open → closed ops_agent_001 REACTOR_02 all signals: good since TIME
TIME opened work_order ID - → open ops_agent_001 REACTOR_02 all signals bad_quality (bad)
`);
}, 60_000);

test('a single hot reading makes a recommendation and no work order', async () => {
  await insert(99, 'good');
  expect(await cycle()).toBe(`[WARNING] ANOMALY DETECTED: REACTOR_02 temperature=99.0°C
Cycle completed in 0.00s: 1 violation; recommendations 1 created; no commands; no outcomes
`);
  expect(await place.json('work-orders', '--status', 'open', '--json')).toEqual([]);
}, 60_000);

test('a listing shows orders that people made, what has not ended first', async () => {
  await place.run('sql', `INSERT INTO work_orders (work_order_id, equipment_id, description) VALUES ('by-hand', 'PUMP_01', 'oil')`);
  const rows = (await place.json('work-orders', '--json')) as { work_order_id: string; status: unknown }[]; // asserted below
  expect(rows.map(({ work_order_id: id, status }) => [id === 'by-hand', status])).toEqual([
    [true, null],
    [false, 'closed'],
  ]);
  expect(golden((await place.run('work-orders', '--limit', '1')).stdout)).toContain('by-hand PUMP_01 - - - - - - oil');
  await place.run('sql', `UPDATE work_orders SET status = ' Waiting for parts' WHERE work_order_id = 'by-hand'`);
  expect(await place.json('work-orders', '--status', 'waiting for PARTS ', '--json')).toMatchObject([{ work_order_id: 'by-hand' }]);
}, 60_000);

test('the help says that a status is free text, and which words mean the end', async () => {
  const { stdout } = await place.run('work-orders', '--help');
  const words = stdout.replace(/\s+/g, ' ');
  expect(words).toContain('--status <text> only these, in any case; may be repeated. People write what they like:');
  for (const word of ENDED_STATUSES) expect(words).toContain(word);
}, 60_000);
