import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the workspace takes for an identity's proof, and gives a token for. */
export const ID_TOKEN = 'id-token-of-the-job-5f1d';
export const CLIENT_ID = 'application-of-the-job';
/** A token that never ends, as that of a person. */
export const PERSONAL_TOKEN = 'dapi-personal-77aa';

/** The SDK takes a token for ended 40 s before it is; so it asks for a new one 2 s before one is refused here. */
const ENDED_EARLIER_SECONDS = 38;

export interface ProbeSeen {
  readonly token: string;
  readonly status: number;
}

export interface FakeWorkspace {
  readonly host: string;
  /** Every token that it ever gave. */
  readonly tokens: readonly string[];
  /** What was asked of /api/2.0/probe, with which token. */
  readonly probes: readonly ProbeSeen[];
  /** The secrets that were given away, as scope/key. */
  readonly secretsRead: readonly string[];
  /** Waits until so many tokens were asked for, also those that it did not give. */
  wasAsked(times: number): Promise<void>;
  /** From now on it gives no token, and answers with an error that quotes what it was asked with, as some servers do. */
  refuseTokens(): void;
  close(): Promise<void>;
}

export interface WorkspaceOptions {
  readonly secrets?: Readonly<Record<string, string | Buffer>>;
  /** How long a token is good here; it says that it lasts longer by what the SDK takes off again. */
  readonly tokenSeconds?: number;
  /** How long it takes to give one. */
  readonly tokenDelayMs?: number;
  /** Whether it says where its tokens are to be had. */
  readonly hasMetadata?: boolean;
}

/** A workspace over plain HTTP on loopback: OAuth tokens that expire, secrets, and an address that says whether a token is good. */
export async function startWorkspace({
  secrets = {},
  tokenSeconds = 3600,
  tokenDelayMs = 0,
  hasMetadata = true,
}: WorkspaceOptions = {}): Promise<FakeWorkspace> {
  const ends = new Map<string, number>([[PERSONAL_TOKEN, Number.POSITIVE_INFINITY]]);
  const tokens: string[] = [];
  const probes: ProbeSeen[] = [];
  const secretsRead: string[] = [];
  let refuses = false;
  const asked: number[] = [];
  let host = '';

  const giveToken = async (request: IncomingMessage): Promise<Answer> => {
    const body = await text(request);
    const form = new URLSearchParams(body);
    asked.push(Date.now());
    await sleep(tokenDelayMs);
    if (refuses) return [400, { error: 'invalid_grant', error_description: `refused: ${body}` }];
    if (form.get('subject_token') !== ID_TOKEN || form.get('client_id') !== CLIENT_ID) return [401, { error: 'invalid_client' }];
    const token = `oauth-token-${tokens.length + 1}-9c3e`;
    tokens.push(token);
    ends.set(token, Date.now() + tokenSeconds * 1000);
    return [200, { access_token: token, token_type: 'Bearer', expires_in: tokenSeconds + ENDED_EARLIER_SECONDS }];
  };

  const authorised = (url: URL, token: string): Answer => {
    if (url.pathname === '/api/2.0/probe') return [200, {}];
    if (url.pathname !== '/api/2.0/secrets/get') return [404, { error_code: 'ENDPOINT_NOT_FOUND', message: url.pathname }];
    const name = `${url.searchParams.get('scope')}/${url.searchParams.get('key')}`;
    const secret = secrets[name];
    if (secret === undefined) return [404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: `no ${name} for Bearer ${token}` }];
    secretsRead.push(name);
    return [200, { key: url.searchParams.get('key'), value: Buffer.from(secret).toString('base64') }];
  };

  const answer = async (request: IncomingMessage, url: URL): Promise<Answer> => {
    if (url.pathname === '/.well-known/databricks-config' && hasMetadata)
      return [200, { oidc_endpoint: `${host}/oidc`, workspace_id: '1' }];
    if (url.pathname === '/oidc/.well-known/oauth-authorization-server')
      return [200, { authorization_endpoint: `${host}/oidc/v1/authorize`, token_endpoint: `${host}/oidc/v1/token` }];
    if (url.pathname === '/oidc/v1/token') return giveToken(request);
    const [, token = ''] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
    const isGood = (ends.get(token) ?? 0) > Date.now();
    const [status, said] = isGood
      ? authorised(url, token)
      : ([403, { error_code: 'PERMISSION_DENIED', message: 'Invalid access token' }] as const);
    if (url.pathname === '/api/2.0/probe') probes.push({ token, status });
    return [status, said];
  };

  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const [status, said] = await answer(request, new URL(request.url ?? '/', host));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
  };
  const server = createServer((request, response) => void respond(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fake workspace has no port');
  host = `http://127.0.0.1:${address.port}`;
  return {
    host,
    tokens,
    probes,
    secretsRead,
    wasAsked: async (times) => {
      while (asked.length < times) await sleep(20);
    },
    refuseTokens: () => {
      refuses = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

type Answer = readonly [status: number, body: Readonly<Record<string, unknown>>];

/** How the SDK logs in there with what the program itself could not use. */
export function oauthLogin({ host }: FakeWorkspace): Readonly<Record<string, string>> {
  return { DATABRICKS_HOST: host, DATABRICKS_CLIENT_ID: CLIENT_ID, DATABRICKS_OIDC_TOKEN: ID_TOKEN };
}

/** How the program could log in by itself. */
export function ownLogin({ host }: FakeWorkspace): Readonly<Record<string, string>> {
  return { DATABRICKS_HOST: host, DATABRICKS_TOKEN: PERSONAL_TOKEN };
}
