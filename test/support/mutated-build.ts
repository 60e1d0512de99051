import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, stop } from 'esbuild';

/** One fault in one source file. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const ROOT = path.resolve(__dirname, '../..');

/** The sources with their faults, by absolute path. @throws Error where a text to replace is not there: a mutation of nothing proves nothing */
function mutated(name: string, edits: readonly Edit[]): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  for (const { file, from, to } of edits) {
    const place = path.join(ROOT, file);
    const source = sources.get(place) ?? readFileSync(place, 'utf8');
    const faulty = source.replaceAll(from, () => to);
    if (faulty === source) throw new Error(`${name}: ${file} does not hold '${from}'`);
    sources.set(place, faulty);
  }
  return sources;
}

/** Builds what `entry` exports with the faults in it. The build is given a connection: it opens no store of its own. */
export async function mutatedBuild<Module>(entry: string, name: string, edits: readonly Edit[]): Promise<Module> {
  const sources = mutated(name, edits);
  const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-mutation-'));
  try {
    const outfile = path.join(folder, 'mutated.cjs');
    await build({
      absWorkingDir: ROOT,
      entryPoints: [entry],
      outfile,
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      external: ['@photostructure/sqlite'],
      define: { __OPS_AGENT_VERSION__: '"mutated"' },
      logLevel: 'silent',
      plugins: [
        {
          name: 'mutation',
          setup: (esbuild) =>
            esbuild.onLoad({ filter: /\.ts$/ }, (loaded) => {
              const contents = sources.get(loaded.path);
              return contents === undefined ? undefined : { contents, loader: 'ts' };
            }),
        },
      ],
    });
    return (await import(outfile)) as Module; // the same entry as the unmutated one
  } finally {
    // Its process would outlive the tests.
    await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
