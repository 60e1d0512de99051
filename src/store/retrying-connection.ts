import pRetry from 'p-retry';
import type { Connection } from './connection.ts';
import { ConflictError, RetryableError } from './retryable.ts';

export interface RetryPolicy {
  /** Tries after the first. */
  readonly attempts: number;
  /** Delay before try n is baseSeconds · 2^n, times a random 1–2. */
  readonly baseSeconds: number;
}

/**
 * Repeats what failed in a way that another try may mend; every statement of the store is safe to repeat.
 * An aborted signal ends the waiting between tries, never a try itself.
 */
export function retryingConnection(inner: Connection, policy: RetryPolicy, signal?: AbortSignal): Connection {
  const retrying = async <T>(work: () => Promise<T>, isGuess = false): Promise<T> => {
    const stopping = new AbortController();
    const stopWaiting = () => stopping.abort();
    let last: { readonly value: T } | { readonly error: unknown } | undefined;
    const attempt = async () => {
      try {
        const value = await work();
        last = { value };
        return value;
      } catch (error) {
        last = { error };
        // A run that is asked to stop still records what it did, but does not wait for a better moment.
        if (signal?.aborted) stopWaiting();
        throw error;
      }
    };
    signal?.addEventListener('abort', stopWaiting, { once: true });
    try {
      return await pRetry(attempt, {
        retries: policy.attempts,
        factor: 2,
        minTimeout: policy.baseSeconds * 2000,
        randomize: true,
        shouldRetry: ({ error }) => error instanceof RetryableError && !(isGuess && error instanceof ConflictError),
        signal: stopping.signal,
      });
    } catch (thrown) {
      // The library reports the abort; what the last attempt did is what counts.
      if (last && 'value' in last) return last.value;
      throw last ? last.error : thrown;
    } finally {
      signal?.removeEventListener('abort', stopWaiting);
    }
  };
  return {
    execute: (statement) => retrying(() => inner.execute(statement), statement.isGuess),
    executeAll: (statements) => retrying(() => inner.executeAll(statements)),
    close: () => inner.close(),
  };
}
