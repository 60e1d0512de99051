import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { describe } from '@jest/globals';

/** What scripts/fetch-databricks-cli.mjs leaves. */
const CACHE_FILE = path.resolve(__dirname, '../../.cache/databricks-cli/ready.json');

export interface CliResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

/** The program; null where it was not built. */
function builtCli(): string | null {
  if (!existsSync(CACHE_FILE)) return null;
  const { program } = JSON.parse(readFileSync(CACHE_FILE, 'utf8')) as { readonly program: string }; // the script's own file
  return existsSync(program) ? program : null;
}

/** Tests that need the Databricks CLI; skipped, aloud, where it was not built. Under CI that is a failure. */
export function withCli(name: string, tests: () => void): void {
  const isSkipped = builtCli() === null && process.env['CI'] !== 'true';
  if (isSkipped) process.stderr.write('test/bundle skipped: start it with npm run test:bundle\n');
  (isSkipped ? describe.skip : describe)(name, tests);
}

/** @throws where it was not built */
function neededCli(): string {
  const program = builtCli();
  if (program === null) throw new Error('there is no Databricks CLI: npm run fetch:databricks-cli');
  return program;
}

/** Runs the CLI to its end. Nothing of whoever runs the tests reaches it: `environment` is all that it has but the way to programs. */
export function runCli(args: readonly string[], cwd: string, environment: Readonly<Record<string, string>>): Promise<CliResult> {
  return ended(spawn(neededCli(), args, { cwd, env: { PATH: process.env['PATH'], ...environment }, stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** What of a page's commands has no use in a test: a login that wants a browser, the project's history, and a build, which the copy has. */
const STAND_INS = (cli: string) => `
databricks() { if [ "$1 $2" = 'auth login' ]; then return 0; fi; '${cli}' "$@"; }
npm() { [ "$*" = ci ] || [ "$*" = 'run build' ]; }
git() { [ "$1" = pull ] || [ "$1" = checkout ]; }
`;

/** Runs commands as a person's shell does, up to the first that fails. `answers` is what is typed, or comes by a pipe. */
export function runShell(commands: string, cwd: string, environment: Readonly<Record<string, string>>, answers = ''): Promise<CliResult> {
  const script = `set -euo pipefail${STAND_INS(neededCli())}${commands}`;
  const child = spawn('bash', ['-c', script], { cwd, env: { PATH: process.env['PATH'], ...environment }, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(answers);
  return ended(child);
}

function ended(child: ChildProcessByStdio<Writable | null, Readable, Readable>): Promise<CliResult> {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve({ stdout, stderr, code }));
  });
}
