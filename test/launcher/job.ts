import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { LAUNCHER } from './pythons.ts';

const JOB = path.join(__dirname, 'databricks_job.py');
const LOOK_MS = 20;

export interface JobOptions {
  readonly python: string;
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the launcher runs in another thread than the main one. */
  readonly inThread?: boolean;
  /** A folder for temporary files that stays, as a machine's does, where a program outlives its launcher; else one that goes with the job. */
  readonly home?: string;
}

export interface JobResult {
  /** What the run's log keeps. */
  readonly log: string;
  /** The traceback of a run that failed. */
  readonly failure: string;
  readonly succeeded: boolean;
}

export interface Job {
  readonly process: ChildProcess;
  readonly done: Promise<JobResult>;
  log(): string;
  /** Waits until the log has the text; rejects when the run ends without it. */
  saw(text: string): Promise<void>;
  /** The process that the launcher started; waits for it. */
  program(): Promise<number>;
  /** What it has put into the folder for temporary files. */
  temporaryFiles(): readonly string[];
}

/** The launcher as a task of a job, with nothing of this machine's own logins. */
export function startJob(parameters: readonly string[], { python, cwd, env = {}, inThread = false, home: given }: JobOptions): Job {
  const home = given ?? mkdtempSync(path.join(tmpdir(), 'ops-agent-job-'));
  const child = spawn(python, [JOB, ...(inThread ? ['--thread'] : []), LAUNCHER, ...parameters], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: home, TMPDIR: home, PYTHONDONTWRITEBYTECODE: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  let failure = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (log += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (failure += text));
  let ended = false;
  const left: string[] = [];
  const done = new Promise<JobResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', () => left.push(...readdirSync(home)));
    child.on('close', (code) => {
      ended = true;
      if (given === undefined) rmSync(home, { recursive: true, force: true });
      resolve({ log, failure, succeeded: code === 0 });
    });
  });
  const until = async <T>(look: () => T | undefined, what: string): Promise<T> => {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (ended) throw new Error(`the run ended without ${what}:\n${log}${failure}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  };
  return {
    process: child,
    done,
    log: () => log,
    saw: async (text) => void (await until(() => log.includes(text) || undefined, `'${text}'`)),
    program: () => until(() => childrenOf(child.pid ?? 0)[0], 'a program'),
    temporaryFiles: () => (ended ? left : readdirSync(home)),
  };
}

export async function runJob(parameters: readonly string[], options: JobOptions): Promise<JobResult> {
  return startJob(parameters, options).done;
}

/** By the kernel's own word: the fourth field of stat is the parent; the second may hold anything and is in brackets. */
function childrenOf(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => statOf(pid)?.parent === parent)
    .map(Number);
}

function statOf(pid: number | string): { readonly state: string; readonly parent: number } | undefined {
  try {
    const [, state = '', parent = ''] = /\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return { state, parent: Number(parent) };
  } catch {
    return undefined; // it has ended
  }
}

/** Whether it still runs: one that nobody has asked for its exit code does not. */
export function isRunning(pid: number): boolean {
  const state = statOf(pid)?.state;
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** Waits until it has stopped itself (SIGSTOP). @returns false where it ended instead */
export async function standsStill(pid: number): Promise<boolean> {
  while (isRunning(pid)) {
    if (statOf(pid)?.state === 'T') return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return false;
}

/** @returns whether it ended in time */
export async function endsWithin(pid: number, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (performance.now() < deadline) {
    if (!isRunning(pid)) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return !isRunning(pid);
}
