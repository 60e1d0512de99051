import type { Settings } from '../config/settings.ts';
import { approvalsUnread } from '../domain/policy.ts';
import type { Log } from '../ports/log.ts';

const HASH_SHOWN = 12;

/** The first line of every run's log: what it works with. Then, on every store, whether the plant is real, and approvals that would not be read in time. */
export function introduce(settings: Settings, intervalSeconds: number, log: Log): void {
  const { store, plant, origin, rulesHash, signingKeys } = settings;
  const rules = rulesHash.slice(0, HASH_SHOWN);
  const place =
    store.kind === 'embedded' ? store.path : [store.host, store.catalog, store.schema].filter((part) => part !== null).join('/');
  log.info(`Initializing Operations Agent... store=${store.kind}:${place} plant=${plant.kind} config=${origin} rules=${rules}`, {
    store: store.kind,
    store_path: place,
    plant: plant.kind,
    config: origin,
    rules_hash: rulesHash,
  });
  const [key, ...older] = signingKeys;
  if (key) log.info(`Signing with the key '${key.id}'${older.length === 0 ? '' : `; also valid: ${older.map(({ id }) => id).join(', ')}`}`);
  // A simulator says 'executed' about writes that no real equipment ever sees.
  if (plant.kind === 'simulator')
    log.warn(`The plant is simulated (${plant.simulatorPath}): nothing that is executed reaches real equipment`);
  const unread = approvalsUnread(settings.policy, intervalSeconds);
  if (unread !== null) log.warn(`policy.approvalTtlSeconds ${unread}`);
}
