import { createSecretKey } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { isHeaderToken, isQuoted, REWRITE_WAITS_MS, tokenFileFault } from '../domain/header-token.ts';
import type { ProfileValues } from './databricks-profile.ts';
import type { Environment } from './environment.ts';
import { codeOf } from './paths.ts';
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

/** A profile, and whether the configuration names it. */
interface GivenProfile {
  readonly values: ProfileValues;
  readonly place: string;
  readonly isOurs: boolean;
}

/** What a place has: a credential, nothing, or something that is wrong. */
export type Found = Credential | 'none' | Wrong;

interface Wrong {
  readonly problem: string;
}

const VARIABLES = {
  token: 'DATABRICKS_TOKEN',
  clientId: 'DATABRICKS_CLIENT_ID',
  clientSecret: 'DATABRICKS_CLIENT_SECRET',
  authType: 'DATABRICKS_AUTH_TYPE',
} as const;
const PROFILE_KEYS = { token: 'token', clientId: 'client_id', clientSecret: 'client_secret', authType: 'auth_type' } as const;

const AUTH_TYPES = ['pat', 'oauth-m2m'];

export function credentialOfEnvironment(env: Environment): Found {
  const parts = partsOf(env);
  const found = credentialOf({ ...parts, names: VARIABLES, place: 'the environment' });
  // The way alone is no credential: it is the way for a profile's.
  const isWay = AUTH_TYPES.includes(parts.authType) && parts.token === '' && parts.clientId === '' && parts.clientSecret === '';
  return isWay ? 'none' : found;
}

/**
 * How to log in is a value like the others: the variable counts before a profile that a variable names, or DEFAULT, and after one that the
 * configuration names.
 */
export function credentialOfProfile({ values, place, isOurs }: GivenProfile, env: Environment): Found {
  const parts = partsBy(PROFILE_KEYS, (name) => values.get(name) ?? '');
  const { authType } = partsOf(env);
  const isByVariable = authType !== '' && (!isOurs || parts.authType === '');
  if (!isByVariable) return credentialOf({ ...parts, names: PROFILE_KEYS, place });
  return credentialOf({ ...parts, authType, names: { ...PROFILE_KEYS, authType: VARIABLES.authType }, place });
}

/** A file that is read again for every request: here only to say at once what is wrong with it. Of what it holds nothing is told. */
export function credentialOfFile(file: string, key: string): Credential | Wrong {
  try {
    const found = statSync(file);
    const fault = tokenFileFault({ isFile: found.isFile(), size: found.size });
    if (fault !== null) return { problem: `${file} ${fault}; write the token alone into a file` };
    const token = settledText(file);
    if (token === '') return { problem: `${file} is empty` };
    if (isQuoted(token)) return { problem: `${file} has quotes around the token; write the token alone into it` };
    if (!isHeaderToken(token))
      return {
        problem: `${file} holds more than a token: blanks, further lines or characters that no header takes; write the token alone into it`,
      };
  } catch (thrown) {
    return { problem: `${file} cannot be read (${codeOf(thrown)})` };
  }
  return { kind: 'token_file', path: file, from: `${key} (${file})` };
}

/** Without the blanks around it; of a file that is being written anew what follows. A configuration is read before there is anything else to do. */
function settledText(file: string): string {
  const clock = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let text = readFileSync(file, 'utf8').trim();
  for (const wait of REWRITE_WAITS_MS) {
    if (text !== '') break;
    Atomics.wait(clock, 0, 0, wait);
    text = readFileSync(file, 'utf8').trim();
  }
  return text;
}

function partsOf(env: Environment) {
  return partsBy(VARIABLES, (name) => (env[name] ?? '').trim());
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
