import { RetryableError } from './retryable.ts';

/** Of twenty runners at once each has its turn. */
const MOST_ATTEMPTS = 40;

/** Repeats what other runners that do the same keep from being done. @throws RetryableError where they come first again and again */
export async function inTurn(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof RetryableError) || attempt === MOST_ATTEMPTS) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 100 * attempt));
    }
}
