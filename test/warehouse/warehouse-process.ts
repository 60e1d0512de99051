/**
 * The test warehouse as a process of its own, so that a test that waits for a child synchronously does not stop it. Says on stdout where
 * it is; ends with its stdin, and takes its folders along.
 *
 * Arguments: the Python, the folder of the jars, the folder of the scripts, a folder for the certificates.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { makeCertificates } from './certificates.ts';
import { listenForControl } from './control.ts';
import { Faults } from './faults.ts';
import { freshGuid } from './operation.ts';
import { Service } from './service.ts';
import { Sessions } from './sessions.ts';
import { SparkProcess } from './spark-process.ts';
import { StatementLog } from './statement-log.ts';
import { HTTP_PATH, ThriftServer } from './thrift-server.ts';
import { Tokens } from './tokens.ts';
import { CLOUD_HOST } from './certificates.ts';
import { WorkspaceApi } from './workspace-api.ts';

/** Where the warehouse is, and what opens it. */
export interface WarehouseAddress {
  readonly host: string;
  readonly port: number;
  readonly httpPath: string;
  readonly caFile: string;
  readonly token: string;
  readonly controlPort: number;
  readonly cloudHost: string;
  readonly principal: { readonly clientId: string; readonly clientSecret: string };
}

async function main(): Promise<void> {
  const [python = '', jars = '', scripts = '', folder = ''] = process.argv.slice(2);
  const token = `dapi-${freshGuid().toString('hex')}`;
  const principal = { clientId: 'test-principal', clientSecret: freshGuid().toString('hex') };
  const certificates = makeCertificates(folder);
  const spark = await SparkProcess.start({ python, jars }, scripts);
  const faults = new Faults();
  const log = new StatementLog();
  const sessions = new Sessions(spark);
  const tokens = new Tokens(token, principal);
  const api = new WorkspaceApi(sessions);
  const thrift = new ThriftServer(certificates, new Service(spark, { sessions, faults, log }), { tokens, api });
  const control = await listenForControl({
    sql: async (sql) => (await spark.ask('query', { sql })).rows,
    log: () => log.entries(),
    clearLog: () => log.clear(),
    arm: (fault) => faults.arm(fault),
    met: (fault) => faults.met(fault),
    clearFaults: () => faults.clear(),
    stopWarehouse: (stopped) => sessions.stopWarehouse(stopped),
    triedWhileStopped: () => sessions.triedWhileStopped,
    expireSessions: () => sessions.expireAll(),
    addToken: (added) => tokens.add(added),
    revokeToken: (revoked, status) => tokens.revoke(revoked, status),
    describeWarehouse: (described) => api.describe(described),
    warehouseDescribed: () => api.asked,
    tokensBought: () => tokens.bought,
    copySchema: async (source, target) => void (await spark.ask('copySchema', { source, target })),
    dropSchema: async (name) => void (await spark.ask('dropSchema', { name })),
  });
  const port = await thrift.listen();
  const { caFile } = certificates;
  const address: WarehouseAddress = {
    host: '127.0.0.1',
    port,
    httpPath: HTTP_PATH,
    caFile,
    token,
    controlPort: control.port,
    cloudHost: CLOUD_HOST,
    principal,
  };
  process.stdout.write(`${JSON.stringify(address)}\n`);
  for await (const _ of process.stdin) {
    // Nothing is said here: only its end counts.
  }
  control.server.closeAllConnections();
  control.server.close();
  await thrift.close();
  await spark.stop();
}

// Here and not by who started it, which may have been killed: the certificates, and this program.
void main().finally(() => {
  const [, program = '', , , , folder = ''] = process.argv;
  for (const own of [path.dirname(program), folder]) rmSync(own, { recursive: true, force: true });
});
