import type { WarehouseAddress } from './warehouse-process.ts';

/** Where the warehouse is and who asks it, in the variables that Databricks' own tools read. */
export function loginOf({ port, httpPath, token }: WarehouseAddress): Readonly<Record<string, string>> {
  return {
    DATABRICKS_SERVER_HOSTNAME: `https://localhost:${port}`,
    DATABRICKS_HTTP_PATH: httpPath,
    DATABRICKS_TOKEN: token,
  };
}

/** The agent's own variables for the warehouse and one of its schemas, with the simulated plant. */
export function environmentOf(address: WarehouseAddress, schema: string): Readonly<Record<string, string>> {
  return {
    ...loginOf(address),
    OPS_AGENT_STORE_KIND: 'databricks',
    OPS_AGENT_STORE_CATALOG: 'spark_catalog',
    OPS_AGENT_STORE_SCHEMA: schema,
    OPS_AGENT_STORE_CA_FILE: address.caFile,
    OPS_AGENT_PLANT_KIND: 'simulator',
  };
}
