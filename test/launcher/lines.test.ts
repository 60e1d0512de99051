import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { isRunning, runJob, startJob } from './job.ts';
import { describeEachPython } from './pythons.ts';

const PROGRAM = path.join(__dirname, 'program.mjs');
const EMBEDDED = ['--set', 'store.kind=embedded'];
/** Longer than the launcher gives one that lives on without its pipes. */
const SILENT_SECONDS = 2;

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'ops-agent-lines-'));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

describeEachPython("the program's lines", ({ python }) => {
  test('of stdout and stderr are in the log while it still runs, whatever bytes they hold and however long they are', async () => {
    const file = path.join(cwd, `go-${process.pid}-${path.basename(path.dirname(path.dirname(python)))}`);
    const job = startJob(['--cli', PROGRAM, '--command', `live ${file}`, ...EMBEDDED], { python, cwd });
    await job.saw('a line of stdout\n');
    await job.saw('a line of stderr\n');
    await job.saw('b\u{fffd}d\n');
    await job.saw('\n€\n'); // which came in two parts
    await job.saw(`${'x'.repeat(3_000_000)}\n`);
    expect(isRunning(await job.program())).toBe(true);
    writeFileSync(file, '');
    const { log, succeeded } = await job.done;
    expect({ succeeded, end: log.slice(-14) }).toEqual({ succeeded: true, end: 'no end of line' });
  });

  test('are not waited for once it closed its ends, but its exit code is', async () => {
    const begun = performance.now();
    const { failure } = await runJob(['--cli', PROGRAM, '--command', `silent ${SILENT_SECONDS}`, ...EMBEDDED], { python, cwd });
    expect(failure).toContain(`AgentFailed: ops-agent silent ${SILENT_SECONDS} ended with exit code 3: its lines say why, and`);
    expect(performance.now() - begun).toBeGreaterThan(SILENT_SECONDS * 1000);
  });
});
