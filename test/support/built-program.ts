import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = path.resolve(__dirname, '../..');

/** A program of this folder as another process can run it. It lies in the project, where packages are found. */
export function builtProgram(entry: string): { readonly program: string; readonly remove: () => void } {
  const cache = path.join(ROOT, '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, 'program-'));
  const program = path.join(folder, 'program.mjs');
  buildSync({
    entryPoints: [path.join(__dirname, entry)],
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    define: { __OPS_AGENT_VERSION__: '"test"' },
    logLevel: 'error',
  });
  return { program, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
