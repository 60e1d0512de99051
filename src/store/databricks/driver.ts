import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type * as Driver from '@databricks/sql';
import type { WarehouseDatabase } from '../../config/settings.ts';
import type { Log } from '../../ports/log.ts';
import { VERSION } from '../../version.ts';
import type { Statement } from '../connection.ts';
import { fitted, typedParameters } from './parameters.ts';
import { proxyFor } from './proxy.ts';
import { inNumbers, refuseUnknownType } from './read-rows.ts';
import { readToken } from './token-file.ts';
import { askWorkspace, type WorkspaceAnswer } from './workspace-answer.ts';

/** The driver, as far as the connection uses it. What it throws is its own: error-translation.ts reads it. */
export interface Warehouse {
  openSession(): Promise<WarehouseSession>;
  /** A GET of another of the workspace's addresses, by the same way and login. */
  ask(path: string, timeoutMs: number): Promise<WorkspaceAnswer>;
  close(): Promise<void>;
}

export interface WarehouseSession {
  /** Sends the statement, with tags in the place of the session's; what it returns may still be running. */
  start(statement: Statement, tags: QueryTags): Promise<Operation>;
  close(): Promise<void>;
}

export interface Operation {
  result(): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[]; readonly columns: readonly string[] }>;
  cancel(): Promise<void>;
}

/** As what the agent's statements show in the workspace's query history. */
export type QueryTags = Readonly<Record<string, string>>;

/** Requests that the driver repeats itself (asking for a state, closing) must not hold a shutdown up. */
const DRIVER_TRIES = 3;
const DRIVER_LONGEST_DELAY_MS = 2000;

/** Connects lazily: nothing is sent before the first session. @throws AgentError usage */
export async function connectWarehouse(settings: WarehouseDatabase, tags: QueryTags, log: Log | undefined): Promise<Warehouse> {
  // Here and nowhere else, and only where it is used: loading it takes longer than a whole command of another store.
  // Node warns on stderr of what the driver's own packages still use. Whoever runs the agent can do nothing about it.
  process.noDeprecation = true;
  const loaded: typeof Driver & { readonly default?: typeof Driver } = await import('@databricks/sql');
  // The bundle has all of a CommonJS package under this one name; Node has it beside the others.
  const driver = loaded.default ?? loaded;
  const { host, port, httpPath, caFile, statementTimeoutSeconds } = settings;
  // Without one of ours the driver writes to the terminal and listens to uncaught exceptions.
  const logger = { log: (_level: string, message: string) => log?.debug(`databricks: ${message}`) };
  const client = new driver.DBSQLClient({ logger });
  const authority = caFile === null ? undefined : await readFile(caFile, 'utf8');
  const proxy = proxyFor(host, port);
  const timeoutMs = Math.ceil(statementTimeoutSeconds * 1000);
  await client.connect({
    host,
    port,
    path: httpPath,
    ...authOf(settings.credential),
    userAgentEntry: `ops-agent/${VERSION}`,
    // A socket that dies in the middle of an answer is silent until then.
    socketTimeout: timeoutMs,
    retryMaxAttempts: DRIVER_TRIES,
    retryDelayMax: DRIVER_LONGEST_DELAY_MS,
    telemetryEnabled: false,
    // Else it rounds them, and nobody could tell that it did.
    preserveBigNumericPrecision: true,
    ...(authority === undefined ? {} : { customCaCert: authority }),
    ...(proxy === undefined ? {} : { proxy }),
  });
  if (proxy !== undefined && authority !== undefined) await trustThroughProxy(client, authority);
  return {
    openSession: async () =>
      sessionOf(
        driver,
        await client.openSession({
          ...(settings.catalog === null ? {} : { initialCatalog: settings.catalog }),
          ...(settings.schema === null ? {} : { initialSchema: settings.schema }),
          // What the server itself keeps to when this process is gone, and what statements mean whatever the workspace's own defaults are.
          configuration: { STATEMENT_TIMEOUT: String(Math.ceil(statementTimeoutSeconds)), TIMEZONE: 'UTC', ANSI_MODE: 'true' },
          queryTags: tags,
        }),
      ),
    ask: async (asked, timeout) => {
      const headers = await headersOf(client, httpPath);
      return askWorkspace({ host, port, agent: await (await client.getConnectionProvider()).getAgent(), headers }, asked, timeout);
    },
    close: () => client.close(),
  };
}

function authOf(credential: WarehouseDatabase['credential']) {
  switch (credential.kind) {
    case 'token':
      return { authType: 'access-token', token: credential.secret.export().toString() } as const;
    case 'token_file': {
      // Asked before every request; the driver's other ways keep a token that is no JWT for ever.
      const provider = { authenticate: async () => ({ Authorization: `Bearer ${await readToken(credential.path)}` }) };
      return { authType: 'custom', provider } as const;
    }
    case 'client':
      return {
        authType: 'databricks-oauth',
        oauthClientId: credential.clientId,
        oauthClientSecret: credential.secret.export().toString(),
        // Else the driver would ask Microsoft Entra on Azure, which knows no secret of Databricks' own.
        useDatabricksOAuthInAzure: true,
      } as const;
  }
}

const ORGANISATION = /[?&]o=(\d+)/;

/** Of a host that serves several workspaces the HTTP path says which one. */
async function headersOf(client: Driver.DBSQLClient, httpPath: string): Promise<Readonly<Record<string, string>>> {
  const login: unknown = await client.getAuthProvider()?.authenticate();
  const organisation = ORGANISATION.exec(httpPath)?.[1];
  return {
    'User-Agent': `ops-agent/${VERSION}`,
    ...(organisation === undefined ? {} : { 'X-Databricks-Org-Id': organisation }),
    // All of the driver's ways to log in give a plain object; its type has others besides.
    ...(login as Readonly<Record<string, string>> | undefined),
  };
}

/** The driver hands the authority to its direct connections alone; behind a proxy Node would trust the public ones only. */
async function trustThroughProxy(client: Driver.DBSQLClient, authority: string): Promise<void> {
  const agent = await (await client.getConnectionProvider()).getAgent();
  const options: unknown = agent && 'options' in agent ? agent.options : undefined;
  const extra = process.env['NODE_EXTRA_CA_CERTS'];
  // A list of our own takes the place of Node's, which has these too. As Node does it, one that cannot be read is passed over.
  const extras = extra
    ? await readFile(extra, 'utf8').then(
        (text) => [text],
        () => [],
      )
    : [];
  if (options !== null && typeof options === 'object') Object.assign(options, { ca: [...rootCertificates, ...extras, authority] });
}

function sessionOf(driver: typeof Driver, session: Awaited<ReturnType<Driver.DBSQLClient['openSession']>>): WarehouseSession {
  return {
    start: async (statement, queryTags) => {
      const { sql, params } = fitted(statement);
      const named = Object.entries(typedParameters(params)).map(([name, { type, value }]) => {
        // The driver's names of types are the warehouse's; of a null it sends none.
        const spelled = type === null ? {} : { type: driver.DBSQLParameterType[type] };
        return [name, new driver.DBSQLParameter({ ...spelled, value })] as const;
      });
      // Answers come whole and plain: links to a cloud's storage and LZ4 would need another way out and a native library.
      const options = { namedParameters: Object.fromEntries(named), queryTags, useCloudFetch: false, useLZ4Compression: false };
      return operationOf(driver, await session.executeStatement(sql, options), statement.isExact === true);
    },
    close: async () => void (await session.close()),
  };
}

type DriverOperation = Awaited<ReturnType<Awaited<ReturnType<Driver.DBSQLClient['openSession']>>['executeStatement']>>;

function operationOf({ thrift }: typeof Driver, operation: DriverOperation, isExact: boolean): Operation {
  const { DECIMAL_TYPE } = thrift.TCLIService_types.TTypeId;
  return {
    result: async () => {
      try {
        // First of all: of a statement that failed fetchAll may say that there are no rows.
        await operation.finished();
        const schema = await operation.getSchema();
        const columns = schema?.columns ?? [];
        const decimals = columns.filter(({ typeDesc }) => typeDesc.types[0]?.primitiveEntry?.type === DECIMAL_TYPE);
        // The driver makes an object of each row.
        const rows = (await operation.fetchAll().catch(refuseUnknownType)) as Readonly<Record<string, unknown>>[];
        return {
          rows: inNumbers({ rows, decimals: new Set(decimals.map(({ columnName }) => columnName)), isExact }),
          columns: columns.map(({ columnName }) => columnName),
        };
      } finally {
        // What is known by now stays so, whatever becomes of this.
        await operation.close().catch(() => undefined);
      }
    },
    cancel: async () => void (await operation.cancel()),
  };
}
