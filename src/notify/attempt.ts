import { type Instant, SECOND_MS } from '../domain/instant.ts';
import type { Delivery } from '../ports/notifier.ts';

/** What a try has beside what it says. */
export interface Try {
  readonly timeoutMs: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
  /** The clock that signatures are dated by. */
  readonly now: () => Instant;
}

export function failed(
  reason: string,
  { isAway = false, retryAfterSeconds = null }: { readonly isAway?: boolean; readonly retryAfterSeconds?: number | null } = {},
): Delivery {
  return { kind: 'failed', reason, isAway, retryAfterSeconds };
}

/**
 * Does the work with a signal that ends it after the try's time, or when the try is given up. A timer of our own: one of AbortSignal's that
 * only a combined signal knows may be collected before it fires.
 */
export async function withinTry<T>({ timeoutMs, signal }: Try, work: (until: AbortSignal) => Promise<T>): Promise<T> {
  const ending = new AbortController();
  const end = () => ending.abort();
  const timer = setTimeout(end, timeoutMs);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    return await work(ending.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

/** In our words: those of the libraries may repeat an address. */
export function whyNotReached(thrown: unknown, { timeoutMs, signal }: Try): string {
  const name = wordIn(thrown, 'name');
  if (name === 'AbortError')
    return signal.aborted ? 'the try was given up before there was an answer' : `no answer within ${timeoutMs / SECOND_MS} s`;
  const code = wordIn(thrown, 'code') ?? wordIn(causeOf(thrown), 'code') ?? wordIn(causeOf(thrown), 'name') ?? name ?? 'unknown';
  return `no connection: ${code}`;
}

function causeOf(thrown: unknown): unknown {
  return thrown !== null && typeof thrown === 'object' && 'cause' in thrown ? thrown.cause : undefined;
}

/** A property of whatever was thrown; by its shape, because under Jest errors of Node are no instances of this realm's Error. */
export function wordIn(thrown: unknown, key: string): string | undefined {
  if (thrown === null || typeof thrown !== 'object') return undefined;
  const value: unknown = Reflect.get(thrown, key);
  return typeof value === 'string' ? value : undefined;
}
