import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import { RetryableError } from '../../src/store/retryable.ts';
import { builtProgram } from '../support/built-program.ts';
import { connectProxy } from './connect-proxy.ts';
import { failureOf, Lines, ONE, retrying, secretOf, withConnection } from './with-connection.ts';

const FOLDER = mkdtempSync(path.join(tmpdir(), 'ops-agent-login-'));

withConnection('login_test', (scene) => {
  afterEach(() => {
    delete process.env['HTTPS_PROXY'];
    delete process.env['NO_PROXY'];
  });
  afterAll(() => rmSync(FOLDER, { recursive: true }));

  describe('who logs in', () => {
    test('with a token that is refused is told where it is from, and the process ends with 4', async () => {
      const log = new Lines();
      const error = await failureOf(
        retrying(
          scene().open({ log, credential: { kind: 'token', secret: secretOf('dapi-wrong'), from: 'DATABRICKS_TOKEN of the environment' } }),
        ).execute(ONE),
      );
      expect(exitCodeOf(error.code)).toBe(4);
      expect(error.message).toMatch(/refused the credential \(HTTP 401/);
      expect(error.remedy).toMatch(/^check DATABRICKS_TOKEN of the environment/);
      expect([error.message, error.stack, ...log.all].join('\n')).not.toContain('dapi-wrong');
    });

    test('with a token’s file has the file’s token in every request, also after it changed', async () => {
      const { control } = scene();
      const file = path.join(FOLDER, 'token');
      const connection = scene().open({ credential: { kind: 'token_file', path: file, from: 'store.tokenFile' } });
      for (const token of ['dapi-first', 'dapi-second']) {
        await control.addToken(token);
        writeFileSync(file, `${token}\n`);
        await connection.execute(ONE);
        expect((await control.log()).at(-1)?.token).toBe(token);
        await control.revokeToken(token, 401);
      }
      const error = await failureOf(connection.execute(ONE));
      expect(error).toMatchObject({ code: 'unauthorised' });
      expect(error.remedy).toMatch(/store.tokenFile/);
      rmSync(file);
      expect(await failureOf(connection.execute(ONE))).toMatchObject({ code: 'unauthorised' });
    });

    test('as a service principal buys a token, behind a proxy and with a private authority too, and another when it is refused', async () => {
      const { control, cloudHost, port, principal } = scene();
      const proxy = await connectProxy(port);
      process.env['HTTPS_PROXY'] = proxy.address;
      try {
        const credential = {
          kind: 'client',
          clientId: principal.clientId,
          secret: secretOf(principal.clientSecret),
          from: 'DATABRICKS_CLIENT_SECRET',
        } as const;
        const connection = scene().open({ host: cloudHost, port: 443, credential });
        await connection.execute(ONE);
        const bought = await control.tokensBought();
        await control.revokeToken((await control.log()).at(-1)?.token ?? '', 403);
        await connection.execute(ONE);
        expect(await control.tokensBought()).toBe(bought + 1);
        expect(new Set(proxy.asked)).toEqual(new Set([`${cloudHost}:443`]));
        const wrong = scene().open({ host: cloudHost, port: 443, credential: { ...credential, secret: secretOf('dose-wrong') } });
        const error = await failureOf(retrying(wrong).execute(ONE));
        expect(error).toMatchObject({ code: 'unauthorised' });
        expect(error.message).toMatch(/refused the service principal \(invalid_client/);
        expect([error.message, error.remedy, String(error.cause)].join()).not.toContain('dose-wrong');
        await connection.close();
      } finally {
        await proxy.close();
      }
    });
  });

  describe('the way to the warehouse', () => {
    test('leads through HTTPS_PROXY, unless NO_PROXY excepts the host', async () => {
      const proxy = await connectProxy(scene().port);
      process.env['HTTPS_PROXY'] = proxy.address;
      try {
        const connection = scene().open();
        await connection.execute(ONE);
        await connection.close();
        expect(proxy.asked).not.toEqual([]);
        proxy.asked.splice(0);
        process.env['NO_PROXY'] = '127.0.0.1';
        await scene().open().execute(ONE);
        expect(proxy.asked).toEqual([]);
      } finally {
        await proxy.close();
      }
    });

    test('with an authority that nobody knows says which key names one', async () => {
      const error = await failureOf(retrying(scene().open({ caFile: null })).execute(ONE));
      expect(error).toMatchObject({ code: 'store_unavailable' });
      expect(error.message).toMatch(/certificate of 127.0.0.1:\d+ is not trusted/);
      expect(error.remedy).toMatch(/store.caFile \(or NODE_EXTRA_CA_CERTS\)/);
    });

    test('takes an authority of NODE_EXTRA_CA_CERTS, and a process that has closed it ends, having said nothing of its own', async () => {
      const { host, port, httpPath, token, caFile } = scene();
      const { program, remove } = builtProgram('../warehouse/one-statement.ts');
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: caFile, CONNECTION: JSON.stringify({ host, port, httpPath, token }) };
      try {
        const start = performance.now();
        expect(await promisify(execFile)(process.execPath, [program], { env })).toEqual({ stdout: '[{"one":1}]', stderr: '' });
        expect(performance.now() - start).toBeLessThan(10_000);
      } finally {
        remove();
      }
    });

    test('that leads nowhere is worth another try, and names the host', async () => {
      const error = await failureOf(scene().open({ port: 1 }).execute(ONE));
      expect(error).toBeInstanceOf(RetryableError);
      expect(error.message).toMatch(/127.0.0.1:1 cannot be reached \(ECONNREFUSED\)/);
      const noPath = await failureOf(scene().open({ httpPath: '/sql/1.0/warehouses/other' }).execute(ONE));
      expect(noPath).toMatchObject({ code: 'usage' });
    });
  });
});
