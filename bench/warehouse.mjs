/**
 * What a cycle costs on a SQL warehouse beside a statement for every row: the agent and the specification's way of working do the same work
 * on the same Spark, which this starts. docs/performance.md says what it shows. Takes some minutes; `npm run bench:warehouse -- 20` does it
 * for 20 recommendations instead of 100.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root, withCompiled } from './compile.mjs';

/** Another process, and whether it ended well. */
async function ends(child) {
  const [code] = await once(child, 'close');
  return code === 0;
}

await withCompiled('test/warehouse/warehouse-process.ts', (warehouse) =>
  withCompiled('bench/warehouse-cycles.ts', async (cycles, work) => {
    const { python, jars, javaHome } = JSON.parse(await readFile(path.join(root, '.cache/warehouse/ready.json'), 'utf8'));
    const certificates = await mkdtemp(path.join(tmpdir(), 'ops-agent-certificates-'));
    const spark = spawn(process.execPath, [warehouse, python, jars, path.join(root, 'test/warehouse'), certificates], {
      cwd: root,
      env: { ...process.env, JAVA_HOME: javaHome },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = ends(spark);
    const address = await Promise.race([once(createInterface({ input: spark.stdout }), 'line'), ended]);
    if (!Array.isArray(address)) throw new Error('the warehouse did not start');
    const measuring = spawn(process.execPath, [cycles, address[0], work, process.argv[2] ?? '100'], { stdio: 'inherit' });
    if (!(await ends(measuring))) process.exitCode = 1;
    // All that it started, and its files, go with its standard input.
    spark.stdin.end();
    await ended;
  }),
);
