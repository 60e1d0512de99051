import pRetry from 'p-retry';
import type { Connection } from './connection.ts';
import { RetryableError } from './retryable.ts';

export interface RetryPolicy {
  /** Tries after the first. */
  readonly attempts: number;
  /** Delay before try n is baseSeconds · 2^n, times a random 1–2. */
  readonly baseSeconds: number;
}

/**
 * Repeats what failed in a way that another try may mend; every statement of the store is safe to repeat.
 * An aborted signal ends the waiting.
 */
export function retryingConnection(inner: Connection, policy: RetryPolicy, signal?: AbortSignal): Connection {
  const retrying = <T>(work: () => Promise<T>): Promise<T> =>
    pRetry(work, {
      retries: policy.attempts,
      factor: 2,
      minTimeout: policy.baseSeconds * 2000,
      randomize: true,
      shouldRetry: ({ error }) => error instanceof RetryableError,
      ...(signal && { signal }),
    });
  return {
    execute: (statement) => retrying(() => inner.execute(statement)),
    executeAll: (statements) => retrying(() => inner.executeAll(statements)),
    close: () => inner.close(),
  };
}
