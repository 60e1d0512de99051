import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { type FakeWorkspace, oauthLogin, startWorkspace } from './fake-workspace.ts';
import { endsWithin, type Job, startJob } from './job.ts';
import { describeEachPython } from './pythons.ts';

const PROGRAM = path.join(__dirname, 'program.mjs');
const ORPHAN_MS = 5000;
const AN_HOUR_AGO = new Date(Date.now() - 3_600_000);

let temporary: string;
let space: FakeWorkspace;
const ends: string[] = [];
const programs: number[] = [];
beforeEach(async () => {
  temporary = mkdtempSync(path.join(tmpdir(), 'ops-agent-leftovers-'));
  space = await startWorkspace();
});
afterEach(async () => {
  // Nothing that a failed test started is left running.
  for (const file of ends.splice(0)) writeFileSync(file, '');
  for (const program of programs.splice(0)) await endsWithin(program, ORPHAN_MS);
  await space.close();
  rmSync(temporary, { recursive: true, force: true });
});

const entry = (...names: string[]) => path.join(temporary, ...names);

/** So old that whoever made it would have locked it by now. */
function age(folders: readonly string[]): void {
  for (const folder of folders) utimesSync(entry(folder), AN_HOUR_AGO, AN_HOUR_AGO);
}

describeEachPython('the token of a launcher that was killed', ({ python }) => {
  const start = (...command: string[]): Job =>
    startJob(['--cli', PROGRAM, '--command', command.join(' ')], {
      python,
      cwd: temporary,
      env: { ...oauthLogin(space), TMPDIR: temporary },
    });

  /** What a job has put there: its program runs. */
  async function running(until: string): Promise<Job> {
    ends.push(entry(until));
    const job = start('alone', `'${entry(until)}'`);
    await job.saw('a line of stdout');
    programs.push(await job.program());
    return job;
  }

  test('is taken away by the next one on the same machine, and that of one that runs, or whose program still does, is not', async () => {
    const living = await running('end');
    const [kept = ''] = readdirSync(temporary);
    const killed = await running('orphan ends');
    const [, orphan = 0] = programs;
    killed.process.kill('SIGKILL');
    await killed.done;
    const left = readdirSync(temporary);
    age(left);
    await start('show').done;
    expect([left.length, readdirSync(temporary)]).toEqual([2, left]);
    writeFileSync(entry('orphan ends'), '');
    expect(await endsWithin(orphan, ORPHAN_MS)).toBe(true);
    rmSync(entry('orphan ends'));
    await start('show').done;
    expect(readdirSync(temporary)).toEqual([kept]);
    writeFileSync(entry('end'), '');
    expect(await living.done).toMatchObject({ failure: '', succeeded: true });
    expect(readdirSync(temporary)).toEqual(['end']);
  });

  test('is all that is taken away: no folder that has something else in it, no link, and none that was made just now', async () => {
    const others = ['ops-agent-token-data', 'ops-agent-token-new', 'ops-agent-data'];
    for (const folder of others) mkdirSync(entry(folder));
    for (const folder of others) writeFileSync(entry(folder, 'token'), 'x');
    writeFileSync(entry('ops-agent-token-data', 'precious'), 'x');
    mkdirSync(entry('elsewhere'));
    writeFileSync(entry('elsewhere', 'token'), 'x');
    symlinkSync(entry('elsewhere'), entry('ops-agent-token-link'));
    age(['ops-agent-token-data', 'ops-agent-data', 'elsewhere']);
    expect(await start('show').done).toMatchObject({ failure: '', succeeded: true });
    for (const folder of [...others, 'ops-agent-token-link'])
      expect({ folder, isThere: existsSync(entry(folder)) }).toEqual({ folder, isThere: true });
    const files = ['ops-agent-token-data/precious', 'ops-agent-token-data/token', 'elsewhere/token'];
    expect(files.filter((file) => existsSync(entry(file)))).toEqual(files);
  });
});
