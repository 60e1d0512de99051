import { WAREHOUSE_KEYS, type WarehouseKeys } from './schema-store.ts';
import type { Config } from './schema.ts';
import type { ReadingsPlace } from './settings.ts';

/** A warehouse is named in one of two ways, and so is whoever logs in: of such two the store's do not stand beside the source's own. */
const ALTERNATIVES: readonly (readonly (keyof WarehouseKeys)[])[] = [
  ['httpPath', 'warehouseId'],
  ['profile', 'tokenFile'],
];

/** An authority is trusted in addition to others, and says nothing of a place. */
const OF_EVERY_WORKSPACE: readonly (keyof WarehouseKeys)[] = ['caFile'];

/**
 * Whether the source's connection names a workspace of its own. The store's warehouse, catalog and schema would be other ones there, or none, and the
 * store's token would be shown to another host.
 */
export function isOwnWorkspace({ profile, host }: WarehouseKeys): boolean {
  return profile !== undefined || host !== undefined;
}

/** What the source's connection takes from the store's keys: what it does not give, unless it is of another workspace. */
export function inheritedKeys(own: WarehouseKeys, store: WarehouseKeys): Readonly<Partial<Record<keyof WarehouseKeys, string>>> {
  const isReplaced = (key: keyof WarehouseKeys) =>
    ALTERNATIVES.some((keys) => keys.includes(key) && keys.some((each) => own[each] !== undefined));
  const taken = isOwnWorkspace(own) ? OF_EVERY_WORKSPACE : WAREHOUSE_KEYS;
  return Object.fromEntries(
    taken.flatMap((key) => {
      const value = store[key];
      return value === undefined || own[key] !== undefined || isReplaced(key) ? [] : [[key, value]];
    }),
  );
}

/** Where the readings are, as far as the keys say it. */
export function readingsPlaceOf({ source: { table, connection }, store }: Config, isWarehouse: boolean): ReadingsPlace {
  switch (connection.kind) {
    case 'store':
      return { kind: 'store', table };
    case 'embedded':
      return { kind: 'file' };
    case 'databricks': {
      const { catalog, schema } = { ...connection, ...(isWarehouse ? inheritedKeys(connection, store) : {}) };
      const workspace = connection.host ?? (connection.profile === undefined ? null : `the profile ${connection.profile}`);
      return { kind: 'warehouse', table, catalog: catalog ?? null, schema: schema ?? null, workspace };
    }
  }
}
