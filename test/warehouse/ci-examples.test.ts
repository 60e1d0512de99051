import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ALL_TABLES } from '../../src/store/tables.ts';
import { BUNDLE, ensureBundle } from '../support/bundle.ts';
import { ciExamples, runSteps, type StepResult } from '../support/ci-examples.ts';
import { type ConnectProxy, connectProxy } from './connect-proxy.ts';
import { onWarehouse } from './on-warehouse.ts';
import { warehouse } from './start-warehouse.ts';

const PATIENCE_MS = 600_000;
const SCHEMA = 'ci_examples';

/** These two are asked to insert what is not there: that nothing was inserted is a version as well, of the same rows. */
const ASKED_AGAIN = ['agent_health', 'agent_schema'];

/** What there is: a table's version counts its writes. */
async function contents(): Promise<readonly unknown[]> {
  const { control } = warehouse();
  const all: unknown[] = [];
  for (const { name } of ALL_TABLES) {
    const isAsked = ASKED_AGAIN.includes(name);
    const rows = await control.sql(isAsked ? `SELECT * FROM ${SCHEMA}.${name}` : `DESCRIBE HISTORY ${SCHEMA}.${name} LIMIT 1`);
    all.push([name, isAsked ? rows : rows.map(({ version }) => version)]);
  }
  return all;
}

onWarehouse('the examples for CI, whose steps on the warehouse', () => {
  const [{ deploy } = { deploy: [] }] = ciExamples().filter(({ file }) => file === 'github-actions.yml');
  const own = deploy.filter(({ command }) => command.startsWith('node '));
  let folder: string;
  let proxy: ConnectProxy;

  beforeAll(async () => {
    ensureBundle();
    folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-ci-'));
    mkdirSync(path.join(folder, 'jobs'));
    writeFileSync(path.join(folder, 'jobs/ops-agent.yaml'), 'logging:\n  format: json\n');
    symlinkSync(path.dirname(BUNDLE), path.join(folder, 'dist'));
    proxy = await connectProxy(warehouse().port);
  });
  afterAll(async () => {
    await proxy?.close();
    rmSync(folder, { recursive: true, force: true });
    await warehouse().control.dropSchema(SCHEMA);
  });

  /** What the CI keeps is that of a service principal; the way to this machine's warehouse is the test's to say. */
  function run(steps = own, secret = warehouse().principal.clientSecret): Promise<readonly StepResult[]> {
    const { cloudHost, principal, httpPath, caFile } = warehouse();
    const kept = {
      DATABRICKS_HOST: `https://${cloudHost}`,
      DATABRICKS_CLIENT_ID: principal.clientId,
      DATABRICKS_CLIENT_SECRET: secret,
      DATABRICKS_WAREHOUSE_ID: path.basename(httpPath),
      OPS_AGENT_STORE_CATALOG: 'spark_catalog',
      OPS_AGENT_STORE_SCHEMA: SCHEMA,
      BUNDLE_VAR_run_as: principal.clientId,
    };
    const env = {
      PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: folder,
      HTTPS_PROXY: proxy.address,
      OPS_AGENT_STORE_CA_FILE: caFile,
    };
    return runSteps(steps, { cwd: folder, kept, env });
  }

  test(
    'end with 8 before the tables are there, and with 4 where the secret is wrong',
    async () => {
      const check = own.filter(({ command }) => command.endsWith('--check'));
      expect((await run(check)).map(({ code }) => code)).toEqual([8]);
      const [refused] = await run(own, 'dose-wrong-secret');
      expect([refused?.code, refused?.output]).toEqual([4, expect.not.stringContaining('dose-wrong-secret')]);
    },
    PATIENCE_MS,
  );

  test(
    'set up as a service principal, change nothing the second time, and show neither its secret nor a token',
    async () => {
      const results = [...(await run())];
      expect(results.map(({ code }) => code)).toEqual([0, 0]);
      const before = await contents();
      results.push(...(await run()));
      expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
      expect(await contents()).toEqual(before);
      const shown = results.map(({ output }) => output).join('\n');
      const { control, principal } = warehouse();
      const tokens = (await control.log()).map(({ token }) => token).filter((token) => token.length > 8);
      expect(tokens).not.toEqual([]);
      for (const secret of [principal.clientSecret, ...new Set(tokens)]) expect(shown).not.toContain(secret);
    },
    PATIENCE_MS,
  );
});
