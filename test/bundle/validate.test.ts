import { expect, test } from '@jest/globals';
import { copyBundle, optionsFor, TARGETS } from './bundle-copy.ts';
import { schemaFaults } from './bundle-schema.ts';
import { withCli } from './databricks-cli.ts';
import { PRINCIPAL } from './deployment-workspace.ts';
import { type Json, listOf, objectOf, textsOf } from '../support/json.ts';
import { settingsFaults } from './settings-faults.ts';

/** Of what docs/deployment.md has; test/bundle/documented.test.ts deploys all of it. */
const SITE = `
targets:
  prod:
    variables:
      run_as: ${PRINCIPAL}
      notify: [shift@example.com]
      secrets: OPS_AGENT_SIGNING_KEY=plant/signing-key IGNITION_PASSWORD=plant/gateway
    resources:
      jobs:
        agent:
          tasks:
            - task_key: cycle
              spark_python_task:
                parameters: [--set, source.table=plant.historian.readings]
`;

const OTHER_PRINCIPAL = '7c0d1b52-96e4-4f0a-8a53-0d2f6b1c9e77';
/** As docs/deployment.md has it, too. */
const OTHER_SETUP = `
targets:
  prod:
    variables:
      setup_as: ${OTHER_PRINCIPAL}
    permissions:
      - level: CAN_VIEW
        service_principal_name: \${var.setup_as}
`;

withCli('databricks bundle validate', () => {
  test.each(TARGETS)('has nothing to say about the target %s, also where it is strict', async (target) => {
    const copy = await copyBundle(optionsFor(target));
    try {
      expect(await copy.done('validate', '--strict', '--target', target)).toMatch(/Validation OK!/);
      expect(settingsFaults(JSON.parse(await copy.done('validate', '--target', target, '-o', 'json')) as Json)).toEqual([]);
      expect(schemaFaults(copy.folder, await copy.done('schema'))).toEqual([]);
      expect(copy.workspace.unanswered).toEqual([]);
    } finally {
      await copy.remove();
    }
  });

  test('adds what a plant says in jobs/site.yml to what the bundle says: variables, secrets and who is told', async () => {
    const copy = await copyBundle({ as: PRINCIPAL });
    try {
      copy.write('jobs/site.yml', SITE);
      await copy.done('validate', '--strict', '--target', 'prod');
      const { resources } = JSON.parse(await copy.done('validate', '--target', 'prod', '-o', 'json')) as Json;
      const { agent } = objectOf(objectOf(resources)['jobs']);
      expect(agent).toMatchObject({
        run_as: { service_principal_name: PRINCIPAL },
        email_notifications: { on_failure: ['shift@example.com'] },
      });
      const parameters = textsOf(objectOf(listOf(objectOf(agent)['tasks'])[0]?.['spark_python_task'])['parameters']);
      const secrets = '--secret=OPS_AGENT_SIGNING_KEY=plant/signing-key IGNITION_PASSWORD=plant/gateway';
      expect(parameters).toEqual(expect.arrayContaining(['--cli', secrets, 'plant.kind=advisory', 'store.kind=databricks']));
      expect(parameters.slice(-2)).toEqual(['--set', 'source.table=plant.historian.readings']);
    } finally {
      await copy.remove();
    }
  });

  test('lets another principal make the tables, where jobs/site.yml lets it into the folder with the files', async () => {
    const copy = await copyBundle(optionsFor('prod'));
    try {
      copy.write('jobs/site.yml', OTHER_SETUP);
      await copy.done('validate', '--strict', '--target', 'prod');
      expect(settingsFaults(JSON.parse(await copy.done('validate', '--target', 'prod', '-o', 'json')) as Json)).toEqual([]);
      await copy.done('deploy', '--target', 'prod');
      const [, folder] = [...copy.workspace.permissions].find(([on]) => on.startsWith('directories/')) ?? [];
      expect(folder).toContainEqual({ service_principal_name: OTHER_PRINCIPAL, permission_level: 'CAN_READ' });
      expect([...copy.workspace.jobs.values()].map(({ runAs }) => runAs).toSorted()).toEqual([PRINCIPAL, OTHER_PRINCIPAL]);
    } finally {
      await copy.remove();
    }
  });

  test('names what a production has to be told: the service principal that it runs as', async () => {
    const copy = await copyBundle({ as: 'ada@example.com' });
    try {
      const { code, stdout, stderr } = await copy.bundle('validate', '--target', 'prod');
      expect([code, `${stdout}${stderr}`]).toEqual([1, expect.stringContaining('run_as')]);
    } finally {
      await copy.remove();
    }
  });
});
