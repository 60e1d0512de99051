import path from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { explainSettings } from '../../src/config/load.ts';
import type { WarehouseDatabase } from '../../src/config/settings.ts';
import { HOME, PATH, HOST, SPECIFIED, type Env, file, load, refusal, secretOf, withHome } from '../support/databricks-config.ts';

withHome();

function history(env: Env, yaml: string): WarehouseDatabase {
  const { sourceDatabase } = load(env, yaml);
  if (sourceDatabase?.kind !== 'databricks') throw new Error('the readings are in no warehouse');
  return sourceDatabase;
}

const told = (env: Env, yaml: string) =>
  new Map(
    explainSettings({ env: { HOME, ...env }, cwd: HOME, configPath: file('ops-agent.yaml', yaml) }).map(
      ({ path: key, value, origin, environment }) => [key, [value, origin, environment]],
    ),
  );

const ofSource = (keys: string) => `source: {connection: {kind: databricks, ${keys}}}`;

describe('config show, of readings apart from the store,', () => {
  test('says which of the connection’s values are the store’s, a profile’s or a variable’s', () => {
    file('.databrickscfg', '[history]\nhost = https://history.net\ntoken = dapi-1\nwarehouse_id = w9\n');
    const inherited = told(SPECIFIED, 'store: {catalog: plant, schema: ops}\nsource: {connection: {kind: databricks, schema: raw}}');
    expect(inherited.get('source.connection.catalog')).toEqual(['plant', 'store', 'OPS_AGENT_SOURCE_CONNECTION_CATALOG']);
    expect(inherited.get('source.connection.schema')).toEqual(['raw', 'file', 'OPS_AGENT_SOURCE_CONNECTION_SCHEMA']);
    expect(inherited.get('source.connection.host')).toEqual([HOST, 'environment', 'DATABRICKS_SERVER_HOSTNAME']);
    expect(inherited.get('source.connection.httpPath')).toEqual([PATH, 'environment', 'DATABRICKS_HTTP_PATH']);
    const apart = told(SPECIFIED, 'store: {catalog: plant, schema: ops}\nsource: {connection: {kind: databricks, profile: history}}');
    expect(apart.get('source.connection.host')).toEqual(['https://history.net', 'profile', 'OPS_AGENT_SOURCE_CONNECTION_HOST']);
    expect(apart.get('source.connection.warehouseId')).toEqual(['w9', 'profile', 'OPS_AGENT_SOURCE_CONNECTION_WAREHOUSE_ID']);
    expect(apart.get('source.connection.catalog')).toEqual([undefined, 'default', 'OPS_AGENT_SOURCE_CONNECTION_CATALOG']);
    expect(apart.get('store.host')).toEqual([HOST, 'environment', 'DATABRICKS_SERVER_HOSTNAME']);
  });
});

describe('readings apart from the store', () => {
  test('are in the store unless they are said to be elsewhere', () => {
    expect(load(SPECIFIED).sourceDatabase).toBeNull();
    expect(refusal({}, 'source: {connection: {path: a.db}}')).toMatch(
      /source.connection.path .*does not belong to source.connection.kind: store/,
    );
  });

  test('in a warehouse beside an embedded store take what is not given from the variables', () => {
    const { store, sourceDatabase, plant } = load(
      SPECIFIED,
      'store: {kind: embedded}\nsource: {connection: {kind: databricks, schema: historian}}',
    );
    expect(store.kind).toBe('embedded');
    // They are of a real plant, about which no simulator may say 'executed'.
    expect(plant.kind).toBe('advisory');
    expect(sourceDatabase).toMatchObject({ kind: 'databricks', host: HOST, httpPath: PATH, schema: 'historian' });
  });

  test('in another warehouse or schema take what is not given from the store', () => {
    file('token', 'dapi-1');
    const keys =
      'store: {catalog: plant, schema: ops, tokenFile: token}\nsource: {connection: {kind: databricks, warehouseId: w2, schema: historian}}';
    expect(load(SPECIFIED, keys)).toMatchObject({
      store: { httpPath: PATH, catalog: 'plant', schema: 'ops' },
      sourceDatabase: {
        host: HOST,
        httpPath: '/sql/1.0/warehouses/w2',
        catalog: 'plant',
        schema: 'historian',
        credential: { kind: 'token_file' },
      },
    });
  });

  describe('with a profile or a host of their own', () => {
    const PROFILES =
      '[plant]\nhost = https://plant.net\ntoken = dapi-plant\nwarehouse_id = w1\n[history]\nhost = https://history.net\ntoken = dapi-history\nwarehouse_id = w9\n[bare]\ntoken = dapi-bare\n';
    const STORE = 'store: {kind: databricks, profile: plant, catalog: plant, schema: ops, caFile: ca.pem}\n';
    beforeEach(() => {
      file('.databrickscfg', PROFILES);
      file('ca.pem', '-----BEGIN CERTIFICATE-----\n');
      file('token', 'dapi-file');
    });
    const ALL_OF_HISTORY = {
      host: 'history.net',
      httpPath: '/sql/1.0/warehouses/w9',
      catalog: null,
      schema: null,
      caFile: path.join(HOME, 'ca.pem'),
    };

    test.each<[string, Env, string]>([
      ['the store’s profile', {}, STORE],
      [
        'the store’s keys',
        {},
        `store: {kind: databricks, host: store.net, httpPath: ${PATH}, tokenFile: token, catalog: plant, caFile: ca.pem}\n`,
      ],
      ['the store’s variables', SPECIFIED, 'store: {schema: ops, caFile: ca.pem}\n'],
      ['the profile of a variable', { DATABRICKS_CONFIG_PROFILE: 'plant' }, 'store: {kind: databricks, schema: ops, caFile: ca.pem}\n'],
    ])('are where the profile says, whatever %s say', (_what, env, store) => {
      const found = history(env, store + ofSource('profile: history'));
      expect(found).toMatchObject(ALL_OF_HISTORY);
      expect(secretOf(found)).toBe('dapi-history');
    });

    test('have their own keys before those of the profile', () => {
      const found = history({}, STORE + ofSource('profile: history, warehouseId: w7, catalog: lake, schema: raw'));
      expect(found).toMatchObject({ host: 'history.net', httpPath: '/sql/1.0/warehouses/w7', catalog: 'lake', schema: 'raw' });
    });

    test('are told what the profile lacks, rather than being looked for at the store’s', () => {
      const said = refusal(SPECIFIED, `store: {schema: ops}\n${ofSource('profile: bare')}`);
      expect(said).toMatch(/source.connection.host .*: is missing: set it, or name a profile that has a host/);
      expect(said).toMatch(/source.connection.httpPath .*: is missing: set it or warehouseId, or name a profile that has one of them/);
      expect(said).not.toMatch(/store\.(host|httpPath)/);
    });

    test('at a host of their own show it no token of the store’s keys', () => {
      expect(
        refusal(
          {},
          `store: {kind: databricks, host: a.net, warehouseId: w1, tokenFile: token}\n${ofSource('host: b.net, warehouseId: w2')}`,
        ),
      ).toMatch(/source.connection.* no credential/);
      const found = history({ DATABRICKS_TOKEN: 'dapi-both' }, `${STORE}${ofSource('host: b.net, warehouseId: w2')}`);
      expect(found).toMatchObject({ host: 'b.net', httpPath: '/sql/1.0/warehouses/w2', catalog: null });
      expect(secretOf(found)).toBe('dapi-both');
      const elsewhere = { DATABRICKS_HOST: 'a.net', DATABRICKS_TOKEN: 'dapi-a' };
      const said = refusal(elsewhere, `store: {kind: databricks, warehouseId: w1}\n${ofSource('host: b.net, warehouseId: w2')}`);
      expect(said).toMatch(/source.connection.* no credential: name a profile \(the key profile\) or a token's file/);
    });

    test('beside a file take from the variables what the profile lacks', () => {
      const found = history(SPECIFIED, `store: {kind: embedded}\n${ofSource('profile: bare')}`);
      expect(found).toMatchObject({ host: HOST, httpPath: PATH });
      expect(secretOf(found)).toBe('dapi-bare');
    });
  });

  test('in a file of their own need its path', () => {
    expect(load(SPECIFIED, 'source: {connection: {kind: embedded, path: plant.db}}').sourceDatabase).toEqual({
      kind: 'embedded',
      path: path.join(HOME, 'plant.db'),
    });
    expect(refusal(SPECIFIED, 'source: {connection: {kind: embedded}}')).toMatch(/source.connection.path.* is missing/);
    expect(refusal(SPECIFIED, 'source: {connection: {kind: embedded, path: a, host: b}}')).toMatch(
      /source.connection.host .*does not belong/,
    );
  });
});
