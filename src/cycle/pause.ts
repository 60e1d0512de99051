import { setTimeout as delay } from 'node:timers/promises';

/** Waits, or returns early when the signal is aborted; never throws. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}
