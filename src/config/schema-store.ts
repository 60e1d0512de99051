import * as z from 'zod';

import { positiveSeconds, shortText } from './schema-values.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

function schemaName(what: string) {
  return z.string().regex(NAME, { error: `must be a ${what}'s name: letters, digits, '_' and '-', not starting with a digit` });
}

/** How one SQL warehouse is reached. What is not given comes from the variables and the profile that the Databricks tools share. */
const warehouseKeys = {
  host: shortText(300).optional().describe("Databricks: the workspace's host, also as an address with `https://` and a port."),
  httpPath: shortText(500).optional().describe("Databricks: the warehouse's HTTP path, `/sql/1.0/warehouses/…`."),
  warehouseId: shortText(100).optional().describe("Databricks: the warehouse's id, instead of its path."),
  catalog: schemaName('catalog').optional().describe('Databricks: the catalog of tables whose names have none.'),
  schema: schemaName('schema').optional().describe('Databricks: the schema of tables whose names have none.'),
  profile: shortText(200).optional().describe('Databricks: a profile of `~/.databrickscfg` with host and credential.'),
  tokenFile: shortText(4096)
    .optional()
    .describe('Databricks: a file with nothing but a token in it; read again for every request, so that the token may change.'),
  caFile: shortText(4096).optional().describe('Databricks: a PEM file with a certificate authority of your own, beside the public ones.'),
};

export const storeSection = z
  .strictObject({
    kind: z
      .enum(['auto', 'embedded', 'databricks'])
      .default('auto')
      .describe(
        '`embedded`: a SQLite file. `databricks`: Delta tables, by a SQL warehouse. `auto`: databricks where a warehouse is named, else embedded; in a Databricks job it must be said.',
      ),
    path: shortText(4096).default('ops-agent.db').describe('The SQLite file, relative to the working directory.'),
    leaseSeconds: positiveSeconds(120, "How long a cycle's claims hold; more than `plant.timeoutSeconds` + 5.", 3600),
    ...warehouseKeys,
    statementTimeoutSeconds: positiveSeconds(
      60,
      'Databricks: how long one statement may take before it is cancelled; less than `store.leaseSeconds`.',
      3600,
    ),
    wakeSeconds: positiveSeconds(300, 'Databricks: how long a warehouse that is stopped is waited for.', 3600),
  })
  .prefault({})
  .describe("Where the agent's own tables are.");

export const sourceConnectionSection = z
  .strictObject({
    kind: z
      .enum(['store', 'embedded', 'databricks'])
      .default('store')
      .describe("`store`: the readings are where the agent's own tables are. Otherwise: in a SQLite file or warehouse of their own."),
    path: shortText(4096).optional().describe('The SQLite file with the readings, relative to the working directory.'),
    ...warehouseKeys,
  })
  .prefault({})
  .describe(
    'Where the table with the readings is, if not in the store. Of a warehouse, what is not given is as in `store`, unless it names a workspace of its own: by `profile` or `host`.',
  );

export type WarehouseKeys = { readonly [Key in keyof typeof warehouseKeys]?: string | undefined };
export const WAREHOUSE_KEYS = Object.keys(warehouseKeys) as readonly (keyof WarehouseKeys)[];
