import { createSecretKey } from 'node:crypto';
import { isHeaderToken } from '../domain/header-token.ts';
import type { ProfileValues } from './databricks-profile.ts';
import type { Environment } from './environment.ts';
import type { Credential } from './settings.ts';

/** What one place says about how to log in, and what each part of it is called there. */
interface Given {
  readonly token: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly authType: string;
  readonly names: Readonly<Record<'token' | 'clientId' | 'clientSecret' | 'authType', string>>;
  /** The place in words, for whoever has to mend it. */
  readonly place: string;
}

/** What a place has: a credential, nothing, or something that is wrong. */
export type Found = Credential | 'none' | { readonly problem: string };

const VARIABLES = {
  token: 'DATABRICKS_TOKEN',
  clientId: 'DATABRICKS_CLIENT_ID',
  clientSecret: 'DATABRICKS_CLIENT_SECRET',
  authType: 'DATABRICKS_AUTH_TYPE',
} as const;
const PROFILE_KEYS = { token: 'token', clientId: 'client_id', clientSecret: 'client_secret', authType: 'auth_type' } as const;

const AUTH_TYPES = ['pat', 'oauth-m2m'];

export function credentialOfEnvironment(env: Environment): Found {
  const valueOf = (name: string) => (env[name] ?? '').trim();
  return credentialOf({ ...partsBy(VARIABLES, valueOf), names: VARIABLES, place: 'the environment' });
}

export function credentialOfProfile(values: ProfileValues, place: string): Found {
  return credentialOf({ ...partsBy(PROFILE_KEYS, (name) => values.get(name) ?? ''), names: PROFILE_KEYS, place });
}

function partsBy(names: Given['names'], valueOf: (name: string) => string) {
  return {
    token: valueOf(names.token),
    clientId: valueOf(names.clientId),
    clientSecret: valueOf(names.clientSecret),
    authType: valueOf(names.authType),
  };
}

/** Two ways at once are refused, as the Databricks tools refuse them: nobody could tell as whom the agent works. */
function credentialOf(given: Given): Found {
  const { token, clientId, clientSecret, authType, names, place } = given;
  const hasClient = clientId !== '' && clientSecret !== '';
  if (authType !== '' && !AUTH_TYPES.includes(authType))
    return { problem: `${place}: ${names.authType} is '${authType}', which ops-agent has not; it has ${AUTH_TYPES.join(' and ')}` };
  if (token !== '' && hasClient && authType === '')
    return {
      problem: `${place} holds both ${names.token} and ${names.clientId}: take one away, or say with ${names.authType} (${AUTH_TYPES.join(' or ')}) which one counts`,
    };
  const isToken = authType === 'pat' || (authType === '' && token !== '');
  return isToken ? tokenOf(given) : clientOf(given);
}

function tokenOf({ token, authType, names, place }: Given): Found {
  if (token === '')
    return authType === '' ? 'none' : { problem: `${place}: ${names.authType} is ${authType}, but ${names.token} is missing` };
  if (!isHeaderToken(token)) return { problem: `${place}: ${names.token} is no token: it holds blanks or characters that no header takes` };
  return { kind: 'token', secret: createSecretKey(Buffer.from(token)), from: `${names.token} of ${place}` };
}

function clientOf({ clientId, clientSecret, authType, names, place }: Given): Found {
  if (clientId === '' && clientSecret === '' && authType === '') return 'none';
  const missing = clientId === '' ? names.clientId : clientSecret === '' ? names.clientSecret : undefined;
  if (missing !== undefined)
    return { problem: `${place}: ${missing} is missing; ${names.clientId} and ${names.clientSecret} are given together` };
  const from = `${names.clientId} and ${names.clientSecret} of ${place}`;
  return { kind: 'client', clientId, secret: createSecretKey(Buffer.from(clientSecret)), from };
}
