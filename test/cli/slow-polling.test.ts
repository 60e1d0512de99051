import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { ensureBundle, newWorkplace, type Workplace } from '../support/bundle.ts';

let place: Workplace;
beforeAll(() => ensureBundle(), 60_000);
beforeEach(() => {
  place = newWorkplace();
});
afterEach(() => place.remove());

const text = (ttl: number, interval: number) =>
  `is ${ttl}, and a cycle comes every ${interval} s: an approval may expire before one reads it`;

/** As if the cycle had been so many minutes ago, with what it knew and promised. */
async function passed(minutes: number): Promise<void> {
  const back = (column: string) => `${column} = datetime(${column}, '-${minutes} minutes')`;
  const columns = ['last_heartbeat', 'detected_timestamp', 'newest_reading_timestamp', 'next_due'];
  expect(await place.run('sql', `UPDATE agent_health SET ${columns.map(back).join(', ')}`)).toMatchObject({ code: 0 });
}

test('a run-once that comes every 15 min is healthy in between, and unhealthy where it stays away', async () => {
  writeFileSync(path.join(place.cwd, 'ops-agent.yaml'), 'poll: {intervalSeconds: 900}\n');
  await place.run('setup', '--sample-data');
  await place.run('run-once');
  await passed(14);
  expect(await place.run('health')).toMatchObject({ stdout: expect.stringContaining('healthy: agent ops_agent_001'), code: 0 });
  expect((await place.run('status')).stdout).toMatch(/^Feed: newest good reading 1[45]m ago$/m);
  await passed(5);
  const { stdout, code } = await place.run('health');
  expect(code).toBe(8);
  expect(stdout).toMatch(/the last heartbeat was at .*; the feed is silent: the newest good reading is of /);
  expect((await place.run('status')).stdout).toMatch(/^Feed: SILENT, /m);
});

test('approvals that would end before the next cycle are warned of, by the interval that counts', async () => {
  await place.run('setup');
  expect(await place.run('config', 'check')).toMatchObject({ stderr: '', code: 0 });
  expect((await place.run('run-once')).stderr).not.toContain('approvalTtlSeconds');
  expect((await place.run('loop', '--max-cycles', '1', '--interval', '15m')).stderr).toContain(
    `[WARNING] policy.approvalTtlSeconds ${text(900, 900)}\n`,
  );
  writeFileSync(path.join(place.cwd, 'ops-agent.yaml'), 'poll: {intervalSeconds: 60}\npolicy:\n  approvalTtlSeconds: 30\n');
  expect(await place.run('config', 'check')).toMatchObject({
    stderr: `ops-agent: warning: policy.approvalTtlSeconds (line 3, column 3): ${text(30, 60)}\n`,
    code: 0,
  });
  expect((await place.run('run-once')).stderr).toContain(`[WARNING] policy.approvalTtlSeconds ${text(30, 60)}\n`);
  expect((await place.run('loop', '--max-cycles', '1', '--interval', '29')).stderr).not.toContain('approvalTtlSeconds');
});
