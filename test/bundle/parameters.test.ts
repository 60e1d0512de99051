import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { copyBundle, optionsFor, TARGETS, type Target } from './bundle-copy.ts';
import { withCli } from './databricks-cli.ts';
import { type Json, listOf, objectOf, textsOf } from '../support/json.ts';
import { runPythonTask, type TaskResult } from './task-process.ts';

const ROOT = path.resolve(__dirname, '../..');
/** The login that the platform gives a task, as test/launcher has it: the program gets a host and the file of a token by it. */
const RUNTIME_LOGIN = {
  DATABRICKS_RUNTIME_VERSION: 'client.3.0',
  PYTHONPATH: path.join(ROOT, 'test/launcher'),
  PYTHONDONTWRITEBYTECODE: '1',
  FAKE_RUNTIME_HOST: 'https://adb-1.azuredatabricks.net',
  FAKE_RUNTIME_TOKEN: 'runtime-token-of-a-fake',
};
/** What docs/deployment.md gives the variables for commands, besides their defaults: `command=loop --for 55m`. */
const DOCUMENTED = [...new Set(readFileSync(path.join(ROOT, 'docs/deployment.md'), 'utf8').match(/(?<=--var ')(?:setup_)?command=[^']+/g))];

const parametersOf = (task: Json) => textsOf(objectOf(task['spark_python_task'])['parameters']);
const withParameters = (task: Json, parameters: readonly string[]): Json => ({
  ...task,
  spark_python_task: { ...objectOf(task['spark_python_task']), parameters },
});
const withCommand = (parameters: readonly string[], command: string) =>
  parameters.map((text, place) => (parameters[place - 1] === '--command' ? command : text));
/** The same with the tables in a file, so that the command can begin. */
const withTablesAt = (parameters: readonly string[], file: string) => [
  ...parameters.filter(
    (text, place) => !text.startsWith('store.') && !(text === '--set' && parameters[place + 1]?.startsWith('store.') === true),
  ),
  '--set',
  'store.kind=embedded',
  '--set',
  `store.path=${file}`,
];

interface DeployedTask {
  readonly key: string;
  readonly parameters: readonly string[];
  /** Executes it with these parameters in place of its own. */
  readonly run: (parameters: readonly string[]) => Promise<TaskResult>;
}

/** What came of each task with its parameters changed so, by the task's key. */
async function results(tasks: readonly DeployedTask[], change: (parameters: readonly string[], key: string) => readonly string[]) {
  const all = await Promise.all(tasks.map(async ({ key, parameters, run }) => [key, await run(change(parameters, key))] as const));
  return Object.fromEntries(all);
}

/** What the program says where it took its words for a command and began: there are no tables yet, or now there are. */
const BEGUN = {
  cycle: {
    error: expect.stringMatching(/ended with exit code 8\b/),
    log: expect.stringContaining('does not exist. Run: ops-agent setup'),
  },
  setup: { error: null, log: expect.stringContaining('Setup complete!') },
};

withCli('the parameters of the jobs', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-parameters-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** The tasks of a target as it was deployed; its files are below the folder. */
  async function deployed(target: Target, ...variables: readonly string[]): Promise<readonly DeployedTask[]> {
    const copy = await copyBundle(optionsFor(target));
    try {
      await copy.done('deploy', '--target', target, ...variables);
      copy.workspace.mountAt(folder);
      const jobs = [...copy.workspace.jobs.values()];
      return jobs.flatMap(({ settings }) =>
        listOf(settings['tasks']).map((task) => ({
          key: String(task['task_key']),
          parameters: parametersOf(task),
          run: (parameters) => {
            const environment = { PATH: '/nowhere', HOME: folder, ...RUNTIME_LOGIN };
            return runPythonTask({ task: withParameters(task, parameters), settings, runId: 7 }, folder, environment);
          },
        })),
      );
    } finally {
      await copy.remove();
    }
  }

  /** Of each task's own command, on tables that are not there. */
  const begin = (tasks: readonly DeployedTask[]) =>
    results(tasks, (parameters, key) => withTablesAt(parameters, path.join(folder, `${key}.db`)));

  test.each(TARGETS)('of %s are settings and words that the program takes, with the login that a task has', async (target) => {
    const tasks = await deployed(target);
    const checked = { error: null, log: expect.stringContaining('✓ Configuration') };
    expect(await results(tasks, (parameters) => withCommand(parameters, 'config check'))).toEqual({ cycle: checked, setup: checked });
    expect(await begin(tasks)).toEqual(BEGUN);
  });

  test.each(DOCUMENTED)("are words that the program takes also with the documentation's %s", async (variable) => {
    const tasks = await deployed('prod', '--var', variable);
    expect(tasks.flatMap(({ parameters }) => parameters)).toContain(variable.replace(/^\w+=/, ''));
    expect(await begin(tasks)).toEqual(BEGUN);
  });

  test('fail the run where there is a mistake in them: an option, a setting, a parameter of the launcher', async () => {
    const [cycle] = await deployed('dev');
    const errorOf = async (...added: readonly string[]) => (await cycle?.run([...(cycle?.parameters ?? []), ...added]))?.error;
    expect(await errorOf('--command', 'run-once --wit 130s')).toMatch(/exit code 2: unknown option/);
    expect(await errorOf('--set', 'store.warehouse=x')).toMatch(/exit code 2: .*store\.warehouse/);
    expect(await errorOf('--commands', 'run-once')).toMatch(/LaunchError: unrecognized arguments: --commands run-once/);
  });
});
