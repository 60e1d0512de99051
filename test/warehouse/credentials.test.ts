import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import tls from 'node:tls';
import { openDriver } from './driver.ts';
import { withWarehouse } from './with-warehouse.ts';

withWarehouse('credentials_test', (scene) => {
  test('a wrong token opens no session', async () => {
    await expect(openDriver(scene(), { credentials: { token: 'dapi-wrong' } })).rejects.toMatchObject({ statusCode: 401 });
  });

  test.each([401, 403] as const)('a token that was revoked in mid-session is refused with %d', async (status) => {
    const token = `dapi-for-${status}`;
    await scene().control.addToken(token);
    const driver = await openDriver(scene(), { credentials: { token } });
    expect(await driver.rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await scene().control.revokeToken(token, status);
    await expect(driver.rows('SELECT 1 AS one')).rejects.toMatchObject({ statusCode: status });
    await scene().control.addToken(token);
    expect(await driver.rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await driver.close();
  });

  test('a client that does not know the certificate authority is not let through', async () => {
    const { host, port } = scene();
    const refused = new Promise((resolve, reject) => {
      tls.connect({ host, port }, () => resolve('let through')).once('error', reject);
    });
    await expect(refused).rejects.toThrow(/unable to (verify|get)|self-signed/);
  });

  // The driver asks for tokens at the hosts of Databricks' clouds alone, on port 443.
  const stock = tls.connect;
  beforeEach(() => {
    process.env['OPS_AGENT_TEST_CLOUD'] = `${scene().cloudHost}:${scene().port}`;
    jest.isolateModules(() => require('./cloud-host.cjs'));
  });
  afterEach(() => {
    tls.connect = stock;
  });

  test('a service principal buys a token with its secret', async () => {
    const before = await scene().control.tokensBought();
    const driver = await openDriver(scene(), { host: scene().cloudHost, credentials: scene().principal });
    expect(await driver.rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await driver.close();
    expect(await scene().control.tokensBought()).toBe(before + 1);
  });

  test('a wrong secret buys none', async () => {
    const credentials = { ...scene().principal, clientSecret: 'wrong' };
    await expect(openDriver(scene(), { host: scene().cloudHost, credentials })).rejects.toThrow('invalid_client');
  });
});
