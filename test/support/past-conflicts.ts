import { ConflictError } from '../../src/store/retryable.ts';

const MOST_TRIES = 50;

/** Repeats a write as often as another writer of the same table comes first: more often than one cycle does, where the rivals of a test are many. */
export async function pastConflicts<T>(write: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (thrown) {
      if (!(thrown instanceof ConflictError) || tries === MOST_TRIES) throw thrown;
    }
  }
}
