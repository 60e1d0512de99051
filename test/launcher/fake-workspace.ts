import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, Refusal, type Routes, serve } from '../support/rest-server.ts';
import { workspaceSecrets } from '../support/workspace-secrets.ts';

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

/** What needs no token: where tokens are to be had, and these themselves. */
const OPEN = /^\/(\.well-known|oidc)\//;

/** A workspace as far as a login needs one: OAuth tokens that expire, secrets, and an address that says whether a token is good. */
export async function startWorkspace({
  secrets = {},
  tokenSeconds = 3600,
  tokenDelayMs = 0,
  hasMetadata = true,
}: WorkspaceOptions = {}): Promise<FakeWorkspace> {
  const ends = new Map<string, number>([[PERSONAL_TOKEN, Number.POSITIVE_INFINITY]]);
  const tokens: string[] = [];
  const probes: ProbeSeen[] = [];
  const kept = workspaceSecrets(secrets);
  let refuses = false;
  const asked: number[] = [];
  let host = '';

  const giveToken = async ({ body }: Call): Promise<object> => {
    const form = new URLSearchParams(body.toString());
    asked.push(Date.now());
    await sleep(tokenDelayMs);
    if (refuses) throw oauthRefusal(400, 'invalid_grant', `refused: ${body.toString()}`);
    if (form.get('subject_token') !== ID_TOKEN || form.get('client_id') !== CLIENT_ID) throw oauthRefusal(401, 'invalid_client', '');
    const token = `oauth-token-${tokens.length + 1}-9c3e`;
    tokens.push(token);
    ends.set(token, Date.now() + tokenSeconds * 1000);
    return { access_token: token, token_type: 'Bearer', expires_in: tokenSeconds + ENDED_EARLIER_SECONDS };
  };
  const admit = ({ path, token }: Call) => {
    if (OPEN.test(path)) return;
    const isGood = (ends.get(token) ?? 0) > Date.now();
    if (path === '/api/2.0/probe') probes.push({ token, status: isGood ? 200 : 403 });
    if (!isGood) throw new Refusal(403, 'PERMISSION_DENIED', 'Invalid access token');
  };
  const metadata: Routes = {
    'GET /.well-known/databricks-config': () => ({ oidc_endpoint: `${host}/oidc`, workspace_id: '1' }),
  };
  const server = await serve(
    {
      ...(hasMetadata && metadata),
      'GET /oidc/.well-known/oauth-authorization-server': () => ({
        authorization_endpoint: `${host}/oidc/v1/authorize`,
        token_endpoint: `${host}/oidc/v1/token`,
      }),
      'POST /oidc/v1/token': giveToken,
      'GET /api/2.0/probe': () => ({}),
      ...kept.routes,
    },
    admit,
  );
  host = server.url;
  return {
    host,
    tokens,
    probes,
    secretsRead: kept.read,
    wasAsked: async (times) => {
      while (asked.length < times) await sleep(20);
    },
    refuseTokens: () => {
      refuses = true;
    },
    close: () => server.close(),
  };
}

/** In the words of OAuth, which are other ones than a workspace's. */
function oauthRefusal(status: number, error: string, error_description: string): Refusal {
  return new Refusal(status, error, error_description, { error, error_description });
}

/** How the SDK logs in there with what the program itself could not use. */
export function oauthLogin({ host }: FakeWorkspace): Readonly<Record<string, string>> {
  return { DATABRICKS_HOST: host, DATABRICKS_CLIENT_ID: CLIENT_ID, DATABRICKS_OIDC_TOKEN: ID_TOKEN };
}

/** How the program could log in by itself. */
export function ownLogin({ host }: FakeWorkspace): Readonly<Record<string, string>> {
  return { DATABRICKS_HOST: host, DATABRICKS_TOKEN: PERSONAL_TOKEN };
}
