import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { write } from '../../src/store/connection.ts';
import { openEmbedded } from '../../src/store/embedded/connection.ts';
import { newWorkplace, startBundle, type Workplace } from '../support/bundle.ts';

describe.each([
  // Reading so many takes seconds; an interruption is heard within one.
  ['one long audit', 100_000, 'NULL', `'ops_agent_001'`],
  ['an audit of many short chains', 30_000, '1', `'agent ' || i`],
] as const)('SIGTERM in the middle of %s', (_which, many, place, owner) => {
  let workplace: Workplace;
  let database: string;
  beforeAll(async () => {
    workplace = newWorkplace();
    database = path.join(workplace.cwd, 'ops-agent.db');
    await workplace.run('setup', '--sample-data');
    const names = 'event_id, at, ordinal, agent_id, run_id, actor, subject_type, subject_id, event, chain_seq';
    const connection = await openEmbedded(database, false);
    await connection.execute(
      write(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)
INSERT INTO agent_events (${names}) SELECT 'e' || i, '2026-01-01 00:00:00.000', 0, ${owner}, 'r', 'r', 'agent', 'r', 'r', ${place} FROM n`,
        { many },
      ),
    );
    await connection.close();
  }, 120_000);
  afterAll(() => workplace.remove());

  test.each([
    ['verify', ['audit', 'verify']],
    ['accept', ['audit', 'accept', '--findings', '0'.repeat(16), '--by', 'anna', '--reason', 'none']],
    ['export into a file', ['audit', 'export', '--output', 'audit.jsonl']],
    ['export of the last day', ['audit', 'export', '--since', '1d', '--output', 'audit.jsonl']],
    ['prune', ['prune', '--keep', '400d', '--by', 'anna']],
  ] as const)(
    'ends %s with 143, before it is read to its end',
    async (_what, args) => {
      // Empty since the store was closed; it comes again as soon as somebody opens it, and signals are heard before.
      for (const end of ['-wal', '-shm']) rmSync(`${database}${end}`, { force: true });
      const { child, done } = startBundle(args, { cwd: workplace.cwd });
      while (!existsSync(`${database}-wal`) && child.exitCode === null) await pause(5);
      child.kill('SIGTERM');
      const { stdout, stderr, code } = await done;
      // Whoever read to the end says what was found, or that it is not what was seen.
      expect({ stdout, stderr, code }).toEqual({ stdout: '', stderr: expect.stringContaining('was interrupted'), code: 143 });
      expect(existsSync(path.join(workplace.cwd, 'audit.jsonl'))).toBe(false);
    },
    60_000,
  );
});
