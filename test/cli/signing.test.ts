import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, expect, test } from '@jest/globals';

import { ensureBundle, newWorkplace, type Workplace } from '../support/bundle.ts';

const SECRET = 'c0ffee'.repeat(8);
const OLDER = 'decade'.repeat(8);
let place: Workplace;

beforeAll(() => ensureBundle(), 60_000);
afterEach(() => place.remove());

test('a whole round with signing keys says their ids, and their secrets nowhere: not on the terminal, not in a file', async () => {
  place = newWorkplace({ OPS_AGENT_SIGNING_KEY: `2026b:${SECRET},2026a:${OLDER}` });
  const said: string[] = [];
  const run = async (...args: string[]) => {
    const { stdout, stderr, code } = await place.run(...args);
    said.push(stdout, stderr);
    expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
    return { stdout, stderr };
  };
  await run('setup', '--sample-data');
  expect((await run('run-once', '--log-level', 'debug')).stderr).toContain("Signing with the key '2026b'; also valid: 2026a");
  const rows = (await place.json('recommendations', '--equipment', 'REACTOR_02', '--json')) as { recommendation_id: string }[]; // json.test.ts has its shape
  await run('approve', rows[0]?.recommendation_id ?? '', '--by', 'operator_john');
  expect(await place.json('run-once', '--json')).toMatchObject({ commands: { executed: 2 } });
  const commands = (await place.json('commands', '--json')) as { signature: string }[];
  expect(commands.map(({ signature }) => signature.slice(0, 6))).toEqual(['2026b:', '2026b:']);
  for (const args of [
    ['config', 'show'],
    ['config', 'show', '--json'],
    ['config', 'check'],
    ['show', rows[0]?.recommendation_id ?? ''],
    ['events', '--json'],
  ])
    await run(...args);
  const files = readdirSync(place.cwd).map((file) => readFileSync(path.join(place.cwd, file), 'latin1'));
  expect(files.length).toBeGreaterThan(1);
  for (const text of [...said, ...files]) expect(text).not.toMatch(/c0ffeec0ffee|decadedecade/);
}, 60_000);

test('keys that are none stop every command that reads the configuration, and are not repeated', async () => {
  place = newWorkplace({ OPS_AGENT_SIGNING_KEY: SECRET.slice(0, 20) });
  for (const args of [['run-once'], ['config', 'check'], ['setup']]) {
    const { stderr, code } = await place.run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain('OPS_AGENT_SIGNING_KEY: key 1 has no id of 1 to 32 letters, digits, _ and -; write id:secret');
    expect(stderr).not.toContain('c0ffee');
  }
});

test('a key is changed without a gap: the new one signs, the old one behind it checks, and without the old one verify says what to do', async () => {
  place = newWorkplace();
  const keys = { old: `2026a:${OLDER}`, both: `2026b:${SECRET},2026a:${OLDER}`, new: `2026b:${SECRET}` };
  const file = path.join(place.cwd, 'ops-agent.db');
  const by = async (key: keyof typeof keys, ...args: string[]) => {
    const workplace = newWorkplace({ OPS_AGENT_SIGNING_KEY: keys[key], OPS_AGENT_STORE_PATH: file });
    try {
      return await workplace.run(...args);
    } finally {
      workplace.remove();
    }
  };
  for (const args of [['setup', '--sample-data'], ['run-once']]) expect(await by('old', ...args)).toMatchObject({ code: 0 });
  const rows = JSON.parse((await by('old', 'recommendations', '--equipment', 'REACTOR_02', '--json')).stdout) as {
    recommendation_id: string;
  }[]; // json.test.ts has its shape
  expect(await by('both', 'approve', rows[0]?.recommendation_id ?? '', '--by', 'operator_john')).toMatchObject({ code: 0 });
  expect(await by('both', 'run-once', '--json')).toMatchObject({ code: 0, stdout: expect.stringContaining('"executed": 2') });
  const sound = await by('both', 'audit', 'verify', '--json');
  expect(sound.code).toBe(0);
  expect(await by('both', 'prune', '--keep', '400d', '--by', 'anna')).toMatchObject({ code: 0 });
  const alone = await by('new', 'audit', 'verify');
  expect(alone.code).toBe(8);
  expect(alone.stdout).toContain(
    "rows are signed with the key '2026a', which is not among the keys that were given: give the old key as well",
  );
  expect(await by('new', 'prune', '--keep', '400d', '--by', 'anna')).toMatchObject({ code: 8, stdout: '' });
}, 60_000);

test('what people tell at a terminal without the key is sound beside the signed rows, whatever it is', async () => {
  place = newWorkplace();
  const file = path.join(place.cwd, 'ops-agent.db');
  const agent = newWorkplace({ OPS_AGENT_SIGNING_KEY: `2026a:${OLDER}`, OPS_AGENT_STORE_PATH: file });
  try {
    const cycle = async () => expect(await agent.run('run-once')).toMatchObject({ code: 0 });
    expect(await agent.run('setup', '--sample-data')).toMatchObject({ code: 0 });
    await cycle();
    const rows = (await place.json('recommendations', '--json')) as { recommendation_id: string }[]; // json.test.ts has its shape
    const [first = '', second = ''] = rows.map(({ recommendation_id: id }) => id);
    for (const args of [
      ['session', 'login', '--by', 'anna'],
      ['defer', first, '--for', '1h', '--by', 'anna'],
      ['approve', first, '--by', 'anna'],
      ['reject', second, '--by', 'anna', '--reason', 'known'],
      ['control', 'shelve', '--equipment', 'X', '--by', 'anna', '--reason', 'why'],
      ['control', 'clear', 'shelve', '--equipment', 'X', '--by', 'anna'],
      ['session', 'logout', '--by', 'anna'],
    ]) {
      expect({ args, ...(await place.run(...args)) }).toMatchObject({ args, code: 0 });
      await cycle();
    }
    const { stdout, code } = await agent.run('audit', 'verify');
    expect({ stdout, code }).toMatchObject({ code: 0, stdout: expect.stringContaining('7 rows without one (signed from row 1 on)') });
    // The agent itself without the key is another matter.
    await place.run('run-once');
    await place.run('sql', "UPDATE agent_recommendations SET status = 'pending' WHERE status = 'rejected'");
    await place.run('run-once');
    expect(await agent.run('audit', 'verify')).toMatchObject({
      code: 8,
      stdout: expect.stringContaining('it is not signed, and rows before it are'),
    });
  } finally {
    agent.remove();
  }
}, 60_000);

test('tables with a signed audit are not taken over without a key', async () => {
  place = newWorkplace();
  const file = path.join(place.cwd, 'ops-agent.db');
  const agent = newWorkplace({ OPS_AGENT_SIGNING_KEY: `2026a:${OLDER}`, OPS_AGENT_STORE_PATH: file });
  try {
    for (const args of [['setup', '--sample-data'], ['run-once']]) expect(await agent.run(...args)).toMatchObject({ code: 0 });
    const owner = async () => await place.json('sql', 'SELECT agent_id, audit_seq FROM agent_health', '--json');
    const before = await owner();
    for (const command of ['setup', 'run-once', 'loop']) {
      const told = await place.run(command, '--take-over', '--agent-id', 'heir', '--log-level', 'error');
      expect({ command, ...told }).toEqual({
        command,
        stdout: '',
        stderr:
          'ops-agent: the audit is signed, and without a key nobody would believe that these tables changed hands. Set OPS_AGENT_SIGNING_KEY as the other agent has it\n',
        code: 2,
      });
    }
    expect(await owner()).toEqual(before);
    for (const [command, id] of [
      ['setup', 'heir'],
      ['run-once', 'next'],
    ] as const) {
      expect(await agent.run(command, '--take-over', '--agent-id', id)).toMatchObject({ code: 0 });
      expect(await agent.run('audit', 'verify', '--agent-id', id)).toMatchObject({ code: 0 });
    }
  } finally {
    agent.remove();
  }
}, 60_000);
