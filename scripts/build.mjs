/**
 * Bundles bin/ops-agent.ts into dist/. ES modules with splitting: what a command imports lazily becomes a
 * chunk of its own and costs nothing until it is used, which keeps `--version` near Node's own start-up time.
 */
import { chmod, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const entry = path.join(root, 'bin/ops-agent.ts');
const dist = path.join(root, 'dist');
const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));

// Native and optional packages: resolved at run time, or their absence is reported there.
const external = ['@photostructure/sqlite', 'pg-native', 'lz4-napi', '@databricks/databricks-sql-kernel*'];

// Bundled CommonJS packages still call require() for Node's own modules, and ask where they are; an ES module has neither.
const banner = [
  "import{createRequire as __createRequire}from'node:module';import{fileURLToPath as __pathOf}from'node:url';",
  "const require=__createRequire(import.meta.url),__filename=__pathOf(import.meta.url),__dirname=__pathOf(new URL('.',import.meta.url));",
].join('');

await rm(dist, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [entry],
  outdir: dist,
  entryNames: '[name]',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  // Lines and file names without the sources: enough for the stack traces of --log-level debug, at a fraction of the size.
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none', // the notices file below carries the licences whole
  external,
  banner: { js: banner },
  define: { __OPS_AGENT_VERSION__: JSON.stringify(version) },
  metafile: true,
  logLevel: 'warning',
});

const bundle = path.join(dist, 'ops-agent.js');
if (!(await readFile(bundle, 'utf8')).startsWith('#!/usr/bin/env node\n')) {
  throw new Error('bin/ops-agent.ts must start with #!/usr/bin/env node, else the installed command does not run');
}
await chmod(bundle, 0o755);
await writeFile(path.join(dist, 'THIRD-PARTY-NOTICES.txt'), await notices(Object.keys(metafile.inputs)));

/** The name, version and licence text of every package whose code went into the bundle; their licences ask for that. */
async function notices(inputs) {
  const packages = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? []));
  const parts = await Promise.all([...packages].toSorted().map((folder) => notice(path.join(root, folder))));
  return `This program contains the following packages.\n\n${parts.join('\n')}`;
}

async function notice(folder) {
  const described = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((name) => /^licen[cs]e/i.test(name));
  const text = file === undefined ? '' : await readFile(path.join(folder, file), 'utf8');
  return `---- ${described.name} ${described.version} (${described.license})\n\n${text.trim()}\n`;
}
