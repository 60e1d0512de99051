import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

const FOLDER = path.resolve(__dirname, '../../examples/ci');

type Env = Readonly<Record<string, string>>;

/** A command line of a job, with the variables that the example itself gives it. */
export interface ShellStep {
  readonly command: string;
  readonly env: Env;
}

export interface CiExample {
  readonly file: string;
  readonly text: string;
  /** As its file says it. */
  readonly document: unknown;
  /** What is done to every change, without a secret. */
  readonly build: readonly ShellStep[];
  readonly deploy: readonly ShellStep[];
  /** Whether a variable that the CI keeps reaches commands that do not name it. */
  readonly isEverywhere: (name: string) => boolean;
}

interface GithubJob {
  readonly env?: Env;
  readonly steps: readonly { readonly run?: string; readonly env?: Env }[];
}
interface GitlabJob {
  readonly variables?: Env;
  readonly before_script?: readonly string[];
  readonly script: readonly string[];
}
interface AzureJob {
  readonly steps: readonly { readonly bash?: string; readonly env?: Env }[];
}

function read(file: string): { readonly file: string; readonly text: string; readonly document: unknown } {
  const text = readFileSync(path.join(FOLDER, file), 'utf8');
  return { file, text, document: parse(text) as unknown };
}

function github(): CiExample {
  const example = read('github-actions.yml');
  const { jobs } = example.document as { readonly jobs: Readonly<Record<'build' | 'deploy', GithubJob>> }; // whose shape its schema's test asserts
  const steps = ({ env = {}, steps: all }: GithubJob) =>
    all.flatMap(({ run, env: own = {} }) => (run === undefined ? [] : [{ command: run, env: { ...env, ...own } }]));
  return { ...example, build: steps(jobs.build), deploy: steps(jobs.deploy), isEverywhere: () => false };
}

function gitlab(): CiExample {
  const example = read('.gitlab-ci.yml');
  const { variables, build, deploy } = example.document as {
    readonly variables: Env;
    readonly build: GitlabJob;
    readonly deploy: GitlabJob;
  }; // as above
  const steps = ({ variables: own = {}, before_script: before = [], script }: GitlabJob) =>
    [...before, ...script].map((command) => ({ command, env: { ...variables, ...own } }));
  return { ...example, build: steps(build), deploy: steps(deploy), isEverywhere: () => true };
}

function azure(): CiExample {
  const example = read('azure-pipelines.yml');
  const { stages } = example.document as {
    readonly stages: readonly [
      { readonly jobs: readonly [AzureJob] },
      {
        readonly variables: readonly { readonly name?: string; readonly value?: string }[];
        readonly jobs: readonly [{ readonly strategy: { readonly runOnce: { readonly deploy: AzureJob } } }];
      },
    ];
  }; // as above
  const [build, deploy] = stages;
  const named = deploy.variables.flatMap(({ name, value }) => (name === undefined || value === undefined ? [] : [[name, value] as const]));
  const steps = ({ steps: all }: AzureJob, env: Env) =>
    all.flatMap(({ bash, env: own = {} }) => (bash === undefined ? [] : [{ command: bash, env: { ...env, ...own } }]));
  return {
    ...example,
    build: steps(build.jobs[0], {}),
    deploy: steps(deploy.jobs[0].strategy.runOnce.deploy, Object.fromEntries(named)),
    isEverywhere: (name) => !name.endsWith('SECRET'),
  };
}

/** The examples of the documentation, as their files say them. */
export function ciExamples(): readonly CiExample[] {
  return [github(), gitlab(), azure()];
}

/** Which values stand in an example for what its CI keeps: `${{ vars.NAME }}` and `${{ secrets.NAME }}`, `$NAME`, `$(NAME)`. */
const KEPT = /\$\{\{ (?:vars|secrets)\.(\w+) \}\}|\$\((\w+)\)|\$(\w+)/g;

/** The names that an example expects its CI to keep. */
export function keptNames(steps: readonly ShellStep[]): readonly string[] {
  const found = steps.flatMap(({ env }) =>
    Object.values(env).flatMap((value) => [...value.matchAll(KEPT)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')),
  );
  return [...new Set(found)].toSorted();
}

function filled(env: Env, kept: Env): Env {
  const put = (value: string) =>
    value.replaceAll(KEPT, (_whole, ...names: (string | undefined)[]) => {
      const name = names.slice(0, 3).find((each) => each !== undefined) ?? '';
      const said = kept[name];
      if (said === undefined) throw new Error(`nothing is kept as ${name}`);
      return said;
    });
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, put(value)]));
}

export interface StepResult {
  readonly command: string;
  readonly code: number | null;
  /** What a log of the CI shows: both streams. */
  readonly output: string;
}

export interface CiRun {
  readonly cwd: string;
  /** What the CI keeps, secrets too. */
  readonly kept: Env;
  /** What the runner has by itself, and what the test adds: it wins over what the example says. */
  readonly env: Env;
}

function shell(command: string, env: Env, cwd: string): Promise<StepResult> {
  const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve({ command, code, output }));
  });
}

/** Runs the steps in order, as a runner does: after one that fails nothing more is run. */
export async function runSteps(steps: readonly ShellStep[], { cwd, kept, env }: CiRun): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  for (const step of steps) {
    const result = await shell(step.command, { ...filled(step.env, kept), ...env }, cwd);
    results.push(result);
    if (result.code !== 0) break;
  }
  return results;
}
