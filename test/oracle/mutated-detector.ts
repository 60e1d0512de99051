import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, stop } from 'esbuild';
import type { Detector } from './agent.ts';

/** One fault in one source file. */
export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** What the agent itself says, where it refuses to go on with what the fault leads to. */
  readonly refusal?: string;
}

const ROOT = path.resolve(__dirname, '../..');

/** Builds the product with the fault in it. @throws Error where the text to replace is not there: a mutation of nothing proves nothing */
export async function mutatedDetector({ name, file, from, to }: Mutation): Promise<Detector> {
  const source = readFileSync(path.join(ROOT, file), 'utf8');
  const mutated = source.replaceAll(from, () => to);
  if (mutated === source) throw new Error(`${name}: ${file} does not hold '${from}'`);
  const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-mutation-'));
  try {
    const outfile = path.join(folder, 'detector.cjs');
    const place = path.join(ROOT, file);
    await build({
      absWorkingDir: ROOT,
      entryPoints: ['test/oracle/detector.ts'],
      outfile,
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      // The mutated build is given a connection: it opens no store of its own.
      external: ['@photostructure/sqlite'],
      define: { __OPS_AGENT_VERSION__: '"mutated"' },
      logLevel: 'silent',
      plugins: [
        {
          name: 'mutation',
          setup: (esbuild) =>
            esbuild.onLoad({ filter: /\.ts$/ }, (loaded) => (loaded.path === place ? { contents: mutated, loader: 'ts' } : undefined)),
        },
      ],
    });
    return (await import(outfile)) as Detector; // the same entry as the unmutated one
  } finally {
    // Its process would outlive the tests.
    await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
