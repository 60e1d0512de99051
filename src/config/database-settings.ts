import path from 'node:path';

import type { Environment } from './environment.ts';
import type { Problem } from './problems.ts';
import { WAREHOUSE_KEYS, type WarehouseKeys } from './schema-store.ts';
import type { Config } from './schema.ts';
import type { DatabaseSettings, StoreSettings } from './settings.ts';
import { type Elsewhere, findWarehouse, type Limits, WAREHOUSE_VARIABLES } from './warehouse-settings.ts';

/** In a Databricks job, as its runtime sets it. */
const JOB_VARIABLE = 'DATABRICKS_RUNTIME_VERSION';
const DATABASE_KEYS = [...WAREHOUSE_KEYS, 'path'] as const;
const WAREHOUSE_NAMES = ['httpPath', 'warehouseId'] as const;
/** Where no warehouse was found there are problems, and nobody gets to see the settings. */
const NOWHERE = { kind: 'embedded', path: '' } as const;

export interface Databases {
  readonly store: StoreSettings;
  /** Null: the readings are in the store. */
  readonly source: DatabaseSettings | null;
  readonly problems: readonly Problem[];
  /** Of the keys below `store` that are not given: what counts instead. */
  readonly elsewhere: Readonly<Partial<Record<string, Elsewhere>>>;
}

export interface Outside {
  readonly env: Environment;
  readonly cwd: string;
  /** Whether file, environment or flags give the key of this dotted path. */
  readonly isGiven: (key: string) => boolean;
}

/** Where the agent's tables and the readings are. Reads what the warehouse's keys name: profiles, the token's and the authority's file. */
export function databasesOf(config: Config, outside: Outside): Databases {
  const { store, source } = config;
  const { env, cwd } = outside;
  const limits: Limits = { statementTimeoutSeconds: store.statementTimeoutSeconds, wakeSeconds: store.wakeSeconds };
  const kind = kindOfStore(config, env);
  const isWarehouse = kind === 'databricks';
  const found = isWarehouse ? findWarehouse(store, limits, { env, cwd, section: ['store'] }) : undefined;
  const database: DatabaseSettings = isWarehouse ? (found?.warehouse ?? NOWHERE) : { kind, path: path.resolve(cwd, store.path) };
  const apart = sourceApart(config, isWarehouse, limits, outside);
  return {
    store: { ...database, leaseSeconds: store.leaseSeconds },
    source: apart.source,
    problems: [
      ...autoProblems(config, env, found?.problems ?? []),
      ...(found?.problems ?? []),
      ...apart.problems,
      ...(isWarehouse ? [] : foreignProblems(['store'], `store.kind: ${kind}`, WAREHOUSE_KEYS, outside)),
      ...(isWarehouse ? foreignProblems(['store'], 'store.kind: databricks', ['path'], outside) : []),
      ...foreignProblems(['source', 'connection'], `source.connection.kind: ${source.connection.kind}`, foreignToSource(config), outside),
      ...timeoutProblems(config, isWarehouse || source.connection.kind === 'databricks'),
    ],
    elsewhere: Object.fromEntries(Object.entries(found?.elsewhere ?? {}).map(([key, value]) => [`store.${key}`, value])),
  };
}

/** `auto` must never put a file in place of the warehouse that is plainly meant: the records would be in a container that is thrown away. */
function kindOfStore({ store }: Config, env: Environment): StoreSettings['kind'] {
  if (store.kind !== 'auto') return store.kind;
  const isNamed = WAREHOUSE_NAMES.some((key) => store[key] !== undefined) || WAREHOUSE_VARIABLES.some((name) => isSet(env, name));
  return isNamed ? 'databricks' : 'embedded';
}

function isSet(env: Environment, name: string): boolean {
  return (env[name] ?? '').trim() !== '';
}

function autoProblems({ store }: Config, env: Environment, ofWarehouse: readonly Problem[]): Problem[] {
  if (store.kind !== 'auto') return [];
  if (!isSet(env, JOB_VARIABLE)) {
    // Whoever did not say databricks wants to know why a host is asked for.
    const why = WAREHOUSE_VARIABLES.find((name) => isSet(env, name)) ?? WAREHOUSE_NAMES.map((key) => `store.${key}`).join(' or ');
    const means = `auto means databricks, because ${why} is set; for a file set store.kind: embedded`;
    return ofWarehouse.length === 0 ? [] : [{ path: ['store', 'kind'], text: means }];
  }
  const text = `${JOB_VARIABLE} is set, so this is a Databricks job, where auto is not allowed; set store.kind: databricks or embedded (or OPS_AGENT_STORE_KIND)`;
  return [{ path: ['store', 'kind'], text }];
}

/** A statement that outlives the lease would write after another run has it; the guards refuse it, but nothing else would be done either. */
function timeoutProblems({ store }: Config, isUsed: boolean): Problem[] {
  const { statementTimeoutSeconds, leaseSeconds } = store;
  if (!isUsed || statementTimeoutSeconds < leaseSeconds) return [];
  const text = `must be less than store.leaseSeconds (${leaseSeconds}), is ${statementTimeoutSeconds}`;
  return [{ path: ['store', 'statementTimeoutSeconds'], text }];
}

interface SourceApart {
  readonly source: DatabaseSettings | null;
  readonly problems: readonly Problem[];
}

function sourceApart({ store, source: { connection } }: Config, isWarehouse: boolean, limits: Limits, outside: Outside): SourceApart {
  switch (connection.kind) {
    case 'store':
      return { source: null, problems: [] };
    case 'embedded':
      return connection.path === undefined
        ? { source: NOWHERE, problems: [{ path: ['source', 'connection', 'path'], text: 'is missing: the SQLite file with the readings' }] }
        : { source: { kind: 'embedded', path: path.resolve(outside.cwd, connection.path) }, problems: [] };
    case 'databricks': {
      const keys = isWarehouse ? inherited(connection, store) : connection;
      const found = findWarehouse(keys, limits, { env: outside.env, cwd: outside.cwd, section: ['source', 'connection'] });
      return { source: found.warehouse ?? NOWHERE, problems: found.problems };
    }
  }
}

/** A warehouse is named in one of two ways, and so is whoever logs in: of such two the store's do not stand beside the source's own. */
const ALTERNATIVES: readonly (readonly (keyof WarehouseKeys)[])[] = [
  ['httpPath', 'warehouseId'],
  ['profile', 'tokenFile'],
];

function inherited(own: WarehouseKeys, store: WarehouseKeys): WarehouseKeys {
  const isReplaced = (key: keyof WarehouseKeys) =>
    ALTERNATIVES.some((keys) => keys.includes(key) && keys.some((each) => own[each] !== undefined));
  return Object.fromEntries(WAREHOUSE_KEYS.map((key) => [key, own[key] ?? (isReplaced(key) ? undefined : store[key])]));
}

function foreignToSource({ source: { connection } }: Config): readonly string[] {
  switch (connection.kind) {
    case 'store':
      return DATABASE_KEYS;
    case 'embedded':
      return WAREHOUSE_KEYS;
    case 'databricks':
      return ['path'];
  }
}

/** What is ignored in silence is taken for what is in force. */
function foreignProblems(section: readonly string[], kind: string, keys: readonly string[], { isGiven }: Outside): Problem[] {
  return keys
    .filter((key) => isGiven([...section, key].join('.')))
    .map((key) => ({ path: [...section, key], text: `does not belong to ${kind}` }));
}
