/**
 * Measures the bundle and the cycle on this machine and prints ratios beside times: times are this machine's, ratios
 * travel. Every scenario runs in a process of its own, so that its memory is its own.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root, withCompiled } from './compile.mjs';

await withCompiled('bench/scenarios.ts', (compiled, work) => {
  startUp();
  for (const scenario of ['detection', 'history', 'throughput']) run(compiled, scenario, work);
});

function run(compiled, scenario, work) {
  const { status } = spawnSync(process.execPath, [compiled, scenario, work], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exitCode = 1;
}

/** The bundle's `--version` against an empty script, in turn, so that a busy machine slows both. */
function startUp() {
  const runs = 20;
  const times = { empty: [], version: [] };
  for (let i = 0; i < runs; i += 1) {
    times.empty.push(timed(['-e', '0']));
    times.version.push(timed([path.join(root, 'dist/ops-agent.js'), '--version']));
  }
  const [empty, version] = [median(times.empty), median(times.version)];
  console.log(`start-up, median of ${runs} in turn`);
  console.log(`  node -e 0            ${empty.toFixed(0)} ms (least ${Math.min(...times.empty).toFixed(0)})`);
  console.log(`  ops-agent --version  ${version.toFixed(0)} ms (least ${Math.min(...times.version).toFixed(0)})`);
  console.log(
    `  ratio                ${(version / empty).toFixed(2)} (of the least: ${(Math.min(...times.version) / Math.min(...times.empty)).toFixed(2)})`,
  );
}

function timed(args) {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`node ${args.join(' ')} exited with ${status}`);
  return performance.now() - start;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
