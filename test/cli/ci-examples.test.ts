import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openSqlite } from '../../src/sqlite/sqlite-library.ts';
import { BUNDLE, ensureBundle } from '../support/bundle.ts';
import { ciExamples, runSteps, type StepResult } from '../support/ci-examples.ts';

const NAMES = [
  'DATABRICKS_HOST',
  'DATABRICKS_CLIENT_ID',
  'DATABRICKS_WAREHOUSE_ID',
  'OPS_AGENT_STORE_CATALOG',
  'OPS_AGENT_STORE_SCHEMA',
  'BUNDLE_VAR_run_as',
];
/** As Databricks spells the secret of a service principal. */
const SECRET = 'dose0123456789abcdef0123456789abcdef';
/** What the CI keeps. */
const KEPT: Readonly<Record<string, string>> = {
  ...Object.fromEntries(NAMES.map((name) => [name, name.toLowerCase()])),
  DATABRICKS_CLIENT_SECRET: SECRET,
};
const named = ciExamples().map((example) => [example.file, example] as const);

/** A stand-in for a program: notes in a file what it was asked, where to, and whether it can log in; fails where FAILS_AT says so. */
const STAND_IN = `#!/bin/sh
echo "$(basename "$0") $*\${BUNDLE_VAR_catalog:+ to $BUNDLE_VAR_catalog.$BUNDLE_VAR_schema at $BUNDLE_VAR_warehouse_id}\${DATABRICKS_CLIENT_SECRET:+ with the secret}" >> "$NOTES"
[ "$FAILS_AT" != "$(basename "$0") $*" ]
`;

describe.each(named)('the steps of %s', (_file, { deploy, isEverywhere }) => {
  let folder: string;
  let notes: string;
  let store: string;

  beforeEach(() => {
    ensureBundle();
    folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-ci-'));
    notes = path.join(folder, 'notes.txt');
    store = path.join(folder, 'ops-agent.db');
    mkdirSync(path.join(folder, 'jobs'));
    writeFileSync(path.join(folder, 'jobs/ops-agent.yaml'), 'logging:\n  format: json\n');
    symlinkSync(path.dirname(BUNDLE), path.join(folder, 'dist'));
    mkdirSync(path.join(folder, 'bin'));
    for (const program of ['npm', 'databricks', 'curl', 'sudo']) {
      writeFileSync(path.join(folder, 'bin', program), STAND_IN);
      chmodSync(path.join(folder, 'bin', program), 0o755);
    }
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** The agent's tables are in a file here, which has neither catalog nor schema; everything else is as the example has it. */
  const asFile = () => ({
    OPS_AGENT_STORE_KIND: 'embedded',
    OPS_AGENT_STORE_PATH: store,
    OPS_AGENT_STORE_CATALOG: '',
    OPS_AGENT_STORE_SCHEMA: '',
  });

  function run(env: Readonly<Record<string, string>> = {}): Promise<readonly StepResult[]> {
    const runner = {
      PATH: `${path.join(folder, 'bin')}:${path.dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: folder,
      NOTES: notes,
      FAILS_AT: '',
    };
    const ambient = Object.fromEntries(Object.entries(KEPT).filter(([name]) => isEverywhere(name)));
    return runSteps(deploy, { cwd: folder, kept: KEPT, env: { ...ambient, ...runner, ...asFile(), ...env } });
  }

  async function contents(): Promise<string> {
    const database = await openSqlite(store, { readOnly: true });
    try {
      const tables = database
        .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name LIKE 'agent%' ORDER BY name")
        .all();
      return JSON.stringify([
        database.prepare('SELECT * FROM sqlite_master ORDER BY name').all(),
        ...tables.map(({ name }) => database.prepare(`SELECT * FROM "${String(name)}"`).all()),
      ]);
    } finally {
      database.close();
    }
  }

  test('are run in order, set the tables up and find them so, and show no secret', async () => {
    const results = await run();
    expect(results.map(({ code }) => code)).toEqual(deploy.map(() => 0));
    expect(results.at(-2)?.output).toContain('Setup complete!');
    expect(results.map(({ output }) => output).join('\n')).not.toContain(SECRET);
    const asked = readFileSync(notes, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('databricks'));
    const place = 'to ops_agent_store_catalog.ops_agent_store_schema at databricks_warehouse_id with the secret';
    const others = readFileSync(notes, 'utf8')
      .split('\n')
      .filter((line) => /^(npm|curl|sudo)/.test(line));
    expect(others.some((line) => line.endsWith('with the secret'))).toBe(isEverywhere('DATABRICKS_CLIENT_SECRET'));
    expect(asked).toEqual(['validate --strict', 'deploy'].map((what) => `databricks bundle ${what} --target prod ${place}`));
  });

  test('change nothing the second time', async () => {
    await run();
    const before = await contents();
    const again = await run();
    expect(again.map(({ code }) => code)).toEqual(deploy.map(() => 0));
    expect(await contents()).toBe(before);
    expect(before).toContain('agent_recommendations');
  });

  test.each(['npm run build', 'databricks bundle validate --strict --target prod', 'databricks bundle deploy --target prod'])(
    'end where %s fails, and set nothing up',
    async (command) => {
      const results = await run({ FAILS_AT: command });
      expect([results.at(-1)?.command, results.at(-1)?.code]).toEqual([command, 1]);
      expect(existsSync(store)).toBe(false);
    },
  );

  test('end where the set-up fails, with its exit code, and check nothing', async () => {
    const results = await run({ OPS_AGENT_STORE_PATH: path.join(folder, 'no-such-folder/ops-agent.db') });
    expect([results.at(-1)?.command, results.at(-1)?.code]).toEqual(['node dist/ops-agent.js setup', 6]);
  });

  test('have a check that ends with 8 where the tables drifted', async () => {
    await run();
    const database = await openSqlite(store);
    database.exec('DROP TABLE agent_controls');
    database.close();
    const check = deploy.filter(({ command }) => command.endsWith('--check'));
    const runner = { PATH: process.env['PATH'] ?? '', HOME: folder, ...asFile() };
    const results = await runSteps(check, { cwd: folder, kept: KEPT, env: runner });
    expect(results.map(({ code }) => code)).toEqual([8]);
    expect(results[0]?.output).toContain('agent_controls');
  });
});
