import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { write } from '../../src/store/connection.ts';
import { RetryableError } from '../../src/store/retryable.ts';
import type { BadAnswer } from './faults.ts';
import { failureOf, retrying, withConnection } from './with-connection.ts';

const FOLDER = mkdtempSync(path.join(tmpdir(), 'ops-agent-started-'));

withConnection('started_test', (scene) => {
  beforeAll(() => writeFileSync(path.join(FOLDER, 'token'), scene().token));
  afterAll(() => rmSync(FOLDER, { recursive: true }));

  /** One whose credential renews itself: it is tried again with what it has by then. */
  const renewing = () =>
    retrying(scene().open({ credential: { kind: 'token_file', path: path.join(FOLDER, 'token'), from: 'store.tokenFile' } }));

  const REFUSALS: readonly (readonly [string, BadAnswer])[] = [
    ['429 with the seconds to wait', { kind: 'status', status: 429, retryAfterSeconds: 1 }],
    ['429', { kind: 'status', status: 429 }],
    ['401', { kind: 'status', status: 401 }],
    ['400', { kind: 'status', status: 400 }],
  ];

  test.each(REFUSALS)(
    'a write that must not be repeated is not, once it has started, where the question for its end is refused: %s',
    async (_what, answer) => {
      const { control } = scene();
      const connection = renewing();
      await connection.execute(write('CREATE OR REPLACE TABLE never_twice (id STRING) USING delta'));
      const armed = await control.arm({ sql: 'INSERT INTO never_twice', fault: { kind: 'while polled', answer } });
      const error = await failureOf(connection.execute({ ...write(`INSERT INTO never_twice VALUES ('a')`), isOnce: true }));
      expect(error).not.toBeInstanceOf(RetryableError);
      expect(error.message).toMatch(/^it is not known whether the statement was executed \(/);
      expect(await control.met(armed)).toBe(1);
      for (let look = 0; look < 100 && (await control.log()).some(({ outcome }) => outcome === 'running'); look += 1) await sleep(100);
      expect(await control.sql('SELECT COUNT(*) AS n FROM started_test.never_twice')).toEqual([{ n: 1 }]);
    },
  );

  test.each([429, 401])('one that was refused with %d instead of started is sent again', async (status) => {
    const { control } = scene();
    const connection = renewing();
    await connection.execute(write('CREATE OR REPLACE TABLE again (id STRING) USING delta'));
    const answer = { kind: 'status', status, ...(status === 429 && { retryAfterSeconds: 1 }) } as const;
    const armed = await control.arm({ sql: 'INSERT INTO again', fault: { kind: 'before', answer } });
    await connection.execute({ ...write(`INSERT INTO again VALUES ('a')`), isOnce: true });
    expect(await control.met(armed)).toBe(1);
    expect(await control.sql('SELECT COUNT(*) AS n FROM started_test.again')).toEqual([{ n: 1 }]);
  });

  test('one that has started and failed in the engine is told as it is', async () => {
    await scene().control.arm({ sql: 'raise_error', fault: { kind: 'handle first' } });
    const error = await failureOf(renewing().execute({ ...write("SELECT raise_error('no')"), isOnce: true }));
    expect(error.message).toMatch(/USER_RAISED_EXCEPTION/);
  });
});
