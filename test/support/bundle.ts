import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const BUILT = path.join(ROOT, 'dist/ops-agent.js');
/** What is tested: our own build, or the one that the variable names, for instance that of an installed package. */
export const BUNDLE = process.env['OPS_AGENT_TEST_BUNDLE'] ?? BUILT;
const BUILD_LOCK = path.join(ROOT, '.cache/build.lock');
const BUILD_TIMEOUT_MS = 60_000;

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether its stdin is a pipe, which whoever started it ends; else there is nothing to read from the start. */
  readonly hasStdin?: boolean;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Null when a signal ended the process. */
  readonly code: number | null;
}

export interface RunningBundle {
  readonly child: ChildProcess;
  readonly done: Promise<RunResult>;
  /** Waits until stderr or stdout has the text; rejects when the process ends without it. */
  saw(text: string): Promise<void>;
}

function newestChange(place: string): number {
  if (!statSync(place).isDirectory()) return statSync(place).mtimeMs;
  return Math.max(0, ...readdirSync(place).map((name) => newestChange(path.join(place, name))));
}

function isFresh(): boolean {
  if (BUNDLE !== BUILT) return true;
  if (!existsSync(BUNDLE)) return false;
  const sources = ['bin', 'src', 'package.json', 'scripts/build.mjs'].map((name) => path.join(ROOT, name));
  return statSync(BUNDLE).mtimeMs >= Math.max(...sources.map(newestChange));
}

/** Builds the bundle unless it is newer than its sources. Workers that ask at once wait for the first. */
export function ensureBundle(): void {
  if (isFresh()) return;
  mkdirSync(path.dirname(BUILD_LOCK), { recursive: true });
  const deadline = Date.now() + BUILD_TIMEOUT_MS;
  while (!tryLock()) {
    if (Date.now() > deadline) throw new Error(`another build holds ${BUILD_LOCK}; remove it if none runs`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
  try {
    if (isFresh()) return;
    const built = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: ROOT, encoding: 'utf8' });
    if (built.status !== 0) throw new Error(`the build failed:\n${built.stdout}${built.stderr}`);
  } finally {
    rmSync(BUILD_LOCK, { recursive: true });
  }
}

function tryLock(): boolean {
  try {
    mkdirSync(BUILD_LOCK);
    return true;
  } catch {
    return false;
  }
}

/** Nothing of the developer's own configuration may reach the bundle, and no colours. */
function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'SystemRoot'].flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  return { ...Object.fromEntries(kept), ...extra };
}

export function startBundle(args: readonly string[], options: RunOptions): RunningBundle {
  const child = spawn(process.execPath, [BUNDLE, ...args], {
    cwd: options.cwd,
    env: cleanEnvironment(options.env),
    stdio: [options.hasStdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const done = new Promise<RunResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ stdout, stderr, code }));
  });
  const saw = async (text: string) => {
    let ended = false;
    void done.then(() => (ended = true));
    while (!`${stderr}${stdout}`.includes(text)) {
      if (ended) throw new Error(`the process ended without '${text}':\n${stderr}${stdout}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { child, done, saw };
}

/** Runs `node dist/ops-agent.js …` to its end. */
export function runBundle(args: readonly string[], options: RunOptions): Promise<RunResult> {
  return startBundle(args, options).done;
}

export interface Workplace {
  readonly cwd: string;
  run(...args: string[]): Promise<RunResult>;
  /** The parsed stdout of a command that must succeed. */
  json(...args: string[]): Promise<unknown>;
  remove(): void;
}

/** An empty folder to run the bundle in. */
export function newWorkplace(env: Readonly<Record<string, string>> = {}): Workplace {
  ensureBundle();
  const cwd = mkdtempSync(path.join(tmpdir(), 'ops-agent-'));
  const run = (...args: string[]) => runBundle(args, { cwd, env });
  return {
    cwd,
    run,
    json: async (...args) => {
      const { stdout, stderr, code } = await run(...args);
      if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout) as unknown; // what JSON.parse gives is anything, and said so
    },
    remove: () => rmSync(cwd, { recursive: true, force: true }),
  };
}
