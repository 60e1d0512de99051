/**
 * A week of known faults, and what a slice costs while the table grows: docs/detection.md says what it shows. Takes half an
 * hour and 6 GB of disk for its time. `npm run bench:week -- live 2` runs one scenario, in its own size.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withCompiled } from './compile.mjs';

const [chosen, size] = process.argv.slice(2);
await withCompiled('bench/detection-week.ts', async (compiled) => {
  for (const scenario of chosen === undefined ? ['catch-up', 'live', 'idle', 'slice'] : [chosen]) {
    const folder = await mkdtemp(path.join(tmpdir(), 'ops-agent-week-'));
    try {
      const args = ['--expose-gc', compiled, scenario, folder, ...(size === undefined ? [] : [size])];
      const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
      if (status !== 0) process.exitCode = 1;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
});
