import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { lexer } from 'marked';
import { newWorkplace, type Workplace } from '../support/bundle.ts';
import { type BundleCopy, copyBundle } from './bundle-copy.ts';
import { runShell, withCli } from './databricks-cli.ts';
import { PRINCIPAL } from './deployment-workspace.ts';
import { listOf, objectOf, textsOf } from '../support/json.ts';

const TEXT = readFileSync(path.resolve(__dirname, '../../docs/deployment.md'), 'utf8');
const PAGE = lexer(TEXT);

/** The first block of a language that stands under a heading. */
function blockUnder(heading: string, language: string): string {
  const at = PAGE.findIndex((token) => token.type === 'heading' && token.text === heading);
  const block = PAGE.slice(at).find((token) => token.type === 'code' && token.lang === language);
  if (at < 0 || block?.type !== 'code') throw new Error(`there is no ${language} under '${heading}'`);
  return String(block.text);
}

const commandsUnder = (heading: string) => blockUnder(heading, 'console').replaceAll(/^\$ /gm, '');

const NEW_KEY = `2026b:${'0123456789abcdef'.repeat(4)}`;

/** The page, in its order, on one workspace. The tables are in a file: the fake has no SQL warehouse. */
withCli('docs/deployment.md, word for word', () => {
  let copy: BundleCopy;
  let place: Workplace;
  const store = () => path.join(place.cwd, 'store.db');

  const follow = async (commands: string, answers = '') => {
    const { code, stdout, stderr } = await runShell(commands, copy.folder, copy.environment, answers);
    if (code !== 0) throw new Error(`ended with ${String(code)}:\n${commands}\n${stdout}${stderr}\n${copy.workspace.newestLog()}`);
    return stdout;
  };
  const jobNamed = (name: string) => [...copy.workspace.jobs.values()].find((job) => job.settings['name'] === name);
  const pauseStatus = () => objectOf(jobNamed('ops-agent')?.settings['continuous'])['pause_status'];
  const cycle = () => copy.done('run', 'agent', '--target', 'prod', '--var', `run_as=${PRINCIPAL}`);
  /** What the agent signs with, as the workspace has it. */
  const keys = () => copy.workspace.secretAt('plant/signing-key');
  const sql = (text: string) => place.json('--store-path', store(), 'sql', text, '--json');
  /** A reading of now that asks for an emergency's recommendation. */
  const hot = (equipmentId: string) =>
    sql(
      `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, sensor_status, timestamp) VALUES ('T', '${equipmentId}', 97, 'good', CURRENT_TIMESTAMP)`,
    );

  beforeAll(async () => {
    place = newWorkplace();
    copy = await copyBundle({ as: PRINCIPAL, hasSecret: false });
    // The driver of the embedded store, for the page's own `node`.
    symlinkSync(path.resolve(__dirname, '../../node_modules'), path.join(copy.folder, 'node_modules'));
    copy.edit('databricks.yml', 'store.kind=databricks', 'store.kind=embedded');
    copy.edit('databricks.yml', 'store.catalog=${var.catalog}', `store.path=${store()}`);
    for (const elsewhere of ['store.schema=${resources.schemas.ops_agent.name}', 'store.warehouseId=${var.warehouse_id}'])
      copy.edit('databricks.yml', elsewhere, 'retry.attempts=3');
  });
  afterAll(async () => {
    await copy.remove();
    place.remove();
  });

  test('ten commands make the tables, let the agent in and have it run', async () => {
    const commands = commandsUnder('From nothing to a running job');
    expect([...commands.matchAll(/# (\d+)\b/g)].map(([, number]) => Number(number))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await follow(commands);
    const { grants, permissions, schemas, unanswered } = copy.workspace;
    expect(unanswered).toEqual([]);
    expect(pauseStatus()).toBe('UNPAUSED');
    expect([...schemas.keys()]).toEqual(['plant.ops_agent']);
    expect(grants.get('catalog plant')).toEqual(new Map([[PRINCIPAL, new Set(['USE_CATALOG'])]]));
    expect(permissions.get('warehouses/1234567890abcdef')).toContainEqual({
      service_principal_name: PRINCIPAL,
      permission_level: 'CAN_USE',
    });
    expect(readFileSync(path.join(copy.folder, 'ops-agent.sql'), 'utf8')).toMatch(
      new RegExp(`GRANT [A-Z, ]+ ON TABLE \`plant\`\\.\`ops_agent\`\\.\`?agent_events\`? TO \`${PRINCIPAL}\``),
    );
    expect((await place.run('--store-path', store(), 'setup', '--check')).code).toBe(0);
    await cycle();
    expect(await sql('SELECT DATEDIFF(SECOND, last_heartbeat, next_due) AS promised FROM agent_health')).toEqual([{ promised: 140 }]);
  });

  test('a plant’s own two files and a secret sign what the agent writes', async () => {
    cpSync(path.join(copy.folder, 'jobs/ops-agent.yaml'), path.join(copy.folder, 'jobs/plant.yaml'));
    copy.write('jobs/site.yml', blockUnder('What is yours', 'yaml'));
    await follow(commandsUnder('A signing key'));
    expect(copy.workspace.secretsFor).toEqual(new Map([[`plant: ${PRINCIPAL}`, 'READ']]));
    await copy.done('validate', '--strict', '--target', 'prod');
    await copy.done('deploy', '--target', 'prod');
    await hot('REACTOR_01');
    await cycle();
    expect(await sql("SELECT signature LIKE '2026a:%' AS is_signed FROM agent_events WHERE event = 'created'")).toEqual([{ is_signed: 1 }]);
  });

  test('an upgrade leaves the agent running, and so does going back', async () => {
    for (const heading of ['Upgrade', 'Roll back']) {
      await follow(commandsUnder(heading));
      expect(pauseStatus()).toBe('UNPAUSED');
    }
  });

  test('a rotated secret is that of the next run', async () => {
    await follow(commandsUnder('Rotate a secret'), `${NEW_KEY},${keys()}\n`);
    await hot('REACTOR_02');
    await cycle();
    expect(
      await sql("SELECT signature LIKE '2026b:%' AS is_new FROM agent_events WHERE event = 'created' ORDER BY chain_seq DESC LIMIT 1"),
    ).toEqual([{ is_new: 1 }]);
  });

  test('another agent takes the tables over, and runs', async () => {
    copy.edit('jobs/plant.yaml', 'logging:', 'agent:\n  id: line_9\nlogging:');
    const refused = await copy.bundle('deploy', '--target', 'prod').then(() => copy.bundle('run', 'agent', '--target', 'prod'));
    expect([refused.code, copy.workspace.newestLog()]).toEqual([1, expect.stringContaining('these tables belong to agent ops_agent_001')]);
    const parameters = /its parameters `(\[--secret[^`]*)`/.exec(TEXT)?.[1] ?? '';
    copy.edit(
      'jobs/site.yml',
      '        agent:\n',
      `        setup:\n          tasks: [{ task_key: setup, spark_python_task: { parameters: ${parameters} } }]\n        agent:\n`,
    );
    await follow(commandsUnder('Take over'));
    await cycle();
    expect(await sql("SELECT agent_id, reason FROM agent_events WHERE event = 'taken_over'")).toEqual([
      { agent_id: 'line_9', reason: 'the tables belonged to ops_agent_001' },
    ]);
    expect(textsOf(objectOf(listOf(jobNamed('ops-agent setup')?.settings['tasks'])[0]?.['spark_python_task'])['parameters'])).not.toContain(
      'setup --take-over',
    );
  });

  test('retiring leaves the schema, a copy of the audit, and nothing that runs', async () => {
    // Nobody is there to answer it.
    const commands = commandsUnder('Retire').replace('bundle destroy', 'bundle destroy --auto-approve');
    const here = `export OPS_AGENT_STORE_KIND=embedded OPS_AGENT_STORE_PATH=${store()} OPS_AGENT_AGENT_ID=line_9 OPS_AGENT_SIGNING_KEY=${keys()}`;
    const said = await follow(`${here}\n${commands}`);
    expect(said).toContain('✓ The audit is sound');
    expect([copy.workspace.jobs.size, [...copy.workspace.schemas.keys()]]).toEqual([0, ['plant.ops_agent']]);
    expect(existsSync(path.join(copy.folder, 'audit.jsonl'))).toBe(true);
    expect(await sql('SELECT kind, scope FROM agent_controls')).toEqual([{ kind: 'advisory', scope: 'all' }]);
  });
});
