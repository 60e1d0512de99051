import pRetry from 'p-retry';
import { type Connection, oneByOne } from './connection.ts';
import { ConflictError, RetryableError } from './retryable.ts';

export interface RetryPolicy {
  /** Tries after the first. */
  readonly attempts: number;
  /** Delay before try n is baseSeconds · 2^n, times a random 1–2. */
  readonly baseSeconds: number;
}

interface Tried<T> {
  readonly value: T;
  /** True where an earlier try may have done it: its answer was lost. */
  readonly isRepeat: boolean;
}

/**
 * Repeats what failed in a way that another try may mend; every statement of the store is safe to repeat. Without transactions a statement that
 * was done is not repeated because a later one failed: it may not find any more what it is made for.
 * An aborted signal ends the waiting between tries, never a try itself.
 */
export function retryingConnection(inner: Connection, policy: RetryPolicy, signal?: AbortSignal): Connection {
  const execute: Connection['execute'] = async (statement) => {
    const { value, isRepeat } = await tried(() => inner.execute(statement), policy, signal, statement.isGuess);
    return isRepeat ? { ...value, isRepeat } : value;
  };
  const executeAtOnce: Connection['executeAll'] = async (statements) => {
    const { value, isRepeat } = await tried(() => inner.executeAll(statements), policy, signal);
    return isRepeat ? value.map(() => null) : value;
  };
  return {
    hasTransactions: inner.hasTransactions,
    execute,
    executeAll: (statements) => (inner.hasTransactions ? executeAtOnce(statements) : oneByOne(statements, execute)),
    close: () => inner.close(),
  };
}

async function tried<T>(work: () => Promise<T>, policy: RetryPolicy, signal: AbortSignal | undefined, isGuess = false): Promise<Tried<T>> {
  const stopping = new AbortController();
  const stopWaiting = () => stopping.abort();
  let isRepeat = false;
  let last: { readonly value: T } | { readonly error: unknown } | undefined;
  const attempt = async () => {
    try {
      const value = await work();
      last = { value };
      return value;
    } catch (error) {
      last = { error };
      // Who lost against another writer wrote nothing.
      isRepeat ||= !(error instanceof ConflictError);
      // A run that is asked to stop still records what it did, but does not wait for a better moment.
      if (signal?.aborted) stopWaiting();
      throw error;
    }
  };
  signal?.addEventListener('abort', stopWaiting, { once: true });
  try {
    const value = await pRetry(attempt, {
      retries: policy.attempts,
      factor: 2,
      minTimeout: policy.baseSeconds * 2000,
      randomize: true,
      shouldRetry: ({ error }) => error instanceof RetryableError && !(isGuess && error instanceof ConflictError),
      signal: stopping.signal,
    });
    return { value, isRepeat };
  } catch (thrown) {
    // The library reports the abort; what the last attempt did is what counts.
    if (last && 'value' in last) return { value: last.value, isRepeat };
    throw last ? last.error : thrown;
  } finally {
    signal?.removeEventListener('abort', stopWaiting);
  }
}
