import path from 'node:path';

import type { Environment } from './environment.ts';
import type { Problem } from './problems.ts';
import { WAREHOUSE_KEYS, type WarehouseKeys } from './schema-store.ts';
import type { Config } from './schema.ts';
import type { DatabaseSettings, StoreSettings } from './settings.ts';
import { inheritedKeys, isOwnWorkspace } from './source-workspace.ts';
import { type Elsewhere, findWarehouse, type FoundWarehouse, type Limits, type Place, WAREHOUSE_VARIABLES } from './warehouse-settings.ts';

/** In a Databricks job, as its runtime sets it. */
const JOB_VARIABLE = 'DATABRICKS_RUNTIME_VERSION';
const DATABASE_KEYS = [...WAREHOUSE_KEYS, 'path'] as const;
const WAREHOUSE_NAMES = ['httpPath', 'warehouseId'] as const;
/** Where no warehouse was found there are problems, and nobody gets to see the settings. */
const NOWHERE = { kind: 'embedded', path: '' } as const;
const NO_FILE = 'is missing: the SQLite file with the readings';

export interface Databases {
  /** Whether the agent's tables are in a warehouse, also where none was found. */
  readonly isWarehouse: boolean;
  readonly store: StoreSettings;
  /** Null: the readings are in the store. */
  readonly source: DatabaseSettings | null;
  readonly problems: readonly Problem[];
  /** Of keys that are not given: what counts instead. */
  readonly elsewhere: Readonly<Partial<Record<string, Elsewhere>>>;
}

export interface Outside {
  readonly env: Environment;
  readonly cwd: string;
  /** Whether file, environment or flags give the key of this dotted path. */
  readonly isGiven: (key: string) => boolean;
  /** Whether somebody is to log in; else no host, warehouse and credential is looked for, and none is missing. */
  readonly isToLogIn: boolean;
}

/** Where the agent's tables and the readings are. Reads what the warehouse's keys name: profiles, the token's and the authority's file. */
export function databasesOf(config: Config, outside: Outside): Databases {
  const { store, source } = config;
  const { env, cwd } = outside;
  const kind = kindOfStore(config, env);
  const isWarehouse = kind === 'databricks';
  const found = isWarehouse ? find(store, config, { ...outside, section: ['store'], hasVariables: true }) : undefined;
  const database: DatabaseSettings = isWarehouse ? (found?.warehouse ?? NOWHERE) : { kind, path: path.resolve(cwd, store.path) };
  const apart = sourceApart(config, isWarehouse, outside);
  return {
    isWarehouse,
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
    elsewhere: { ...below('store', found?.elsewhere), ...below('source.connection', apart.elsewhere) },
  };
}

function find(keys: WarehouseKeys, { store }: Config, place: Place & Outside): FoundWarehouse {
  const limits: Limits = { statementTimeoutSeconds: store.statementTimeoutSeconds, wakeSeconds: store.wakeSeconds };
  return place.isToLogIn ? findWarehouse(keys, limits, place) : { warehouse: undefined, problems: [], elsewhere: {} };
}

function below(section: string, elsewhere: Databases['elsewhere'] = {}): Databases['elsewhere'] {
  return Object.fromEntries(Object.entries(elsewhere).map(([key, value]) => [`${section}.${key}`, value]));
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

type SourceApart = Pick<Databases, 'source' | 'problems' | 'elsewhere'>;

function sourceApart(config: Config, isWarehouse: boolean, outside: Outside): SourceApart {
  const { connection } = config.source;
  switch (connection.kind) {
    case 'store':
      return { source: null, problems: [], elsewhere: {} };
    case 'embedded':
      return connection.path === undefined
        ? { source: NOWHERE, problems: [{ path: ['source', 'connection', 'path'], text: NO_FILE }], elsewhere: {} }
        : { source: { kind: 'embedded', path: path.resolve(outside.cwd, connection.path) }, problems: [], elsewhere: {} };
    case 'databricks': {
      const ofStore = isWarehouse ? inheritedKeys(connection, config.store) : {};
      const hasVariables = !isWarehouse || !isOwnWorkspace(connection);
      const found = find({ ...connection, ...ofStore }, config, { ...outside, section: ['source', 'connection'], hasVariables });
      const inherited = Object.entries(ofStore).map(([key, value]) => [key, { value, variable: undefined, isOfStore: true }] as const);
      return {
        source: found.warehouse ?? NOWHERE,
        problems: found.problems,
        elsewhere: { ...found.elsewhere, ...Object.fromEntries(inherited) },
      };
    }
  }
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
