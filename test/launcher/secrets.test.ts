import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { type FakeWorkspace, ID_TOKEN, oauthLogin, ownLogin, PERSONAL_TOKEN, startWorkspace } from './fake-workspace.ts';
import { runJob, startJob } from './job.ts';
import { describeEachPython } from './pythons.ts';

const PROGRAM = path.join(__dirname, 'program.mjs');
const PASSWORD = 'pass wörd = "1"\n';
const TOKEN = 'dapi-of-a-principal-4410';
const BASE = ['--cli', PROGRAM, '--command'];
const EMBEDDED = ['--set', 'store.kind=embedded'];

let cwd: string;
let space: FakeWorkspace;
beforeAll(async () => {
  cwd = mkdtempSync(path.join(tmpdir(), 'ops-agent-secrets-'));
  const secrets = {
    'plant/gateway': PASSWORD,
    'plant/token': TOKEN,
    'plant/empty': '',
    'plant/nul': 'a\0b',
    'plant/bytes': Buffer.from([0xff]),
  };
  space = await startWorkspace({ secrets });
});
afterAll(async () => {
  await space.close();
  rmSync(cwd, { recursive: true, force: true });
});

const envOf = (log: string) => (JSON.parse(log) as { readonly env: Readonly<Record<string, string>> }).env; // what program.mjs says

describeEachPython('a secret', ({ python }) => {
  test("is a variable of the program, read with the job's login, and stands in no process's arguments and in no line", async () => {
    const parameters = [...BASE, 'probe 1', '--secret', 'GATEWAY_PASSWORD=plant/gateway'];
    const job = startJob(parameters, { python, cwd, env: oauthLogin(space) });
    const program = await job.program();
    const [own, its] = [job.process.pid, program].map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    const { log, failure, succeeded } = await job.done;
    expect({ log, failure, succeeded }).toEqual({ log: '', failure: '', succeeded: true });
    expect(space.secretsRead).toContain('plant/gateway');
    expect(own).toContain('plant/gateway');
    for (const secret of [PASSWORD, ID_TOKEN, ...space.tokens]) expect(`${own}${its}`).not.toContain(secret);

    const show = await runJob([...BASE, 'show', '--secret', 'GATEWAY_PASSWORD=plant/gateway', ...EMBEDDED], {
      python,
      cwd,
      env: ownLogin(space),
    });
    expect(envOf(show.log)).toMatchObject({ GATEWAY_PASSWORD: PASSWORD });
    expect(show.log).not.toContain(PERSONAL_TOKEN);
  });

  test('is one of several in a parameter, and an empty parameter is none', async () => {
    const texts = ['--secret=GATEWAY_PASSWORD=plant/gateway  A_TOKEN=plant/token', '--secret='];
    const { log } = await runJob([...BASE, 'show', ...texts, ...EMBEDDED], { python, cwd, env: oauthLogin(space) });
    expect(envOf(log)).toMatchObject({ GATEWAY_PASSWORD: PASSWORD, A_TOKEN: TOKEN });
    const none = await runJob([...BASE, 'show', '--secret=', ...EMBEDDED], { python, cwd });
    expect(none).toMatchObject({ failure: '', succeeded: true });
  });

  test("that is a token is the program's own login, and --env gives it the host", async () => {
    const parameters = [
      ...BASE,
      'show',
      '--secret',
      'DATABRICKS_TOKEN=plant/token',
      '--env',
      `DATABRICKS_HOST=${space.host}`,
      '--env',
      'A=b=c',
    ];
    const { log } = await runJob(parameters, { python, cwd, env: oauthLogin(space) });
    const env = envOf(log);
    expect(env).toMatchObject({ DATABRICKS_TOKEN: TOKEN, DATABRICKS_HOST: space.host, A: 'b=c' });
    expect(Object.keys(env).filter((name) => name.startsWith('OPS_AGENT_'))).toEqual([]);
  });

  test.each([
    [
      'X=plant/absent',
      /^--secret X: http:\/\/127\.0\.0\.1:\d+ does not give plant\/absent \(ResourceDoesNotExist\)\. Put it there, and give the job's identity READ: /,
    ],
    ['X=plant/empty', /^--secret X: plant\/empty is empty or holds a NUL, /],
    ['X=plant/nul', /^--secret X: plant\/nul is empty or holds a NUL, /],
    ['X=plant/bytes', /^--secret X: plant\/bytes is no UTF-8\. Only text can be/],
    ['X=hunter2', /^argument --secret: X is not NAME=scope\/key, for instance /],
    ['A=plant/token X=hunter2', /^argument --secret: X is not NAME=scope\/key, for instance /],
    ['hunter2', /^argument --secret: \(without a name\) is not NAME=scope\/key, for instance /],
    ['hunter2/x', /^argument --secret: \(without a name\) is not NAME=scope\/key, for instance /],
    ['9X=hunter2/x', /^argument --secret: \(without a name\) is not NAME=scope\/key, for instance /],
  ])('spelled %s is one line that names it and never a value', async (spelled, expected) => {
    const { log, failure, succeeded } = await runJob([...BASE, 'show', '--secret', spelled], { python, cwd, env: oauthLogin(space) });
    expect({ log, succeeded }).toEqual({ log: '', succeeded: false });
    const lines = failure.trim().split('\n');
    expect(lines.filter((line) => line.includes('Error: ')).map((line) => line.replace(/^LaunchError: /, ''))).toEqual([
      expect.stringMatching(expected),
    ]);
    expect(failure).not.toMatch(new RegExp(['hunter2', ID_TOKEN, ...space.tokens].join('|')));
  });
});
