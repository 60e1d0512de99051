import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';

import { parseProfiles } from '../../src/config/databricks-profile.ts';
import { explainSettings } from '../../src/config/load.ts';
import type { WarehouseDatabase } from '../../src/config/settings.ts';
import { parseAddress } from '../../src/config/workspace-address.ts';
import { HOME, PATH, HOST, SPECIFIED, type Env, file, load, refusal, secretOf, withHome } from '../support/databricks-config.ts';

function warehouse(env: Env, yaml = ''): WarehouseDatabase {
  const { store } = load(env, yaml);
  if (store.kind !== 'databricks') throw new Error('the store is a file');
  return store;
}

withHome();

describe('the warehouse', () => {
  test('is named by the specification’s three variables', () => {
    expect(warehouse(SPECIFIED)).toMatchObject({
      host: HOST,
      port: 443,
      httpPath: PATH,
      catalog: null,
      schema: null,
      statementTimeoutSeconds: 60,
    });
    expect(secretOf(warehouse(SPECIFIED))).toBe('dapi-secret-1');
    expect(load(SPECIFIED).plant.kind).toBe('advisory');
  });

  test('may be named by its id, and by keys, which count before the variables', () => {
    const { DATABRICKS_HTTP_PATH: _path, ...rest } = SPECIFIED;
    expect(warehouse({ ...rest, DATABRICKS_WAREHOUSE_ID: 'ab12' }).httpPath).toBe('/sql/1.0/warehouses/ab12');
    const keys = 'store: {host: other.cloud.databricks.com, warehouseId: cd34, catalog: plant, schema: ops}';
    expect(warehouse(SPECIFIED, keys)).toMatchObject({
      host: 'other.cloud.databricks.com',
      httpPath: '/sql/1.0/warehouses/cd34',
      catalog: 'plant',
      schema: 'ops',
    });
    expect(
      warehouse({ ...rest, DATABRICKS_HOST: HOST, OPS_AGENT_STORE_KIND: 'databricks', OPS_AGENT_STORE_HTTP_PATH: 'sql/1.0/warehouses/e' })
        .httpPath,
    ).toBe('/sql/1.0/warehouses/e');
  });

  test('what is missing is named with the variables that give it', () => {
    const said = refusal({ OPS_AGENT_STORE_KIND: 'databricks' });
    expect(said).toMatch(/store.host: is missing: set it, DATABRICKS_SERVER_HOSTNAME or DATABRICKS_HOST/);
    expect(said).toMatch(/store.httpPath: is missing: set it or warehouseId, or DATABRICKS_HTTP_PATH or DATABRICKS_WAREHOUSE_ID/);
    expect(said).toMatch(/store: no credential: set DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET/);
    expect(refusal({ DATABRICKS_WAREHOUSE_ID: 'a' })).toMatch(/store.kind: auto means databricks, because DATABRICKS_WAREHOUSE_ID is set/);
  });

  test('what contradicts itself is refused', () => {
    expect(refusal({ ...SPECIFIED, DATABRICKS_HOST: 'other.net' })).toMatch(
      /DATABRICKS_HOST and DATABRICKS_SERVER_HOSTNAME name different hosts/,
    );
    expect(refusal({ ...SPECIFIED, DATABRICKS_HOST: `https://${HOST}/` })).toBe('nothing is wrong');
    expect(refusal({ ...SPECIFIED, DATABRICKS_WAREHOUSE_ID: 'zz' })).toMatch(
      /DATABRICKS_HTTP_PATH and DATABRICKS_WAREHOUSE_ID name different/,
    );
    expect(refusal({ ...SPECIFIED, DATABRICKS_WAREHOUSE_ID: '1234abcd' })).toBe('nothing is wrong');
    expect(refusal(SPECIFIED, 'store: {path: a.db}')).toMatch(/store.path .*does not belong to store.kind: databricks/);
    expect(refusal({ HOME }, 'store: {kind: embedded, host: a.net}')).toMatch(/store.host .*does not belong to store.kind: embedded/);
    expect(refusal(SPECIFIED, 'store: {httpPath: "https://a.net/sql/1.0"}')).toMatch(/store.httpPath .*must be a warehouse's HTTP path/);
  });

  test('a statement must end before the lease', () => {
    expect(refusal(SPECIFIED, 'store: {statementTimeoutSeconds: 120}')).toMatch(
      /statementTimeoutSeconds .*must be less than store.leaseSeconds \(120\), is 120/,
    );
  });

  test('a certificate authority is read at the start', () => {
    expect(refusal(SPECIFIED, 'store: {caFile: none.pem}')).toMatch(/store.caFile .*none.pem cannot be read \(ENOENT\)/);
    file('empty.pem', 'x');
    expect(refusal(SPECIFIED, 'store: {caFile: empty.pem}')).toMatch(/holds no certificate in PEM form/);
  });
});

const NO_HOST = 'is no host, such as adb-1234.5.azuredatabricks.net';

describe('a host', () => {
  test.each([
    ['adb-1.2.azuredatabricks.net', 'adb-1.2.azuredatabricks.net', 443],
    [' https://ADB-1.2.azuredatabricks.net/ ', 'adb-1.2.azuredatabricks.net', 443],
    ['https://dbc-1.cloud.databricks.com/?o=123#job', 'dbc-1.cloud.databricks.com', 443],
    ['localhost:8443', 'localhost', 8443],
    ['https://10.0.0.1:8443/sql', '10.0.0.1', 8443],
    ['[::1]:8443', '[::1]', 8443],
    ['test_warehouse:8443', 'test_warehouse', 8443],
    ['dbc-1.cloud.databricks.com.', 'dbc-1.cloud.databricks.com.', 443],
    ['dbc-1.cloud.databricks.com/login?next=https://a.net', 'dbc-1.cloud.databricks.com', 443],
  ])('%p is %p at %p', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
  });

  test.each([
    ['http://a.net', 'must be reached by https, is http://'],
    ['https://me:pass@a.net', 'must not hold a user or a password'],
    ['a b', NO_HOST],
    ['a.net:99999', NO_HOST],
    ...[
      'https://https://localhost:1',
      'https://http://a.net',
      '-x',
      'x-',
      'a.-b.net',
      'localhost,evil',
      'x;y',
      'a..net',
      'x'.repeat(64),
    ].map((text) => [text, NO_HOST] as const),
  ])('%p is refused', (text, why) => {
    expect(parseAddress(text)).toBe(why);
  });
});

describe('a credential', () => {
  const { DATABRICKS_TOKEN: _token, ...PLACE } = SPECIFIED;
  const CLIENT = { DATABRICKS_CLIENT_ID: 'id-1', DATABRICKS_CLIENT_SECRET: 'dose-secret-2' };

  test('may be a service principal', () => {
    expect(warehouse({ ...PLACE, ...CLIENT }).credential).toMatchObject({ kind: 'client', clientId: 'id-1' });
    expect(secretOf(warehouse({ ...PLACE, ...CLIENT }))).toBe('dose-secret-2');
    expect(refusal({ ...PLACE, DATABRICKS_CLIENT_ID: 'id-1' })).toMatch(/DATABRICKS_CLIENT_SECRET is missing/);
  });

  test('of two ways at once is refused, unless DATABRICKS_AUTH_TYPE says which', () => {
    const both = { ...SPECIFIED, ...CLIENT };
    expect(refusal(both)).toMatch(/the environment holds both DATABRICKS_TOKEN and DATABRICKS_CLIENT_ID/);
    expect(warehouse({ ...both, DATABRICKS_AUTH_TYPE: 'oauth-m2m' }).credential.kind).toBe('client');
    expect(warehouse({ ...both, DATABRICKS_AUTH_TYPE: 'pat' }).credential.kind).toBe('token');
    expect(refusal({ ...PLACE, DATABRICKS_AUTH_TYPE: 'databricks-cli' })).toMatch(
      /is 'databricks-cli', which ops-agent has not; it has pat and oauth-m2m/,
    );
  });

  test('of a profile is chosen by DATABRICKS_AUTH_TYPE too, which alone is no credential', () => {
    const both = '[DEFAULT]\nhost = https://h\ntoken = dapi-secret-6\nclient_id = id-6\nclient_secret = dose-secret-6\n';
    const env = { DATABRICKS_HTTP_PATH: PATH };
    file('.databrickscfg', both);
    expect(refusal(env)).toMatch(/profile 'DEFAULT' of .* holds both token and client_id/);
    for (const [authType, kind] of [
      ['oauth-m2m', 'client'],
      ['pat', 'token'],
    ] as const) {
      expect(warehouse({ ...env, DATABRICKS_AUTH_TYPE: authType }).credential.kind).toBe(kind);
      expect(warehouse({ ...env, DATABRICKS_AUTH_TYPE: authType }, 'store: {profile: DEFAULT}').credential.kind).toBe(kind);
    }
    file('.databrickscfg', `${both}auth_type = pat\n`);
    expect(warehouse({ ...env, DATABRICKS_AUTH_TYPE: 'oauth-m2m' }).credential.kind).toBe('client');
    expect(warehouse({ ...env, DATABRICKS_AUTH_TYPE: 'oauth-m2m' }, 'store: {profile: DEFAULT}').credential.kind).toBe('token');
    file('.databrickscfg', '[DEFAULT]\nhost = https://h\ntoken = dapi-secret-6\n');
    expect(refusal({ ...env, DATABRICKS_AUTH_TYPE: 'oauth-m2m' })).toMatch(/profile 'DEFAULT' .*client_id is missing/);
    expect(refusal({ ...PLACE, DATABRICKS_AUTH_TYPE: 'pat' })).toMatch(/no credential: set DATABRICKS_TOKEN/);
  });

  test('may be a file that is read again and again, which counts before the variables', () => {
    const token = file('token', 'dapi-secret-3\n');
    expect(warehouse(SPECIFIED, 'store: {tokenFile: token}').credential).toEqual({
      kind: 'token_file',
      path: token,
      from: `store.tokenFile (${token})`,
    });
    expect(refusal(PLACE, 'store: {tokenFile: nothing}')).toMatch(/store.tokenFile .*cannot be read \(ENOENT\)/);
    file('token', ' \n');
    expect(refusal(PLACE, 'store: {tokenFile: token}')).toMatch(/store.tokenFile .*is empty/);
  });

  test.each(['dapi-secret-3\ndapi-secret-4', 'dapi-secret-3 # of March', 'dapi-secrét'])(
    'in a file that holds more than a token is refused, and not told: %j',
    (text) => {
      const token = file('token', `${text}\n`);
      const said = refusal(PLACE, 'store: {tokenFile: token}');
      expect(said).toContain(`${token} holds more than a token`);
      expect(said).toContain('write the token alone into it');
      expect(said).not.toMatch(/dapi|March/);
    },
  );

  test('in a file is refused with quotes around it, and where the file is far too large or no file at all', () => {
    for (const quoted of ['"dapi-secret-3"', "'dapi-secret-3'"]) {
      const token = file('token', quoted);
      const said = refusal(PLACE, 'store: {tokenFile: token}');
      expect(said).toContain(`${token} has quotes around the token; write the token alone into it`);
      expect(said).not.toContain('dapi');
    }
    const large = file('token', 'x'.repeat(3_000_000));
    expect(refusal(PLACE, 'store: {tokenFile: token}')).toContain(`${large} is larger than 16 kB, and so holds more than a token`);
    const pipe = path.join(HOME, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const none of ['pipe', '.'])
      expect(refusal(PLACE, `store: {tokenFile: ${none}}`)).toContain(
        'is no regular file, nor a link to one; write the token alone into a file',
      );
  });

  test('in a file that is being written anew is the one that follows', async () => {
    const token = file('token', '');
    // Another thread: reading a configuration waits for it without giving way to anything here.
    const writer = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       parentPort.postMessage('up');
       setTimeout(() => require('node:fs').writeFileSync(workerData, 'dapi-secret-5'), 150);`,
      { eval: true, workerData: token },
    );
    await once(writer, 'message');
    expect(warehouse(PLACE, 'store: {tokenFile: token}').credential).toMatchObject({ kind: 'token_file', path: token });
    await once(writer, 'exit');
  });

  test('is shown by nothing that prints settings, keys or problems', () => {
    const settings = load(SPECIFIED);
    const keys = explainSettings({ env: SPECIFIED, cwd: HOME });
    for (const shown of [JSON.stringify(settings), inspect(settings, { depth: 9 }), JSON.stringify(keys)])
      expect(shown).not.toMatch(/secret-1/);
    const broken = refusal({ ...SPECIFIED, DATABRICKS_TOKEN: 'dapi secret-1' });
    expect(broken).toMatch(/DATABRICKS_TOKEN of the environment is no token|DATABRICKS_TOKEN is no token/);
    expect(broken).not.toMatch(/secret-1/);
  });
});

describe('a profile', () => {
  const PROFILES = `
; written by databricks configure
[DEFAULT]
host  = https://default.cloud.databricks.com/
token = dapi-default

[plant.one]
host = https://one.cloud.databricks.com
token = dapi-1;#=x
warehouse_id = w1

[principal]
HOST: https://two.cloud.databricks.com
client_id = id-2
client_secret = dose-2
`;

  test('is read as the Databricks tools read it', () => {
    const profiles = parseProfiles(`\uFEFFtoken = of no profile\r\n${PROFILES}`);
    if (typeof profiles === 'string') throw new Error(profiles);
    expect([...profiles.keys()]).toEqual(['DEFAULT', 'plant.one', 'principal']);
    expect(profiles.get('plant.one')?.get('token')).toBe('dapi-1;#=x');
    expect(profiles.get('principal')?.get('host')).toBe('https://two.cloud.databricks.com');
  });

  test('that the configuration names counts before the variables, its warehouse too', () => {
    file('.databrickscfg', PROFILES);
    const store = warehouse(SPECIFIED, 'store: {profile: plant.one}');
    expect(store).toMatchObject({ host: 'one.cloud.databricks.com', httpPath: '/sql/1.0/warehouses/w1' });
    expect(secretOf(store)).toBe('dapi-1;#=x');
  });

  test('that a variable names gives what the other variables do not', () => {
    file('.databrickscfg', PROFILES);
    const env = { DATABRICKS_HTTP_PATH: PATH, DATABRICKS_CONFIG_PROFILE: 'principal' };
    expect(warehouse(env)).toMatchObject({ host: 'two.cloud.databricks.com', credential: { kind: 'client', clientId: 'id-2' } });
    expect(secretOf(warehouse({ ...env, DATABRICKS_TOKEN: 'dapi-env' }))).toBe('dapi-env');
  });

  test('DEFAULT is for whoever names nothing', () => {
    file('.databrickscfg', PROFILES);
    expect(warehouse({ DATABRICKS_HTTP_PATH: PATH }).host).toBe('default.cloud.databricks.com');
    expect(refusal({ DATABRICKS_HTTP_PATH: PATH, DATABRICKS_HOST: HOST })).toMatch(/no credential/);
  });

  test('may stand in another file', () => {
    file('profiles', PROFILES);
    expect(warehouse({ DATABRICKS_HTTP_PATH: PATH, DATABRICKS_CONFIG_FILE: '~/profiles' }).host).toBe('default.cloud.databricks.com');
  });

  test('never has its secret sent to another host than its own', () => {
    file('.databrickscfg', PROFILES);
    const env = { DATABRICKS_HTTP_PATH: PATH, DATABRICKS_CONFIG_PROFILE: 'plant.one', DATABRICKS_HOST: HOST };
    expect(refusal(env)).toMatch(/DATABRICKS_HOST is another host than that of profile 'plant.one'/);
    expect(refusal({ DATABRICKS_HTTP_PATH: PATH }, `store: {profile: plant.one, host: ${HOST}}`)).toMatch(
      /store.host .*is another host than that of profile/,
    );
  });

  test.each([
    ['[a]\ntoken = dapi-1\n[a]\nhost = h', "line 3 gives the profile 'a' again, after line 1; leave one of them out"],
    ['[a]\ntoken = dapi-1\n\nToken: dapi-2', 'line 4 gives the key token again, after line 2; leave one of them out'],
    [
      '[a]\nhost = h\n[plant\ntoken = dapi-1',
      'line 3 begins with a bracket and does not end with one; a profile begins with its name, such as [plant]',
    ],
    ['[a]\ndapi-1', 'line 2 is neither a [profile] nor a key = value'],
  ])('in a file with a damaged line is refused, and the line named: %j', (text, damage) => {
    const profiles = file('.databrickscfg', text);
    const said = refusal({ ...SPECIFIED, OPS_AGENT_STORE_KIND: 'databricks' }, 'store: {profile: a}');
    expect(said).toContain(`${profiles}: ${damage}`);
    expect(said).not.toMatch(/problems|dapi/);
  });

  test('may have a key that others have, too', () => {
    file('.databrickscfg', `${PROFILES}[other]\nhost = https://one.cloud.databricks.com\ntoken = dapi-1\nwarehouse_id = w1\n`);
    expect(refusal(SPECIFIED, 'store: {profile: other}')).toBe('nothing is wrong');
  });

  test('that is not there is the one problem: what it would have given is not told as missing', () => {
    const told = /^\S+ops-agent.yaml: store.profile .*has no profile 'plant'; it has none$/;
    expect(refusal({ OPS_AGENT_STORE_KIND: 'databricks' }, 'store: {profile: plant}')).toMatch(told);
  });

  test('that is not there is named, with those that are', () => {
    file('.databrickscfg', PROFILES);
    expect(refusal(SPECIFIED, 'store: {profile: plant}')).toMatch(
      /store.profile .*has no profile 'plant'; it has DEFAULT, plant.one, principal/,
    );
    expect(refusal({ ...SPECIFIED, DATABRICKS_CONFIG_PROFILE: 'x' })).toMatch(
      /DATABRICKS_CONFIG_PROFILE is 'x', but .* has no profile 'x'/,
    );
  });
});

const explained = (env: Env) =>
  new Map(explainSettings({ env: { HOME, ...env }, cwd: HOME, configPath: file('ops-agent.yaml', '') }).map((key) => [key.path, key]));

describe('config show', () => {
  test('says which variable or profile a value of the warehouse is from', () => {
    file('.databrickscfg', '[p]\nhost = https://one.net\ntoken = dapi-1\n');
    const told = explained(SPECIFIED);
    expect(told.get('store.kind')).toMatchObject({ value: 'databricks', origin: 'default' });
    expect(told.get('store.host')).toEqual({
      path: 'store.host',
      value: HOST,
      origin: 'environment',
      environment: 'DATABRICKS_SERVER_HOSTNAME',
    });
    expect(told.get('store.httpPath')).toMatchObject({ value: PATH, environment: 'DATABRICKS_HTTP_PATH' });
    expect(told.get('store.path')).toMatchObject({ value: null });
    const byProfile = explained({ DATABRICKS_HTTP_PATH: PATH, DATABRICKS_CONFIG_PROFILE: 'p' });
    expect(byProfile.get('store.host')).toMatchObject({ value: 'https://one.net', origin: 'profile', environment: 'OPS_AGENT_STORE_HOST' });
    expect(byProfile.get('store.profile')).toMatchObject({ value: 'p', origin: 'environment', environment: 'DATABRICKS_CONFIG_PROFILE' });
  });
});

test('the examples in docs/databricks.md are valid configurations', () => {
  const document = readFileSync(path.resolve(__dirname, '../../docs/databricks.md'), 'utf8');
  const examples = [...document.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  expect(examples).toHaveLength(4);
  const token = file('token', 'dapi-1');
  for (const example of examples)
    expect(refusal(SPECIFIED, example.replace('/run/secrets/databricks-token', token))).toBe('nothing is wrong');
});
