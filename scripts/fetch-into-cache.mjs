/**
 * What the scripts have in common that fetch something large for the tests into .cache/<name>: it goes into a folder of its own, so that
 * two at once do not meet, and the first that is done counts. Where it is stands in .cache/<name>/ready.json, written last of all, so that
 * what broke off is fetched again. Again: does nothing.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

export const run = promisify(execFile);
const MINUTE_MS = 60_000;
export const FETCH_MS = 20 * MINUTE_MS;

/** Something that is missing and that somebody has to install. */
export class Missing extends Error {}

/** There is nothing to do any more. */
class Superfluous extends Error {}

/** Both streams of a short question to a program; empty where it is not there, or fails. */
export async function outputOf(program, args) {
  try {
    const { stdout, stderr } = await run(program, args, { timeout: MINUTE_MS });
    return `${stdout}${stderr}`;
  } catch {
    return '';
  }
}

/** The name of a Python that is at least as new, with venv. */
export async function pythonFrom([major, minor]) {
  for (const name of ['python3', 'python', 'python3.13', 'python3.12', 'python3.11', 'python3.10']) {
    const said = await outputOf(name, ['-c', 'import sys, venv, ensurepip; print(*sys.version_info[:2])']);
    const [ofMajor = 0, ofMinor = 0] = said.trim().split(' ').map(Number);
    if (ofMajor === major && ofMinor >= minor) return name;
  }
  throw new Missing(
    `there is no Python ${major}.${minor} or newer with venv; install one (Debian, Ubuntu: apt-get install python3-venv; macOS: brew install ` +
      'python@3.12; Windows: winget install Python.Python.3.12)',
  );
}

/** An environment of its own of this Python with these packages. @returns its interpreter */
export async function pythonWith(base, venv, packages, env = {}) {
  await run(base, ['-m', 'venv', venv], { timeout: FETCH_MS });
  const own = path.join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const args = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--quiet', ...packages];
  await run(own, args, { timeout: FETCH_MS, maxBuffer: 1e8, env: { ...process.env, ...env } });
  return own;
}

/** Of what is to be fetched: another list, another folder. */
export const versionOf = (list) => createHash('sha256').update(JSON.stringify(list)).digest('hex').slice(0, 12);

const lastLine = (thrown) =>
  String(thrown.stderr || thrown.message || thrown)
    .trim()
    .split('\n')
    .at(-1);

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown.code === 'EPERM';
  }
}

/** What a run that was killed had fetched, and what an earlier version of the list needed. */
async function removeOthers(cache, kept) {
  for (const name of await readdir(cache)) {
    const [, pid] = /^[0-9a-f]{12}-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && name !== path.basename(kept) && !isAlive(Number(pid)))
      await rm(path.join(cache, name), { recursive: true, force: true });
  }
}

async function fetchOnce({ version, cache: link, fits, fill }) {
  await mkdir(link, { recursive: true });
  // Several checkouts may share one .cache by links: what it holds outlives the one that fetched it.
  const cache = await realpath(link);
  const readyFile = path.join(cache, 'ready.json');
  const isReady = async () => {
    if (!existsSync(readyFile)) return false;
    const ready = JSON.parse(await readFile(readyFile, 'utf8'));
    return ready.version === version && fits(ready);
  };
  if (await isReady()) throw new Superfluous('it is there');
  const folder = path.join(cache, `${version}-${process.pid}-${Date.now()}`);
  await mkdir(folder);
  try {
    const ready = { version, folder, ...(await fill(folder)) };
    if (await isReady()) throw new Superfluous('another run was faster');
    const fresh = `${readyFile}.${process.pid}`;
    await writeFile(fresh, `${JSON.stringify(ready, null, 2)}\n`);
    await rename(fresh, readyFile);
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true });
    throw thrown;
  }
  await removeOthers(cache, folder);
}

/**
 * `prepare` looks for what is always needed and returns `fits`, whether what ready.json says is still usable, and `fill`, which fetches into
 * a folder and returns what ready.json says. With --optional it is no failure that something is missing, except with CI=true, where nobody
 * is there to notice tests that were skipped.
 */
export async function fetchIntoCache({ name, version, suite, prepare }) {
  const say = (text) => process.stderr.write(`fetch-${name}: ${text}\n`);
  const cache = path.join(root, '.cache', name);
  try {
    await fetchOnce({ version, cache, ...(await prepare(say)) });
    say(`ready in ${cache}`);
  } catch (thrown) {
    if (thrown instanceof Superfluous) return;
    say(thrown instanceof Missing ? thrown.message : lastLine(thrown));
    if (process.argv.includes('--optional') && process.env.CI !== 'true')
      say(`test/${suite} is skipped: start it with npm run test:${suite}`);
    else process.exitCode = 1;
  }
}
