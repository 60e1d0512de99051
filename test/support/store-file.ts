import type { Settings } from '../../src/config/settings.ts';

/** The SQLite file of settings that have one. */
export function storeFile({ store }: Pick<Settings, 'store'>): string {
  if (store.kind !== 'embedded') throw new Error('the store is no file');
  return store.path;
}

/** The same settings with another file. */
export function withStoreFile(settings: Settings, path: string): Settings {
  return { ...settings, store: { kind: 'embedded', path, leaseSeconds: settings.store.leaseSeconds } };
}
