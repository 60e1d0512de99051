import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { write } from '../../src/store/connection.ts';
import { openEmbedded } from '../../src/store/embedded/connection.ts';
import { newWorkplace, startBundle, type Workplace } from '../support/bundle.ts';

/** Reading so many takes seconds; an interruption is heard within one. */
const MANY = 100_000;

let place: Workplace;
let database: string;
beforeAll(async () => {
  place = newWorkplace();
  database = path.join(place.cwd, 'ops-agent.db');
  await place.run('setup', '--sample-data');
  const names = 'event_id, at, ordinal, agent_id, run_id, actor, subject_type, subject_id, event';
  const connection = await openEmbedded(database, false);
  await connection.execute(
    write(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)
INSERT INTO agent_events (${names}) SELECT 'e' || i, '2026-01-01 00:00:00.000', 0, 'ops_agent_001', 'r', 'r', 'agent', 'r', 'r' FROM n`,
      { many: MANY },
    ),
  );
  await connection.close();
}, 120_000);
afterAll(() => place.remove());

test.each([
  ['verify', ['audit', 'verify']],
  ['accept', ['audit', 'accept', '--findings', '0'.repeat(16), '--by', 'anna', '--reason', 'none']],
  ['export into a file', ['audit', 'export', '--output', 'audit.jsonl']],
  ['export of the last day', ['audit', 'export', '--since', '1d', '--output', 'audit.jsonl']],
  ['prune', ['prune', '--keep', '400d', '--by', 'anna']],
] as const)(
  'SIGTERM ends %s in the middle of a long audit with 143, before it is read to its end',
  async (_what, args) => {
    // Empty since the store was closed; it comes again as soon as somebody opens it, and signals are heard before.
    for (const end of ['-wal', '-shm']) rmSync(`${database}${end}`, { force: true });
    const { child, done } = startBundle(args, { cwd: place.cwd });
    while (!existsSync(`${database}-wal`) && child.exitCode === null) await pause(5);
    child.kill('SIGTERM');
    const { stdout, stderr, code } = await done;
    // Whoever read to the end says what was found, or that it is not what was seen.
    expect({ stdout, stderr, code }).toEqual({ stdout: '', stderr: expect.stringMatching(/^$|was interrupted/), code: 143 });
    expect(existsSync(path.join(place.cwd, 'audit.jsonl'))).toBe(false);
  },
  60_000,
);
