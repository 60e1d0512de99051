/**
 * Fetches check-jsonschema into .cache/check-jsonschema: it brings the published schemas of GitHub's, GitLab's and Azure's pipelines along, by which
 * the examples for CI are tested. Needs Python 3.10 or newer. Again: does nothing. With --optional it is no failure that something is missing,
 * except with CI=true, where nobody is there to notice tests that were skipped.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PACKAGE = 'check-jsonschema==0.39.0';
const cache = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), '.cache/check-jsonschema');
/** By its version: another one is another folder. */
const target = path.join(cache, PACKAGE.replace('==', '-'));
const FETCH_MS = 300_000;

const say = (text) => process.stderr.write(`fetch-check-jsonschema: ${text}\n`);

async function python() {
  for (const name of ['python3', 'python', 'python3.13', 'python3.12', 'python3.11', 'python3.10']) {
    const found = await run(name, ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))']).then(
      () => true,
      () => false,
    );
    if (found) return name;
  }
  throw new Error('there is no Python 3.10 or newer with venv; install one');
}

/** Into a folder of its own first, so that what broke off is never taken for the whole. */
async function fetchPackage() {
  const fresh = `${target}.${process.pid}`;
  try {
    await mkdir(cache, { recursive: true });
    await run(await python(), ['-m', 'venv', fresh], { timeout: FETCH_MS });
    const own = path.join(fresh, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
    const args = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--quiet', PACKAGE];
    await run(own, args, { timeout: FETCH_MS, maxBuffer: 1e8 });
    await rename(fresh, target);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

try {
  if (!existsSync(target)) {
    await fetchPackage();
    say(`ready in ${target}`);
  }
} catch (thrown) {
  if (!existsSync(target)) {
    say(String(thrown.stderr || thrown.message).trim());
    if (!process.argv.includes('--optional') || process.env.CI === 'true') process.exitCode = 1;
  }
}
