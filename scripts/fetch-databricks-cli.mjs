/**
 * Builds the Databricks CLI that test/bundle runs, from its source, into .cache/databricks-cli.
 *
 * From the source and not from a release page: the Go module proxy is all that it takes, and its checksums are checked against Go's own
 * database. Go must be there, 1.21 or newer: an older one than the CLI asks for fetches the right one by itself. What the build needs besides (the
 * modules and Go's build cache, some 3 GB) is of no use to anybody afterwards and goes again; the program alone stays, 55 MB.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FETCH_MS, Missing, fetchIntoCache, outputOf, run, versionOf } from './fetch-into-cache.mjs';

const CLI = 'github.com/databricks/cli';
const CLI_VERSION = '1.10.0';
/** That of the CLI's own go.mod. */
const GO_VERSION = '1.26.0';
// A module of its own that needs the CLI: `go install` of it is refused, for its go.mod has replace directives.
const GO_MOD = `module build\n\ngo ${GO_VERSION}\n\nrequire ${CLI} v${CLI_VERSION}\n`;

/** The `go` that is new enough; Go itself fetches it where the one on the path is older, to where it keeps such. */
async function goProgram(module) {
  const env = { ...process.env, GOTOOLCHAIN: 'auto', GOWORK: 'off' };
  if ((await outputOf('go', ['version'])) === '')
    throw new Missing(
      'there is no Go; install 1.21 or newer (Debian, Ubuntu: apt-get install golang-go; macOS: brew install go; Windows: winget install GoLang.Go)',
    );
  try {
    const { stdout } = await run('go', ['env', 'GOROOT'], { cwd: module, env, timeout: FETCH_MS });
    return path.join(stdout.trim(), 'bin/go');
  } catch (thrown) {
    throw new Missing(`this Go can neither build for Go ${GO_VERSION} nor fetch it (${String(thrown.stderr).trim()}); install it`);
  }
}

/** Go's caches are in the folder: they go with it, whatever happens. */
async function buildInto(folder, say) {
  const module = path.join(folder, 'module');
  await mkdir(module);
  await writeFile(path.join(module, 'go.mod'), GO_MOD);
  const go = await goProgram(module);
  const env = {
    ...process.env,
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
    GOMODCACHE: path.join(folder, 'modules'),
    GOCACHE: path.join(folder, 'objects'),
    CGO_ENABLED: '0',
  };
  const options = { cwd: module, env, timeout: FETCH_MS, maxBuffer: 1e8 };
  say(`building ${CLI} v${CLI_VERSION}: some minutes and 3 GB meanwhile, once`);
  // Writable, so that it can be removed.
  const { stdout } = await run(go, ['mod', 'download', '-modcacherw', '-json', `${CLI}@v${CLI_VERSION}`], options);
  await copyFile(path.join(JSON.parse(stdout).Dir, 'go.sum'), path.join(module, 'go.sum'));
  const program = path.join(folder, process.platform === 'win32' ? 'databricks.exe' : 'databricks');
  // Without its version it takes itself for one of development, which no bundle's databricks_cli_version allows.
  const flags = `-s -w -X ${CLI}/internal/build.buildVersion=${CLI_VERSION}`;
  await run(go, ['build', '-mod=mod', '-modcacherw', '-ldflags', flags, '-o', program, CLI], options);
  for (const name of ['module', 'modules', 'objects']) await rm(path.join(folder, name), { recursive: true, force: true });
  return { program };
}

await fetchIntoCache({
  name: 'databricks-cli',
  version: versionOf([GO_MOD, process.platform, process.arch]),
  suite: 'bundle',
  prepare: (say) => ({ fits: ({ program }) => existsSync(program), fill: (folder) => buildInto(folder, say) }),
});
