import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';

import { BUNDLE, ensureBundle, newWorkplace, startBundle, type Workplace } from '../support/bundle.ts';

const PATIENCE_MS = 60_000;
let place: Workplace;
beforeAll(() => ensureBundle(), PATIENCE_MS);
beforeEach(async () => {
  place = newWorkplace();
  await place.run('setup', '--sample-data');
}, PATIENCE_MS);
afterEach(() => place.remove());

interface Piped {
  /** What the reader at the end of the pipe printed. */
  readonly read: string;
  /** Of the bundle. */
  readonly code: number;
}

/** `ops-agent LINE | reader`, by a shell; `before` is what the writer's side waits for first. */
function piped(line: string, reader: string, before = ':'): Piped {
  const script = `{ ${before}; "$NODE" "$BUNDLE" ${line}; echo $? >code; } | { ${reader}; }`;
  const env = { PATH: process.env['PATH'], NODE: process.execPath, BUNDLE };
  const { stdout, error } = spawnSync('sh', ['-c', script], { cwd: place.cwd, env, encoding: 'utf8', timeout: PATIENCE_MS });
  if (error) throw error;
  return { read: stdout, code: Number(readFileSync(path.join(place.cwd, 'code'), 'utf8')) };
}

/** Nobody reads: the pipe's other end is closed before the bundle starts. */
function unread(line: string): number {
  spawnSync('mkfifo', [path.join(place.cwd, 'gone')]);
  return piped(line, 'exec <&-; echo >gone', 'read _ <gone').code;
}

function health(): Promise<unknown> {
  return place.json('sql', '--json', 'SELECT status, lease_owner, polls_completed > 0 AS polled FROM agent_health');
}

const ENDED = [{ status: 'offline', lease_owner: null, polled: 1 }];

test(
  'a loop whose reader stops ends after the cycle in hand, with the lease given back',
  async () => {
    const { read, code } = piped('loop --interval 0.1 2>&1', 'head -n 1');
    expect(read).toMatch(/^\[.+\] \[INFO\] Initializing Operations Agent\.\.\. .+\n$/);
    expect(code).toBe(0);
    expect(await health()).toMatchObject([{ lease_owner: null }]);
    expect(piped('loop --interval 0.1 2>&1', 'grep -m 1 "CYCLE COMPLETE"').code).toBe(0);
    expect(await health()).toEqual(ENDED);
  },
  PATIENCE_MS,
);

test(
  'a cycle that nobody listens to is done whole, and its exit code is its own',
  async () => {
    expect(unread('run-once --log-level debug 2>&1')).toBe(0);
    expect(await place.json('status', '--json')).toMatchObject({ total_recommendations: 2 });
    expect(await health()).toMatchObject([{ status: 'online', lease_owner: null }]);
  },
  PATIENCE_MS,
);

test.each([
  ['status', 0],
  ['recommendations', 0],
  ['--help', 0],
  ['health', 8],
  ['show ffff', 3],
  ['audit export', 0],
  ['audit export --format csv', 0],
] as const)(
  'of %s nobody reads, and the exit code is %d all the same',
  (line, expected) => {
    expect(unread(`${line} 2>&1`)).toBe(expected);
  },
  PATIENCE_MS,
);

/** Of the bundle, with its outputs as a shell redirects them. */
function redirected(line: string, to: string): { readonly stdout: string; readonly stderr: string; readonly status: number | null } {
  const env = { PATH: process.env['PATH'], NODE: process.execPath, BUNDLE };
  return spawnSync('sh', ['-c', `"$NODE" "$BUNDLE" ${line} ${to}`], { cwd: place.cwd, env, encoding: 'utf8', timeout: PATIENCE_MS });
}

// Where there is such a device.
if (existsSync('/dev/full')) {
  test.each(['audit export --format csv', 'audit verify --json', 'status', '--help'])(
    'of %s nothing fits on the disk: one line says so, and ends with 2',
    (line) => {
      expect(redirected(line, '>/dev/full')).toMatchObject({
        stderr: 'ops-agent: cannot write to stdout: the disk is full. Make room there, or write elsewhere\n',
        status: 2,
      });
    },
    PATIENCE_MS,
  );

  test.each([
    ['run-once --json --log-level debug', 0, '"created": 2'],
    ['loop --max-cycles 2 --interval 0.1', 0, ''],
    ['audit export --output audit.jsonl', 0, ''],
    ['health', 8, 'unhealthy'],
    ['show ffff', 3, ''],
  ] as const)(
    'of what %s says on stderr nothing fits on the disk: the work is done all the same, and ends with %d',
    (line, expected, said) => {
      expect(redirected(line, '2>/dev/full')).toMatchObject({ stdout: expect.stringContaining(said), status: expected });
    },
    PATIENCE_MS,
  );

  test(
    'where neither output fits, the exit code is all that is left, and says so',
    () => expect(redirected('run-once --json', '>/dev/full 2>&1')).toMatchObject({ stdout: '', stderr: '', status: 2 }),
    PATIENCE_MS,
  );
}

test(
  'a cycle whose log nobody reads prints its report, and its exit code is its own',
  async () => {
    const { child, done } = startBundle(['run-once', '--json', '--log-level', 'debug'], { cwd: place.cwd });
    child.stderr?.destroy();
    const { stdout, code } = await done;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ recommendations: { created: 2 } });
  },
  PATIENCE_MS,
);

test(
  'a simulation without an end stops when nobody reads what it says',
  () => {
    expect(piped('simulate --equipment 1 2>&1', 'head -n 1')).toMatchObject({ read: expect.stringContaining('Feeding'), code: 0 });
  },
  PATIENCE_MS,
);
