import { describe, expect, test } from '@jest/globals';
import type { Failure } from '../../src/store/databricks/failure.ts';
import { Patience } from '../../src/store/databricks/patience.ts';
import { RetryableError } from '../../src/store/retryable.ts';

/** A timer may be over as much before its time. */
const EARLY_MS = 20;
const error = new RetryableError('the last try failed');
const busy = (afterSeconds: number): Failure => ({ kind: 'busy', error, afterSeconds });
const silent = () => undefined;
const waking = (afterSeconds: number | null): Failure => ({ kind: 'waking', error, afterSeconds });

/** How long it was waited, in whole seconds, as a busy machine is late by less than one, and what it came to. */
async function waited(patience: Patience, failure: Failure): Promise<readonly [seconds: number, thrown: unknown]> {
  const start = performance.now();
  const thrown: unknown = await patience.with(failure, false).then(
    () => null,
    (caught: unknown) => caught,
  );
  return [Math.floor((performance.now() - start + EARLY_MS) / 1000), thrown];
}

describe('a warehouse that says when to come again', () => {
  test.each([busy(1), waking(1)])('is asked again then, and not before: $kind', async (failure) => {
    expect(await waited(new Patience(60, {}), failure)).toEqual([1, null]);
  });

  test('is waited for no longer than store.wakeSeconds in all', async () => {
    const patience = new Patience(1, {});
    expect(await waited(patience, busy(3600))).toEqual([1, null]);
    const [seconds, thrown] = await waited(patience, busy(3600));
    expect(seconds).toBe(0);
    expect(thrown).toMatchObject({
      code: 'store_unavailable',
      message: 'the workspace took no more requests for 1 s (the last try failed)',
    });
    expect(thrown).not.toBeInstanceOf(RetryableError);
  });

  test('is waited for no longer than somebody wants to stop', async () => {
    expect(await waited(new Patience(60, { signal: AbortSignal.timeout(250) }), busy(30))).toEqual([0, error]);
  });

  test('is told of once, by what it waits for', async () => {
    const lines: string[] = [];
    const log = { debug: silent, warn: silent, error: silent, info: (line: string) => void lines.push(line) };
    const patience = new Patience(1, { log });
    await waited(patience, busy(1));
    await waited(patience, busy(1));
    await waited(new Patience(1, { log }), waking(1));
    expect(lines).toEqual([
      'The workspace takes no more requests for now: waiting as long as it says, up to 1 s',
      'The warehouse is starting: waiting up to 1 s for it',
    ]);
  });
});

test('a warehouse that says nothing is looked at after two seconds', async () => {
  expect(await waited(new Patience(60, {}), waking(null))).toEqual([2, null]);
});
