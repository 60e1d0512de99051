import type { WarehouseAddress } from './warehouse-process.ts';

/** The agent's own variables for the warehouse and one of its schemas, with the simulated plant. */
export function environmentOf({ port, httpPath, token, caFile }: WarehouseAddress, schema: string): Readonly<Record<string, string>> {
  return {
    OPS_AGENT_STORE_KIND: 'databricks',
    DATABRICKS_SERVER_HOSTNAME: `https://localhost:${port}`,
    DATABRICKS_HTTP_PATH: httpPath,
    DATABRICKS_TOKEN: token,
    OPS_AGENT_STORE_CATALOG: 'spark_catalog',
    OPS_AGENT_STORE_SCHEMA: schema,
    OPS_AGENT_STORE_CA_FILE: caFile,
    OPS_AGENT_PLANT_KIND: 'simulator',
  };
}
