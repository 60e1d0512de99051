import { afterEach, beforeEach } from '@jest/globals';
import { type AtHand, atHand, type OpenOptions, type StoreUnderTest } from '../support/stores.ts';

/** A new database for every test of the surrounding `describe`. */
export function withStore(under: StoreUnderTest, options: OpenOptions & { readonly migrate?: boolean } = {}): () => AtHand {
  let current: AtHand | undefined;
  beforeEach(async () => {
    current = await atHand(under, options);
  });
  afterEach(async () => {
    await current?.close();
    current = undefined;
  });
  return () => {
    if (!current) throw new Error('asked for a store outside of a test');
    return current;
  };
}
