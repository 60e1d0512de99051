import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Json, listOf, objectOf, textsOf } from '../support/json.ts';

export interface TaskResult {
  readonly log: string;
  /** The last line of the log where the task failed. */
  readonly error: string | null;
}

export interface TaskToRun {
  readonly task: Json;
  readonly settings: Json;
  readonly runId: number;
}

export type RunTask = (asked: TaskToRun) => Promise<TaskResult>;

const ENVIRONMENTS = path.resolve(__dirname, '../../.cache/job-environments');
const INSTALL_MS = 600_000;

const execute = promisify(execFile);
const pythonIn = (folder: string) => path.join(folder, 'bin/python');

/** The newest Python of the machine that a runtime of Databricks may have. @throws where there is none with venv */
async function foundPython(): Promise<string> {
  for (const name of ['python3.12', 'python3', 'python']) {
    const isUsable = execute(name, ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))']);
    if (
      await isUsable.then(
        () => true,
        () => false,
      )
    )
      return name;
  }
  throw new Error('there is no Python 3.10 or newer with venv');
}

/** What the task declares: an environment of its job for serverless compute, else libraries for a cluster. */
function dependenciesOf(task: Json, settings: Json): readonly string[] {
  const declared = listOf(settings['environments']).find((one) => one['environment_key'] === task['environment_key']);
  if ('environment_key' in task) return textsOf(objectOf(declared?.['spec'])['dependencies']);
  return listOf(task['libraries']).map((library) => String(objectOf(library['pypi'])['package']));
}

/** A Python with those packages and nothing else; made once, some 30 s, and kept for the next run of the tests. */
async function environmentWith(dependencies: readonly string[]): Promise<string> {
  const base = await foundPython();
  const wanted = createHash('sha256')
    .update(JSON.stringify([base, dependencies]))
    .digest('hex')
    .slice(0, 12);
  const kept = path.join(ENVIRONMENTS, wanted);
  if (existsSync(kept)) return pythonIn(kept);
  mkdirSync(ENVIRONMENTS, { recursive: true });
  const fresh = mkdtempSync(`${kept}-`);
  await execute(base, ['-m', 'venv', fresh], { timeout: INSTALL_MS });
  const install = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--quiet', ...dependencies];
  await execute(pythonIn(fresh), install, { timeout: INSTALL_MS });
  // Another file of tests may have been faster.
  if (existsSync(kept)) rmSync(fresh, { recursive: true });
  else renameSync(fresh, kept);
  return pythonIn(kept);
}

/** The name of a run's own value, as it may stand in a parameter. */
const resolved = (text: string, runId: number) => text.replaceAll('{{job.run_id}}', String(runId));

/**
 * Executes a spark_python_task as a process. `mount` is where the workspace's files lie: a job has them under /Workspace, which no test may
 * make on the machine that it runs on, so that paths that begin with it are turned there.
 */
export async function runPythonTask(
  { task, settings, runId }: TaskToRun,
  mount: string,
  environment: Readonly<Record<string, string>>,
): Promise<TaskResult> {
  const python = await environmentWith(dependenciesOf(task, settings));
  const asked = objectOf(task['spark_python_task']);
  const local = (text: string) => (text.startsWith('/Workspace/') ? path.join(mount, text) : text);
  const args = [String(asked['python_file']), ...textsOf(asked['parameters'])].map((text) => local(resolved(text, runId)));
  const child = spawn(python, [path.join(__dirname, 'run_task.py'), ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  return { log, error: code === 0 ? null : (log.trimEnd().split('\n').at(-1) ?? '') };
}
