import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { hasStopped } from '../support/agent-children.ts';
import { ensureBundle, newWorkplace, startBundle, type Workplace } from '../support/bundle.ts';
import { newMailbox } from '../support/mailbox.ts';
import { newReceiver, type Receiver } from '../support/receiver.ts';
import { newSpokenServer } from '../support/spoken-server.ts';

const open: { close(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
beforeAll(ensureBundle);

const ENV = { OPS_AGENT_NOTIFY_SECRET: '0123456789abcdef'.repeat(4) };
const LONG_MS = 120_000;

async function receiver(): Promise<Receiver> {
  const made = await newReceiver();
  open.push(made);
  return made;
}

interface Telling {
  /** The channels that the one rule tells. */
  readonly channels: readonly string[];
  readonly others?: readonly string[];
  /** Further keys of `notify`, and of its rule. */
  readonly keys?: string;
  readonly rule?: string;
}

/** A store with a critical reading of now, and people to be told. */
async function placeWith({ channels, others = [], keys = '', rule = '' }: Telling): Promise<Workplace> {
  const place = newWorkplace(ENV);
  open.push({ close: () => place.remove() });
  const listed = [...channels, ...others].map((channel) => `    - ${channel}\n`).join('');
  const names = channels.map((channel) => /name: (\w+)/.exec(channel)?.[1] ?? '').join(', ');
  const file = `notify:\n${keys}  channels:\n${listed}  rules:\n    - { to: [${names}]${rule} }\n`;
  writeFileSync(path.join(place.cwd, 'ops-agent.yaml'), file);
  await place.run('setup');
  await hot(place, 'REACTOR_01');
  return place;
}

async function hot(place: Workplace, equipmentId: string): Promise<void> {
  const { code, stderr } = await place.run(
    'sql',
    `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp) VALUES ('T', '${equipmentId}', 97, 95, 48, 'good', CURRENT_TIMESTAMP)`,
  );
  if (code !== 0) throw new Error(stderr);
}

const hook = (at: Receiver) => `{ name: hook, kind: webhook, url: '${at.url}/hook' }`;

/** What the store says now. */
const sql = (place: Workplace, text: string) => place.json('sql', text, '--json') as Promise<readonly Record<string, unknown>[]>; // rows are objects

const told = (place: Workplace) =>
  sql(
    place,
    `SELECT channel, reminder, status, attempt, last_error FROM agent_notifications WHERE kind <> 'place' ORDER BY reminder, channel`,
  );

const dueAgain = (place: Workplace) =>
  place.run(
    'sql',
    "UPDATE agent_notifications SET next_attempt_timestamp = '2026-01-01 00:00:00.000', claim_expires_timestamp = '2026-01-01 00:00:00.000' WHERE kind <> 'place'",
  );

describe('run-once', () => {
  test('tells people when its report is out and its lease given back', async () => {
    const at = await receiver();
    const place = await placeWith({ channels: [hook(at)] });
    const running = startBundle(['run-once'], { cwd: place.cwd, env: ENV });
    let lease: unknown;
    at.answer(async () => {
      // Neither would come before the answer, were people told within the cycle.
      await running.saw('recommendations');
      [lease] = await sql(place, 'SELECT lease_owner, polls_completed FROM agent_health');
      return { status: 200 };
    });
    const { code, stderr } = await running.done;
    expect(lease).toEqual({ lease_owner: null, polls_completed: 1 });
    expect(code).toBe(0);
    expect(stderr).toMatch(/✓ NOTIFIED: hook of 'CRITICAL REACTOR_01 /);
    expect(at.posts).toHaveLength(1);
    expect(JSON.parse(at.posts[0]?.body ?? '')).toMatchObject({
      kind: 'recommended',
      severity: 'critical',
      equipment_id: 'REACTOR_01',
      reminder: 0,
    });
  });

  test.each([
    ['an error', { status: 500, body: 'boom' }, /answered 500: boom/, 30],
    ['no answer', 'silence', /no answer within 3 s/, 3],
  ] as const)(
    'ends as its cycle did where a receiver gives %s, and the next one tries again with the same id',
    async (_what, answer, reason, seconds) => {
      const at = await receiver();
      at.answer(answer);
      const place = await placeWith({ channels: [hook(at)] });
      const { code, stderr } = await place.run('run-once', '--set', `notify.timeoutSeconds=${seconds}`);
      expect([code, stderr]).toEqual([0, expect.stringMatching(/Not notified: hook of .*; the next try is in 30 s/)]);
      expect(await told(place)).toEqual([
        { channel: 'hook', reminder: 0, status: 'pending', attempt: 1, last_error: expect.stringMatching(reason) },
      ]);
      expect((await place.run('status')).stdout).toMatch(
        /^Notifications: 1 waiting to be delivered \(1 tried in vain\), 0 given up; look/m,
      );
      const health = await place.run('health');
      expect(health).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/; warning: 1 notification tried in vain .*: ops-agent notify list$/m),
      });
      expect(await place.json('health', '--json')).toMatchObject({ healthy: true, notifications: { waiting: 1, failing: 1, given_up: 0 } });
      at.answer({ status: 204 });
      await place.run('run-once');
      expect(at.posts).toHaveLength(1);
      await dueAgain(place);
      await place.run('run-once');
      const ids = at.posts.map(({ headers }) => headers['x-ops-agent-notification-id']);
      expect(ids).toHaveLength(2);
      expect(new Set(ids).size).toBe(1);
      expect(await told(place)).toMatchObject([{ status: 'delivered', attempt: 2 }]);
      expect((await place.run('health')).stdout).not.toContain('warning');
      expect(await place.json('status', '--json')).toMatchObject({ notifications: { waiting: 0, failing: 0, given_up: 0 } });
    },
  );

  test.each([
    ['600', 600],
    ['86400', 3600],
    ['soon', 30],
    [new Date(Date.now() + 86_400_000).toUTCString(), 3600],
    [new Date(Date.now() - 86_400_000).toUTCString(), 30],
  ])('leaves a receiver alone for as long as it asks, and for an hour at most: %s', async (asked, seconds) => {
    const at = await receiver();
    at.answer({ status: 429, headers: { 'retry-after': asked } });
    const place = await placeWith({ channels: [hook(at)] });
    expect((await place.run('run-once')).stderr).toContain(`the next try is in ${seconds} s`);
  });

  test('leaves a receiver alone that asks for it and never comes to the end of why', async () => {
    const server = await newSpokenServer('', () => (line, say) => {
      if (line !== '') return;
      say('HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1800\r\nTransfer-Encoding: chunked\r\n\r\n');
      say.on('1\r\n.\r\n');
    });
    open.push(server);
    const place = await placeWith({
      channels: [`{ name: hook, kind: webhook, url: 'http://127.0.0.1:${server.port}/' }`],
      keys: '  timeoutSeconds: 0.5\n',
    });
    expect((await place.run('run-once')).stderr).toContain('the next try is in 1800 s');
  });

  test('tells the rest to a receiver that stumbles over one of them', async () => {
    const at = await receiver();
    const place = await placeWith({ channels: [hook(at)] });
    await hot(place, 'REACTOR_02');
    // Whichever comes first.
    at.answer(() => ({ status: at.posts.length === 1 ? 500 : 200 }));
    await place.run('run-once');
    expect((await told(place)).map(({ status }) => String(status)).toSorted()).toEqual(['delivered', 'pending']);
  });

  test('sends e-mail', async () => {
    const box = await newMailbox({ login: null, security: 'none' });
    open.push(box);
    const place = await placeWith({
      channels: ['{ name: mail, kind: email, from: agent@example.com, to: [shift@example.com] }'],
      keys: `  smtp: { host: localhost, port: ${box.port}, security: none }\n`,
    });
    expect((await place.run('run-once')).code).toBe(0);
    expect(box.mails[0]?.source).toMatch(/^Subject: \[ops-agent\] CRITICAL REACTOR_01 /m);
  });

  test('tells of a reminder to the next channel', async () => {
    const [at, lead] = [await receiver(), await receiver()];
    const place = await placeWith({
      channels: [hook(at)],
      others: [`{ name: lead, kind: slack, url: '${lead.url}/lead' }`],
      rule: ', remindMinutes: 15, escalateTo: [lead]',
    });
    await place.run('run-once');
    await dueAgain(place);
    await place.run('run-once');
    expect([at.posts.length, lead.posts.length]).toEqual([1, 1]);
    expect(JSON.parse(lead.posts[0]?.body ?? '')).toMatchObject({ text: expect.stringMatching(/^Reminder: CRITICAL REACTOR_01/) });
  });

  test('without a rule tells nobody and asks nothing', async () => {
    const at = await receiver();
    const place = newWorkplace(ENV);
    open.push({ close: () => place.remove() });
    writeFileSync(path.join(place.cwd, 'ops-agent.yaml'), `notify:\n  channels:\n    - ${hook(at)}\n`);
    await place.run('setup');
    await hot(place, 'REACTOR_01');
    expect((await place.run('run-once')).code).toBe(0);
    expect([at.posts, await sql(place, 'SELECT * FROM agent_notifications')]).toEqual([[], []]);
    expect((await place.run('status')).stdout).not.toContain('Notifications');
  });

  test('leaves a list of what people were told', async () => {
    const at = await receiver();
    const place = await placeWith({ channels: [hook(at)] });
    await place.run('run-once');
    expect(await place.json('notify', 'list', '--json')).toMatchObject([
      { kind: 'recommended', channel: 'hook', status: 'delivered', attempt: 1 },
    ]);
    expect((await place.run('notify', 'list')).stdout).toMatch(/recommended\s.*hook\s.*delivered/);
    expect((await place.run('notify', 'list', '--status', 'given_up')).stdout).toBe('No notifications.\n');
    await place.run('sql', "UPDATE agent_notifications SET status = 'given_up', last_error = 'answered 404' WHERE kind <> 'place'");
    expect((await place.run('notify', 'list', '--status', 'given_up')).stdout).toMatch(/recommended\s.*given_up .*answered 404/);
    expect((await place.run('status')).stdout).toMatch(
      /^Notifications: 0 waiting to be delivered, 1 given up; look at them with: ops-agent notify list$/m,
    );
    expect(await place.run('notify', 'list', '--status', 'lost')).toMatchObject({ code: 2 });
  });
});

describe('loop', () => {
  test(
    'goes on with its cycles while a receiver does not answer, and ends at once when it is asked to',
    async () => {
      const at = await receiver();
      const asked = new Promise<void>((resolve) => {
        at.answer(() => {
          resolve();
          return 'silence';
        });
      });
      const place = await placeWith({ channels: [hook(at)], keys: '  timeoutSeconds: 60\n  deliverySeconds: 60\n' });
      const running = startBundle(['loop', '--interval', '0.2s'], { cwd: place.cwd, env: ENV });
      open.push({ close: () => void running.child.kill('SIGKILL') });
      const cycles = async (count: number) => {
        for (;;) {
          const [row] = await sql(place, 'SELECT polls_completed FROM agent_health');
          if (Number(row?.['polls_completed']) >= count) return;
        }
      };
      await asked;
      await cycles(4);
      // The first request is still the only one, and unanswered.
      expect(at.posts).toHaveLength(1);
      expect(await told(place)).toMatchObject([{ status: 'sending', attempt: 0 }]);
      running.child.kill('SIGTERM');
      const { code, stderr } = await running.done;
      expect(code).toBe(143);
      expect(stderr).toContain('the try was given up before there was an answer');
      expect(await told(place)).toMatchObject([{ status: 'pending', attempt: 1 }]);
    },
    LONG_MS,
  );

  test('tells what its last cycle found before it ends', async () => {
    const at = await receiver();
    const place = await placeWith({ channels: [hook(at)] });
    expect((await place.run('loop', '--max-cycles', '1')).code).toBe(0);
    expect(at.posts).toHaveLength(1);
  });
});

/** Of a run that finds nothing new: the one after the look at what is to be told. */
const AFTER_THE_LOOK = 'statement:7:before';

async function placeOfThree(at: Receiver): Promise<Workplace> {
  const place = await placeWith({ channels: [hook(at)] });
  for (const equipment of ['REACTOR_02', 'REACTOR_03']) await hot(place, equipment);
  return place;
}

/** Two processes that have both looked before either goes on, to their end. @returns the ids of what they told */
async function toldByTwo(at: Receiver, place: Workplace): Promise<readonly unknown[]> {
  const before = at.posts.length;
  const env = { ...ENV, OPS_AGENT_STOP_AT: AFTER_THE_LOOK };
  const both = [['run-once'], ['run-once', '--wait', '20s']].map((args) => startBundle(args, { cwd: place.cwd, env }));
  open.push({
    close: () => {
      for (const { child } of both) child.kill('SIGKILL');
    },
  });
  expect(await Promise.all(both.map(({ child }) => hasStopped(child)))).toEqual([true, true]);
  for (const { child } of both) child.kill('SIGCONT');
  expect((await Promise.all(both.map(({ done }) => done))).map(({ code }) => code)).toEqual([0, 0]);
  return at.posts.slice(before).map(({ headers }) => headers['x-ops-agent-notification-id']);
}

const DELIVERED = { status: 'delivered' };

describe('two processes that have looked at the same moment', () => {
  test(
    'tell what nobody had planned yet once',
    async () => {
      const at = await receiver();
      const place = await placeOfThree(at);
      writeFileSync(path.join(place.cwd, 'silent.yaml'), '{}\n');
      expect(await place.run('run-once', '--config', 'silent.yaml')).toMatchObject({ code: 0 });
      const ids = await toldByTwo(at, place);
      expect([ids.length, new Set(ids).size]).toEqual([3, 3]);
      expect(await told(place)).toMatchObject([DELIVERED, DELIVERED, DELIVERED]);
    },
    LONG_MS,
  );

  test(
    'tell what is due again once',
    async () => {
      const at = await receiver();
      const place = await placeOfThree(at);
      at.answer({ status: 500 });
      await place.run('run-once');
      at.answer({ status: 200 });
      await dueAgain(place);
      const ids = await toldByTwo(at, place);
      expect([ids.length, new Set(ids).size]).toEqual([3, 3]);
      expect(await told(place)).toMatchObject([DELIVERED, DELIVERED, DELIVERED]);
    },
    LONG_MS,
  );
});

/** Statements of a run-once that creates and tells: what comes between two of them is what a process may have done when it dies before one. */
const STATEMENTS = 14;

describe('a process that is killed', () => {
  test(
    'before any statement loses nothing: what was sent is sent again with the same id, or not at all',
    async () => {
      const at = await receiver();
      const prepared = await placeWith({ channels: [hook(at)] });
      const fresh = readFileSync(path.join(prepared.cwd, 'ops-agent.db'));
      let killed = 0;
      const sent: number[] = [];
      for (let nth = 1; nth <= STATEMENTS; nth += 1) {
        for (const name of readdirSync(prepared.cwd)) if (name.startsWith('ops-agent.db')) rmSync(path.join(prepared.cwd, name));
        writeFileSync(path.join(prepared.cwd, 'ops-agent.db'), fresh);
        const before = at.posts.length;
        const first = await startBundle(['run-once'], {
          cwd: prepared.cwd,
          env: { ...ENV, OPS_AGENT_CRASH_AT: `statement:${nth}:before` },
        }).done;
        if (first.code === null) killed += 1;
        await dueAgain(prepared);
        await prepared.run('run-once');
        const ids = at.posts.slice(before).map(({ headers }) => headers['x-ops-agent-notification-id']);
        expect({ nth, ids: new Set(ids).size, rows: await told(prepared) }).toMatchObject({ nth, ids: 1, rows: [{ status: 'delivered' }] });
        sent.push(ids.length);
      }
      // It was sent twice where the death came between the answer and its record, and nowhere else.
      expect(killed).toBe(STATEMENTS - 2);
      expect(sent.filter((times) => times === 2)).toHaveLength(1);
      expect(Math.max(...sent)).toBe(2);
    },
    2 * LONG_MS,
  );
});
