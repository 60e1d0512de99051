import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { WarehouseDatabase } from '../../src/config/settings.ts';
import { openWarehouse } from '../../src/store/databricks/connection.ts';
import { databricksDialect } from '../../src/store/databricks/dialect.ts';
import { Session } from '../../src/store/session.ts';
import { createSqlStore } from '../../src/store/sql-store.ts';
import { warehouse } from '../warehouse/start-warehouse.ts';
import { AGENT, type StoreUnderTest, type TestDatabase } from './stores.ts';

/** The one catalog that Spark has without Unity Catalog. */
const CATALOG = 'spark_catalog';
/** Of this file of tests: a process plays several of them, one after another. */
const OWN = randomUUID().slice(0, 8);

let made = 0;
let template: Promise<string> | undefined;

/** Beside the certificate, which goes with the warehouse. */
function tokenFile(token: string): string {
  const file = path.join(path.dirname(warehouse().caFile), 'token');
  writeFileSync(file, token, { mode: 0o600 });
  return file;
}

function databaseOf(schema: string): WarehouseDatabase {
  const { host, port, httpPath, token, caFile } = warehouse();
  return {
    kind: 'databricks',
    host,
    port,
    httpPath,
    catalog: CATALOG,
    schema,
    // A file and no secret in memory: these settings also travel to other processes.
    credential: { kind: 'token_file', path: tokenFile(token), from: 'store.tokenFile' },
    caFile,
    statementTimeoutSeconds: 90,
    wakeSeconds: 60,
  };
}

const connectTo = (schema: string) => openWarehouse(databaseOf(schema), { tags: {} });

/** A schema with the agent's tables, made once: a copy of its files costs a fraction of the statements. */
async function migrated(): Promise<string> {
  const name = `contract_template_${OWN}`;
  await warehouse().control.sql(`CREATE SCHEMA ${name}`);
  const session = new Session(connectTo(name), databricksDialect({ catalog: CATALOG, schema: name }));
  await createSqlStore({ session, lock: null, sourceTable: 'sensor_data', description: 'a template' }).migrate(AGENT);
  await session.close();
  return name;
}

async function newSchema(isEmpty: boolean): Promise<TestDatabase> {
  const { control } = warehouse();
  made += 1;
  const name = `contract_${OWN}_${made}`;
  if (isEmpty) await control.sql(`CREATE SCHEMA ${name}`);
  else await control.copySchema(await (template ??= migrated()), name);
  return {
    connect: () => Promise.resolve(connectTo(name)),
    newLock: () => null,
    settings: { ...databaseOf(name), leaseSeconds: 120 },
    isMigrated: !isEmpty,
    remove: () => control.dropSchema(name),
  };
}

const AS_DELTA = "USING DELTA TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')";

/** No keys, double precision, times in a column of times; a default needs a feature of the table. */
function spellForDelta(ddl: string): string {
  if (/\bUSING DELTA\b/.test(ddl)) return ddl;
  if (/\bAS SELECT\b/.test(ddl)) return ddl.replace(' AS SELECT ', ` ${AS_DELTA} AS SELECT `);
  const typed = ddl
    .replaceAll(' PRIMARY KEY', '')
    .replaceAll(/\bFLOAT\b/g, 'DOUBLE')
    .replaceAll(/\b(ts?|stored|measured_at) VARCHAR\(\d+\)/g, '$1 TIMESTAMP')
    .replaceAll(/\bTEXT\b|\bVARCHAR\(\d+\)/g, 'STRING');
  return `${typed} ${AS_DELTA}`;
}

/** Delta tables on Spark, behind the driver's own protocol. */
export function databricksStore(): StoreUnderTest {
  return {
    name: 'databricks',
    // Every test has a schema of its own, in which its sessions begin.
    dialect: databricksDialect({ catalog: null, schema: null }),
    takesAnyValue: false,
    spell: spellForDelta,
    // Delta drops a column only of tables that map names to columns.
    dropColumn: (table, column) => [
      `ALTER TABLE ${table} SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')`,
      `ALTER TABLE ${table} DROP COLUMN ${column}`,
    ],
    unprotectAudit: async (outside) => {
      await outside.run(`ALTER TABLE agent_events SET TBLPROPERTIES ('delta.appendOnly' = 'false')`);
      await outside.run('ALTER TABLE agent_events DROP CONSTRAINT IF EXISTS agent_events_readable');
    },
    slowness: 35,
    manyWriters: 4,
    runs: (asked) => Math.ceil(asked / 10),
    longMs: 600_000,
    environment: {},
    newDatabase: (options) => newSchema(options?.isEmpty ?? false),
  };
}
