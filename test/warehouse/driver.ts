import { readFileSync } from 'node:fs';
import { DBSQLClient, LogLevel } from '@databricks/sql';
import type { Warehouse } from './start-warehouse.ts';

type Session = Awaited<ReturnType<DBSQLClient['openSession']>>;
type SessionOptions = NonNullable<Parameters<DBSQLClient['openSession']>[0]>;
type StatementOptions = NonNullable<Parameters<Session['executeStatement']>[1]>;
type Row = Readonly<Record<string, unknown>>;

export interface DriverSession {
  readonly session: Session;
  rows(sql: string, options?: StatementOptions): Promise<readonly Row[]>;
  close(): Promise<void>;
}

type Credentials = { readonly token: string } | { readonly clientId: string; readonly clientSecret: string };

export interface DriverOptions {
  readonly host?: string;
  readonly credentials?: Credentials;
  readonly session?: SessionOptions;
  readonly socketTimeoutMs?: number;
}

/** The stock driver, by its public options alone. */
export async function openDriver(warehouse: Warehouse, options: DriverOptions = {}): Promise<DriverSession> {
  const { host = warehouse.host, credentials = { token: warehouse.token }, session = {}, socketTimeoutMs = 30_000 } = options;
  const client = new DBSQLClient({ logger: { log: (level, message) => level === LogLevel.error && process.stderr.write(`${message}\n`) } });
  await client.connect({
    host,
    port: warehouse.port,
    path: warehouse.httpPath,
    ...('token' in credentials
      ? { authType: 'access-token', token: credentials.token }
      : { authType: 'databricks-oauth', oauthClientId: credentials.clientId, oauthClientSecret: credentials.clientSecret }),
    customCaCert: readFileSync(warehouse.caFile, 'utf8'),
    userAgentEntry: 'ops-agent-tests',
    socketTimeout: socketTimeoutMs,
    retryMaxAttempts: 2,
    retryDelayMin: 50,
    telemetryEnabled: false,
  });
  const opened = await client
    .openSession({ configuration: { ANSI_MODE: 'true', TIMEZONE: 'UTC' }, ...session })
    .catch(async (thrown: unknown) => {
      await client.close();
      throw thrown;
    });
  return {
    session: opened,
    rows: async (sql, statementOptions) => {
      const operation = await opened.executeStatement(sql, statementOptions);
      await operation.finished();
      const rows = (await operation.fetchAll()) as Row[]; // the driver says object
      await operation.close();
      return rows;
    },
    close: async () => {
      // A session that a fault took away cannot be closed.
      await opened.close().catch(() => undefined);
      await client.close();
    },
  };
}
