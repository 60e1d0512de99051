import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Compiles a bench, hands its file and an empty folder beside it to `use`, and takes both away again. */
export async function withCompiled(entry, use) {
  // Below node_modules, where the compiled file finds the packages that it leaves out.
  const work = await mkdtemp(path.join(root, 'node_modules', '.bench-'));
  const compiled = path.join(work, 'bench.mjs');
  try {
    await build({
      absWorkingDir: root,
      entryPoints: [entry],
      outfile: compiled,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      define: { __OPS_AGENT_VERSION__: '"bench"' },
      logLevel: 'warning',
    });
    await use(compiled, work);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
