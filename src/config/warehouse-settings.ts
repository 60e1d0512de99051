import { readFileSync } from 'node:fs';
import path from 'node:path';

import { profilesFileOf, type ProfileValues, readProfiles } from './databricks-profile.ts';
import type { Environment } from './environment.ts';
import { codeOf, type Path } from './paths.ts';
import type { Problem } from './problems.ts';
import type { WarehouseKeys } from './schema-store.ts';
import type { Credential, WarehouseDatabase } from './settings.ts';
import { credentialOfEnvironment, credentialOfFile, credentialOfProfile, type Found } from './warehouse-credential.ts';
import { parseAddress, parseHttpPath, pathOfWarehouse } from './workspace-address.ts';

/** A value that was found outside of the configuration's own keys, and where. */
export interface Elsewhere {
  readonly value: string;
  /** The variable's name, or undefined for a profile or a key of the store. */
  readonly variable: string | undefined;
  readonly isOfStore?: true;
}

export interface FoundWarehouse {
  /** Undefined where there are problems. */
  readonly warehouse: WarehouseDatabase | undefined;
  readonly problems: readonly Problem[];
  readonly elsewhere: Readonly<Partial<Record<string, Elsewhere>>>;
}

export interface Place {
  readonly env: Environment;
  readonly cwd: string;
  /** The section that the keys are of: where problems are told. */
  readonly section: Path;
  /** Whether the variables name host, warehouse and profile; else they are another workspace's, and say at most who logs in. */
  readonly hasVariables: boolean;
}

export type Limits = Pick<WarehouseDatabase, 'statementTimeoutSeconds' | 'wakeSeconds'>;

const HOST_VARIABLES = ['DATABRICKS_HOST', 'DATABRICKS_SERVER_HOSTNAME'];
const PATH_VARIABLE = 'DATABRICKS_HTTP_PATH';
const WAREHOUSE_VARIABLE = 'DATABRICKS_WAREHOUSE_ID';
const PROFILE_VARIABLE = 'DATABRICKS_CONFIG_PROFILE';
const DEFAULT_PROFILE = 'DEFAULT';

/** The variables of which one names the warehouse that `auto` means. */
export const WAREHOUSE_VARIABLES: readonly string[] = [PATH_VARIABLE, WAREHOUSE_VARIABLE];

interface Profile {
  readonly name: string;
  /** Whether the configuration names it: then it counts before the variables. One that a variable names, and DEFAULT, come after them. */
  readonly isOurs: boolean;
  readonly variable: string | undefined;
  readonly values: ProfileValues;
  readonly place: string;
}

/**
 * A warehouse from the configuration's keys, then the profile that they name, then the variables, then the profile that a variable names or
 * DEFAULT. Reads the profiles, the token file and the authority's file, to say at once what is wrong with them.
 */
export function findWarehouse(keys: WarehouseKeys, limits: Limits, place: Place): FoundWarehouse {
  const problems: Problem[] = [];
  const tell = (key: string, text: string) => void problems.push({ path: key === '' ? place.section : [...place.section, key], text });
  const profile = profileOf(keys, place, tell);
  // What it would have given is missing by that alone.
  if (problems.length > 0) return { warehouse: undefined, problems, elsewhere: {} };
  const host = hostOf(keys, place, profile, tell);
  const httpPath = pathOf(keys, place, profile, tell);
  const credential = credentialFrom(keys, place, { profile, host }, tell);
  const address = host === undefined ? undefined : parseAddress(host.value);
  if (typeof address === 'string') tell('host', `${calledOf(host)}${address}`);
  const route = httpPath === undefined ? undefined : httpPath.isId ? pathOfWarehouse(httpPath.value) : parseHttpPath(httpPath.value);
  if (typeof route === 'string') tell(httpPath?.isId ? 'warehouseId' : 'httpPath', `${calledOf(httpPath)}${route}`);
  const caFile = keys.caFile === undefined ? null : path.resolve(place.cwd, keys.caFile);
  if (caFile !== null) checkAuthority(caFile, tell);
  checkHosts(profile, credential, host, tell);
  const elsewhere = {
    ...(host && !host.isKey ? { host: { value: host.value, variable: host.variable } } : {}),
    ...(httpPath && !httpPath.isKey
      ? { [httpPath.isId ? 'warehouseId' : 'httpPath']: { value: httpPath.value, variable: httpPath.variable } }
      : {}),
    ...(profile && !profile.isOurs ? { profile: { value: profile.name, variable: profile.variable } } : {}),
  };
  const isWhole = typeof address === 'object' && typeof route === 'object' && credential !== undefined && problems.length === 0;
  const warehouse: WarehouseDatabase | undefined = isWhole
    ? {
        kind: 'databricks',
        ...address,
        httpPath: route.path,
        catalog: keys.catalog ?? null,
        schema: keys.schema ?? null,
        credential,
        caFile,
        ...limits,
      }
    : undefined;
  return { warehouse, problems, elsewhere };
}

type Tell = (key: string, text: string) => void;

interface Named {
  readonly value: string;
  readonly isKey: boolean;
  readonly variable: string | undefined;
}

function calledOf(named: Named | undefined): string {
  if (named === undefined || named.isKey) return '';
  return `${named.variable ?? 'the one of the profile'} `;
}

function valueOf(env: Environment, name: string): string {
  return (env[name] ?? '').trim();
}

function profileOf(keys: WarehouseKeys, { env, hasVariables }: Place, tell: Tell): Profile | undefined {
  const byVariable = hasVariables ? valueOf(env, PROFILE_VARIABLE) : '';
  const isOurs = keys.profile !== undefined;
  // As the Databricks tools do: DEFAULT is for whoever says nothing at all.
  const saysSomething =
    keys.host !== undefined ||
    keys.tokenFile !== undefined ||
    [...HOST_VARIABLES, 'DATABRICKS_TOKEN', 'DATABRICKS_CLIENT_ID'].some((name) => valueOf(env, name) !== '');
  const name = keys.profile ?? (byVariable || (saysSomething ? undefined : DEFAULT_PROFILE));
  if (name === undefined) return undefined;
  const variable = !isOurs && byVariable !== '' ? PROFILE_VARIABLE : undefined;
  const file = profilesFileOf(env);
  try {
    const profiles = readProfiles(file);
    if (typeof profiles === 'string') {
      tell('profile', `${file}: ${profiles}`);
      return undefined;
    }
    const values = profiles?.get(name);
    if (values !== undefined) return { name, isOurs, variable, values, place: `profile '${name}' of ${file}` };
    const known = [...(profiles?.keys() ?? [])].join(', ') || 'none';
    const why = profiles === undefined ? `there is no ${file}` : `${file} has no profile '${name}'; it has ${known}`;
    if (isOurs || variable !== undefined) tell('profile', variable === undefined ? why : `${variable} is '${name}', but ${why}`);
  } catch (thrown) {
    tell('profile', `${file} cannot be read (${codeOf(thrown)})`);
  }
  return undefined;
}

function ofKey(value: string | undefined): Named | undefined {
  return value === undefined ? undefined : { value, isKey: true, variable: undefined };
}

function ofProfile(profile: Profile | undefined, isOurs: boolean, key: string): Named | undefined {
  const value = profile?.isOurs === isOurs ? profile.values.get(key) : undefined;
  return value === undefined ? undefined : { value, isKey: false, variable: undefined };
}

function ofVariable({ env, hasVariables }: Place, variable: string): Named | undefined {
  const value = hasVariables ? valueOf(env, variable) : '';
  return value === '' ? undefined : { value, isKey: false, variable };
}

function hostOf(keys: WarehouseKeys, place: Place, profile: Profile | undefined, tell: Tell): Named | undefined {
  if (keys.host !== undefined) return { value: keys.host, isKey: true, variable: undefined };
  const named = HOST_VARIABLES.flatMap((name) => ofVariable(place, name) ?? []);
  const own = ofProfile(profile, true, 'host');
  const [first, second] = named;
  if (own === undefined && first && second && isOther(first.value, second.value))
    tell('host', `${HOST_VARIABLES.join(' and ')} name different hosts; unset one, or set the key`);
  const found = own ?? first ?? ofProfile(profile, false, 'host');
  const variables = place.hasVariables ? `, ${HOST_VARIABLES.toReversed().join(' or ')}` : '';
  if (found === undefined) tell('host', `is missing: set it${variables}, or name a profile that has a host`);
  return found;
}

function isOther(one: string, other: string): boolean {
  const [a, b] = [parseAddress(one), parseAddress(other)];
  return typeof a === 'object' && typeof b === 'object' && (a.host !== b.host || a.port !== b.port);
}

interface NamedPath extends Named {
  readonly isId: boolean;
}

function pathOf(keys: WarehouseKeys, place: Place, profile: Profile | undefined, tell: Tell): NamedPath | undefined {
  const places = [
    [ofKey(keys.httpPath), ofKey(keys.warehouseId)],
    [ofProfile(profile, true, 'http_path'), ofProfile(profile, true, 'warehouse_id')],
    [ofVariable(place, PATH_VARIABLE), ofVariable(place, WAREHOUSE_VARIABLE)],
    [ofProfile(profile, false, 'http_path'), ofProfile(profile, false, 'warehouse_id')],
  ];
  const [byPath, byId] = places.find(([one, other]) => one ?? other) ?? [];
  if (byPath && byId && !byPath.value.split('?')[0]?.endsWith(`/${byId.value}`))
    tell('httpPath', `${calledOf(byPath)}and ${byId.variable ?? 'warehouseId'} name different warehouses; leave one of them out`);
  if (byPath) return { ...byPath, isId: false };
  if (byId) return { ...byId, isId: true };
  const others = place.hasVariables ? `${PATH_VARIABLE} or ${WAREHOUSE_VARIABLE}` : 'name a profile that has one of them';
  tell('httpPath', `is missing: set it or warehouseId, or ${others}`);
  return undefined;
}

function credentialFrom(
  keys: WarehouseKeys,
  place: Place,
  { profile, host }: { readonly profile: Profile | undefined; readonly host: Named | undefined },
  tell: Tell,
): Credential | undefined {
  const { env, cwd, section, hasVariables } = place;
  if (keys.tokenFile !== undefined) {
    const found = credentialOfFile(path.resolve(cwd, keys.tokenFile), [...section, 'tokenFile'].join('.'));
    if (!('problem' in found)) return found;
    tell('tokenFile', found.problem);
    return undefined;
  }
  const ofOne = (isOurs: boolean): Found => (profile?.isOurs === isOurs ? credentialOfProfile(profile, env) : 'none');
  const isElsewhere = isOfAnotherHost(place, host);
  const ofVariables = () => (isElsewhere ? 'none' : credentialOfEnvironment(env));
  for (const findOne of [() => ofOne(true), ofVariables, () => ofOne(false)]) {
    const found = findOne();
    if (found === 'none') continue;
    if (!('problem' in found)) return found;
    tell('', found.problem);
    return undefined;
  }
  const variables = 'set DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, or ';
  const profiles = hasVariables ? `${PROFILE_VARIABLE}, the key profile` : 'the key profile';
  const ways = `${isElsewhere ? '' : variables}name a profile (${profiles}) or a token's file (the key tokenFile)`;
  tell('', `no credential: ${ways}`);
  return undefined;
}

/** Whether the variables log in at another host than this: their secret is not shown here. */
function isOfAnotherHost({ env, hasVariables }: Place, host: Named | undefined): boolean {
  const named = HOST_VARIABLES.map((name) => valueOf(env, name)).filter((value) => value !== '');
  return !hasVariables && host !== undefined && named.some((value) => isOther(value, host.value));
}

function checkAuthority(file: string, tell: Tell): void {
  try {
    if (!readFileSync(file, 'utf8').includes('-----BEGIN CERTIFICATE-----')) tell('caFile', `${file} holds no certificate in PEM form`);
  } catch (thrown) {
    tell('caFile', `${file} cannot be read (${codeOf(thrown)})`);
  }
}

/** A profile's secret must not be shown to another host than the profile's own. */
function checkHosts(profile: Profile | undefined, credential: Credential | undefined, host: Named | undefined, tell: Tell): void {
  const own = profile?.values.get('host');
  if (profile === undefined || own === undefined || host === undefined || !credential?.from.endsWith(profile.place)) return;
  if (isOther(own, host.value))
    tell('host', `${calledOf(host)}is another host than that of ${profile.place}, whose credential would be sent there`);
}
