import { expect, test } from '@jest/globals';

import { AgentError } from '../../src/domain/errors.ts';
import { type Connection, read } from '../../src/store/connection.ts';
import { failureOf } from '../../src/store/databricks/error-translation.ts';
import type { Place } from '../../src/store/databricks/names.ts';
import { ofOwnPlace } from '../../src/store/databricks/own-place.ts';

const AT = { address: 'adb-1.2.azuredatabricks.net', httpPath: '/sql/1.0/warehouses/ab12', credential: 'a token', sql: 'SELECT 1' };

/** A warehouse that answers everything with what the driver then throws. */
function answering(message: string): Connection {
  const fail = () => Promise.reject(failureOf({ name: 'Status Error', message, code: -1 }, AT).error);
  return { hasTransactions: false, execute: fail, executeAll: fail, close: () => Promise.resolve() };
}

async function said(message: string, place: Place, { many = false, sql = 'SELECT 1' } = {}): Promise<AgentError> {
  const connection = ofOwnPlace(answering(message), place);
  try {
    await (many ? connection.executeAll([read('SELECT 1'), read(sql)]) : connection.execute(read(sql)));
  } catch (thrown) {
    if (thrown instanceof AgentError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

const PLANT: Place = { catalog: 'plant', schema: 'ops' };
const schema = (name: string) => `[SCHEMA_NOT_FOUND] The schema ${name} cannot be found. Verify the spelling. SQLSTATE: 42704`;

test.each<[string, Place]>([
  [schema('`plant`.`ops`'), PLANT],
  [schema('`Plant`.`OPS`'), PLANT],
  [schema('`ops`'), PLANT],
  [schema('`spark_catalog`.`ops`'), { catalog: null, schema: 'ops' }],
  ["[NO_SUCH_CATALOG_EXCEPTION] Catalog 'plant' was not found. SQLSTATE: 42704", PLANT],
  ['[CATALOG_NOT_FOUND] The catalog `plant-1` not found. SQLSTATE: 42P08', { catalog: 'plant-1', schema: 'ops' }],
])('the store’s own place is not set up: %s', async (message, place) => {
  for (const many of [false, true])
    expect(await said(message, place, { many })).toMatchObject({
      code: 'not_set_up',
      message: expect.stringMatching(/^the store's schema (`plant(-1)?`\.)?`ops` does not exist$/),
      remedy: 'run: ops-agent setup, or correct store.catalog and store.schema',
    });
});

test.each<[string, Place]>([
  [schema('`plant`.`historian`'), PLANT],
  [schema('`lake`.`ops`'), PLANT],
  [schema('`plant`'), PLANT],
  ["[NO_SUCH_CATALOG_EXCEPTION] Catalog 'ops' was not found", PLANT],
  ["[NO_SUCH_CATALOG_EXCEPTION] Catalog 'lake' was not found", { catalog: null, schema: 'ops' }],
  [schema('`default`'), { catalog: null, schema: null }],
  ['[SCHEMA_NOT_FOUND]', PLANT],
])('another place stays a mistake of the configuration: %s', async (message, place) => {
  expect(await said(message, place)).toMatchObject({ code: 'usage', remedy: expect.stringContaining('source.table') });
});

test.each([false, true])(
  'so does one of the same name in a catalog that a statement names, where the store names none (many: %s)',
  async (many) => {
    const place = { catalog: null, schema: 'ops' };
    const missing = schema('`plant`.`ops`');
    expect(await said(missing, place, { many, sql: 'SELECT 1 FROM `Plant`.`ops`.`readings`' })).toMatchObject({ code: 'usage' });
    expect(await said(missing, place, { many, sql: 'SELECT 1 FROM `ops`.`readings`' })).toMatchObject({ code: 'not_set_up' });
  },
);

test('whatever else goes wrong is told as it is', async () => {
  expect(await said('[PARSE_SYNTAX_ERROR] at the schema `plant`.`ops`', PLANT)).toMatchObject({
    code: 'usage',
    remedy: 'check the statement',
  });
});
