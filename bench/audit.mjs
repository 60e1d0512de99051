/**
 * What it costs to verify and to export an audit while it grows: time and peak memory, each step in a process of its own. Ratios are to the
 * smaller audit of the same run. docs/performance.md says what it shows. Takes some minutes and 3 GB of disk for their time.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withCompiled } from './compile.mjs';

const SIZES = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [100_000, 1_000_000];

const ROWS_AT_ONCE = 2000;
const NAMES = { one: 'open work and append', verify: 'verify', jsonl: 'export, JSON Lines', csv: 'export, CSV' };

function seconds(ms) {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function run(compiled, args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiled, ...args.map(String)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

await withCompiled('bench/audit-trail.ts', async (compiled) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'ops-agent-audit-'));
  try {
    const base = new Map();
    let made = 0;
    for (const rows of SIZES) {
      const making = run(compiled, ['make', folder, made, rows]);
      console.log(`\n${rows} signed rows: ${Math.round((making.ms * 1000) / (rows - made))} µs a row appended, ${ROWS_AT_ONCE} at once`);
      made = rows;
      for (const step of ['one', 'verify', 'jsonl', 'csv']) {
        const { ms, peakMb } = run(compiled, [step, folder, 0, rows]);
        const first = base.get(step) ?? { ms, peakMb };
        base.set(step, first);
        console.log(
          `  ${NAMES[step].padEnd(20)} ${seconds(ms)} (ratio ${(ms / first.ms).toFixed(1)}), ` +
            `${Math.round(peakMb)} MB peak (ratio ${(peakMb / first.peakMb).toFixed(2)})`,
        );
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
