import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';

import { ensureBundle, newWorkplace, type Workplace } from '../support/bundle.ts';

let place: Workplace;
beforeAll(() => ensureBundle(), 60_000);
beforeEach(async () => {
  place = newWorkplace();
  await place.run('setup', '--sample-data');
  await place.run('run-once');
});
afterEach(() => place.remove());

/** Sets columns of REACTOR_02's recommendation by plain SQL, and gives what the log of the next cycle says about it. */
async function told(assignments: string): Promise<readonly string[]> {
  await place.run('sql', `UPDATE agent_recommendations SET ${assignments} WHERE equipment_id = 'REACTOR_02'`);
  const { stderr } = await place.run('run-once');
  const lines = stderr.split('\n').filter((line) => line.includes('REACTOR_02'));
  return lines.map((line) => line.replace(/^\[[^\]]+\] /, '').replace(/[0-9a-f-]{36}/, 'ID'));
}

test('a status that nobody was entitled to write is put back with a warning, once', async () => {
  expect(await told(`status = 'executed'`)).toEqual([
    "[WARNING] RESTORED: ID for REACTOR_02 (status 'executed' was not written by the agent or by a valid decision)",
  ]);
  expect(await told('operator_notes = NULL')).toEqual([]);
});

test('a rejection by plain SQL is told with its operator and reason', async () => {
  expect(
    await told(`status = 'rejected', rejected_by_operator = 'anna', rejection_reason = 'known', rejected_timestamp = CURRENT_TIMESTAMP`),
  ).toEqual(['[INFO] REJECTED: ID for REACTOR_02 by anna via sql (known)']);
});

test('a deferral by plain SQL is told when it is taken over, and when it is over', async () => {
  expect(await told(`status = 'deferred', defer_until = '2999-01-01 00:00:00.000'`)).toEqual([
    '[INFO] DEFERRED: ID for REACTOR_02 (until 2999-01-01T00:00:00.000Z)',
  ]);
  expect(await told('defer_until = CURRENT_TIMESTAMP')).toContainEqual(expect.stringMatching(/^\[INFO\] RESUMED: ID for REACTOR_02 \(/));
});
