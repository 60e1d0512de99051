import { environmentNameOf } from './environment-names.ts';
import { configJsonSchema, type JsonSchema } from './json-schema.ts';

/** One key of the configuration that holds a value (not a section). */
export interface ConfigKey {
  readonly path: string;
  readonly type: 'text' | 'number' | 'whole number' | 'boolean' | 'list' | 'map';
  /** The values it may take, where they are few. */
  readonly options: readonly string[];
  /** Whether it may be `null`. */
  readonly nullable: boolean;
  /** Undefined where it depends on something else; `defaultText` says on what. */
  readonly default: unknown;
  readonly defaultText: string;
  /** The variable that sets it; null for lists and maps, which only the file can hold. */
  readonly environment: string | null;
  readonly description: string;
}

/** Defaults that no constant can say. A test fails when a key has neither this nor a constant. */
const DEPENDENT_DEFAULTS: Readonly<Record<string, string>> = {
  'store.host': '`DATABRICKS_HOST` or `DATABRICKS_SERVER_HOSTNAME`',
  'store.httpPath': '`DATABRICKS_HTTP_PATH`',
  'store.warehouseId': '`DATABRICKS_WAREHOUSE_ID`',
  'store.catalog': "the warehouse's",
  'store.schema': "the warehouse's",
  'store.profile': '`DATABRICKS_CONFIG_PROFILE`',
  'store.tokenFile': 'none',
  'store.caFile': 'none',
  'source.connection.path': 'none',
  'source.connection.host': 'that of its profile; without one as `store.host`',
  'source.connection.httpPath': 'that of its profile; as `store.httpPath` where it has neither profile nor host of its own',
  'source.connection.warehouseId': 'that of its profile; as `store.warehouseId` where it has neither profile nor host of its own',
  'source.connection.catalog': "as `store.catalog`; in a workspace of its own the warehouse's",
  'source.connection.schema': "as `store.schema`; in a workspace of its own the warehouse's",
  'source.connection.profile': 'as `store.profile`, unless it has a host of its own',
  'source.connection.tokenFile': 'as `store.tokenFile`, unless it has a host of its own',
  'source.connection.caFile': 'as `store.caFile`',
  'plant.kind': 'simulator where the readings are in the embedded store, else advisory',
  'plant.simulatorPath': "the store's path with .plant.db for .db",
  'rules.bands': 'built in',
  'rules.causes': 'built in',
  'notify.smtp.host': 'none',
  'notify.smtp.user': 'none',
  'notify.smtp.caFile': 'none',
  'sensorFaults.stuck.seconds': 'off',
  'sensorFaults.dropOutSeconds': 'off',
  'tags.allow': "the simulator's, else none",
};

const TYPES: Readonly<Record<string, ConfigKey['type']>> = {
  string: 'text',
  number: 'number',
  integer: 'whole number',
  boolean: 'boolean',
  array: 'list',
  object: 'map',
};

/** Every key that holds a value, in the schema's order. Derived from the schema, so it cannot fall behind it. */
export function describeKeys(): readonly ConfigKey[] {
  return keysOf(configJsonSchema(), '');
}

function keysOf(section: JsonSchema, prefix: string): ConfigKey[] {
  return Object.entries(section.properties ?? {}).flatMap(([name, part]) => {
    if (typeof part === 'boolean') return [];
    return part.properties === undefined ? [keyOf(part, prefix + name)] : keysOf(part, `${prefix}${name}.`);
  });
}

function keyOf(part: JsonSchema, path: string): ConfigKey {
  const alternatives = (part.anyOf ?? []).filter((alternative) => typeof alternative !== 'boolean');
  const schema = alternatives.find((alternative) => alternative.type !== 'null') ?? part;
  const type = TYPES[String(schema.type)] ?? 'text';
  return {
    path,
    type,
    options: (schema.enum ?? []).map(String),
    nullable: alternatives.some((alternative) => alternative.type === 'null'),
    default: part.default,
    defaultText: DEPENDENT_DEFAULTS[path] ?? JSON.stringify(part.default) ?? '',
    environment: type === 'list' || type === 'map' ? null : environmentNameOf(path),
    description: part.description ?? '',
  };
}
