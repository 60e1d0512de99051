import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ensureBundle, newWorkplace, type Workplace } from '../support/bundle.ts';
import { type Mailbox, type MailboxOptions, newMailbox } from '../support/mailbox.ts';
import { newReceiver, type Receiver } from '../support/receiver.ts';

const SECRET = '0123456789abcdef'.repeat(4);

const open: { close(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
beforeAll(ensureBundle);

async function receiver(): Promise<Receiver> {
  const made = await newReceiver();
  open.push(made);
  return made;
}

async function mailbox(options: MailboxOptions): Promise<Mailbox> {
  const made = await newMailbox(options);
  open.push(made);
  return made;
}

function placeWith(file: string, env: Readonly<Record<string, string>> = {}): Workplace {
  const place = newWorkplace(env);
  open.push({ close: () => place.remove() });
  writeFileSync(path.join(place.cwd, 'ops-agent.yaml'), file);
  return place;
}

/** Patient, as a machine may be busy; where nobody answers, a try is told to be short. */
const channels = (...lines: readonly string[]) =>
  `notify:\n  timeoutSeconds: 30\n  channels:\n${lines.map((line) => `    - ${line}\n`).join('')}`;
const HOOK = '{ name: hook, kind: webhook, urlFrom: OPS_AGENT_NOTIFY_URL_HOOK }';

describe('notify test', () => {
  test('needs no store, and posts JSON with a signature that a receiver can check', async () => {
    const at = await receiver();
    const place = placeWith(channels(HOOK), { OPS_AGENT_NOTIFY_URL_HOOK: `${at.url}/in/s3cr3t`, OPS_AGENT_NOTIFY_SECRET: SECRET });
    expect(await place.run('notify', 'test')).toEqual({ stdout: '✓ hook: delivered\n', stderr: '', code: 0 });
    expect(at.posts).toHaveLength(1);
    const [post] = at.posts;
    if (!post) throw new Error('nothing was posted');
    const { headers, body } = post;
    const signature = createHmac('sha256', SECRET)
      .update(`${String(headers['x-ops-agent-timestamp'])}.${body}`)
      .digest('hex');
    expect(headers['x-ops-agent-signature']).toBe(`sha256=${signature}`);
    expect(Math.abs(Number(headers['x-ops-agent-timestamp']) - Date.now() / 1000)).toBeLessThan(60);
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(body)).toMatchObject({
      kind: 'test',
      notification_id: headers['x-ops-agent-notification-id'],
      agent_id: 'ops_agent_001',
    });
  });

  test('speaks to Slack and Teams in their own form, unsigned', async () => {
    const at = await receiver();
    const place = placeWith(
      channels(`{ name: s, kind: slack, url: '${at.url}/slack' }`, `{ name: t, kind: teams, url: '${at.url}/teams' }`),
      {
        OPS_AGENT_NOTIFY_SECRET: SECRET,
      },
    );
    expect(await place.run('notify', 'test')).toMatchObject({ stdout: '✓ s: delivered\n✓ t: delivered\n', code: 0 });
    const of = (name: string) => at.posts.find((post) => post.path === name);
    expect(JSON.parse(of('/slack')?.body ?? '')).toMatchObject({ text: 'ops-agent: this is a test' });
    expect(JSON.parse(of('/teams')?.body ?? '')).toMatchObject({ type: 'message' });
    expect(at.posts.map(({ headers }) => headers['x-ops-agent-signature'])).toEqual([undefined, undefined]);
  });

  test('asks the named channel alone', async () => {
    const at = await receiver();
    const place = placeWith(channels(`{ name: s, kind: slack, url: '${at.url}/s' }`, `{ name: t, kind: teams, url: '${at.url}/t' }`));
    expect(await place.run('notify', 'test', '--channel', 't')).toMatchObject({ stdout: '✓ t: delivered\n', code: 0 });
    expect(at.posts.map((post) => post.path)).toEqual(['/t']);
    const { stderr, code } = await place.run('notify', 'test', '--channel', 'x');
    expect([code, stderr]).toEqual([2, "ops-agent: there is no channel 'x'. One of s, t\n"]);
  });

  test.each([
    ['an error', { status: 500, body: 'boom\u001b[2J\nsecond /in/s3cr3t' }, '127.0.0.1:PORT answered 500: boom [2J second …'],
    ['a long page', { status: 400, body: 'x'.repeat(5000) }, `127.0.0.1:PORT answered 400: ${'x'.repeat(199)}…`],
    ['no answer', 'silence', 'no answer within 1 s (127.0.0.1:PORT)'],
  ] as const)('says that a receiver gave %s, in one line and without the address', async (_what, answer, reason) => {
    const at = await receiver();
    at.answer(answer);
    const place = placeWith(channels(HOOK), {
      OPS_AGENT_NOTIFY_URL_HOOK: `${at.url}/in/s3cr3t`,
      OPS_AGENT_NOTIFY_SECRET: SECRET,
    });
    const short = answer === 'silence' ? ['--set', 'notify.timeoutSeconds=1'] : [];
    const { stdout, stderr, code } = await place.run('notify', 'test', ...short);
    expect({ stdout: stdout.replace(/:\d{4,5}/, ':PORT'), stderr, code }).toEqual({ stdout: `✗ hook: ${reason}\n`, stderr: '', code: 6 });
  });

  test('follows no redirect, so that what is told and its signature stay here', async () => {
    const [at, elsewhere] = [await receiver(), await receiver()];
    at.answer({ status: 307, headers: { location: `${elsewhere.url}/` } });
    const place = placeWith(channels(`{ name: s, kind: slack, url: '${at.url}/s' }`));
    const { stdout, code } = await place.run('notify', 'test');
    expect(stdout).toContain('answered 307, a redirect, which is not followed');
    expect([code, elsewhere.posts]).toEqual([6, []]);
  });

  test('says where nobody listens, and which secret is missing', async () => {
    const at = await receiver();
    const { url } = at;
    await at.close();
    const place = placeWith(channels(`{ name: s, kind: slack, url: '${url}/s3cr3t' }`, HOOK), { OPS_AGENT_NOTIFY_SECRET: SECRET });
    const { stdout, code } = await place.run('notify', 'test', '--json');
    const results = JSON.parse(stdout) as readonly { channel: string; delivered: boolean; reason: string }[]; // as the command prints it
    expect(results.map(({ channel, delivered, reason }) => [channel, delivered, reason.replace(/:\d{4,5}/, '')])).toEqual([
      ['s', false, 'no connection: ECONNREFUSED (127.0.0.1)'],
      ['hook', false, 'OPS_AGENT_NOTIFY_URL_HOOK is not set'],
    ]);
    expect(code).toBe(6);
  });

  test('without a channel says how to get one', async () => {
    const { stderr, code } = await placeWith('').run('notify', 'test');
    expect([code, stderr]).toEqual([2, 'ops-agent: no channel is configured. Give notify.channels, see docs/notifications.md\n']);
  });
});

const mailFile = (port: number, smtp: string) =>
  `${channels('{ name: mail, kind: email, from: agent@example.com, to: [shift@example.com, lead@example.com] }')}  smtp: { host: localhost, port: ${port}, ${smtp} }\n`;
const PASSWORD = { OPS_AGENT_NOTIFY_SMTP_PASSWORD: 'pässword' };
const LOGIN = { user: 'agent', password: 'pässword' };

describe('an e-mail', () => {
  test.each(['starttls', 'tls'] as const)('goes out encrypted and logged in, by an authority of one’s own: %s', async (security) => {
    const box = await mailbox({ login: LOGIN, security });
    const place = placeWith(mailFile(box.port, `security: ${security}, user: agent, caFile: '${box.caFile}'`), PASSWORD);
    expect(await place.run('notify', 'test')).toEqual({ stdout: '✓ mail: delivered\n', stderr: '', code: 0 });
    const [mail] = box.mails;
    expect(mail).toMatchObject({
      from: 'agent@example.com',
      to: ['shift@example.com', 'lead@example.com'],
      isEncrypted: true,
      user: 'agent',
    });
    expect(mail?.source).toMatch(/^Subject: \[ops-agent\] ops-agent: this is a test$/m);
    const [, id = ''] = /^X-Ops-Agent-Notification-Id: (\S+)$/im.exec(mail?.source ?? '') ?? [];
    expect(mail?.source).toMatch(new RegExp(`^Message-ID: <${id}@example.com>$`, 'm'));
    expect(mail?.source).toMatch(/^Auto-Submitted: auto-generated$/m);
  });

  test.each([
    ['whose certificate nobody vouches for', { login: null, security: 'starttls' }, '', /self-signed|unable to verify|certificate/i],
    ['that does not encrypt, although it has to', { login: null, security: 'none' }, 'security: starttls, ', /STARTTLS|TLS/i],
    ['that refuses the login', { login: { user: 'agent', password: 'other' }, security: 'starttls' }, 'user: agent, CA', /EAUTH/],
    ['that refuses the message', { login: null, security: 'starttls', refusal: 'no such mailbox' }, 'CA', /no such mailbox/],
  ] as const)('is not sent by a server %s', async (_what, options, smtp, reason) => {
    const box = await mailbox(options);
    const place = placeWith(mailFile(box.port, smtp.replace('CA', `caFile: '${box.caFile}'`)), PASSWORD);
    const { stdout, stderr, code } = await place.run('notify', 'test');
    expect(stdout).toMatch(/^✗ mail: the mail was not taken, .*\(localhost\)\n$/);
    expect(stdout).toMatch(reason);
    expect(stdout).not.toContain('pässword');
    expect({ stderr, code, mails: box.mails }).toEqual({ stderr: '', code: 6, mails: [] });
  });

  test('is given up where the server says nothing', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
    const sockets = new Set<Socket>();
    silent.on('connection', (socket) => void sockets.add(socket));
    open.push({
      close: () => {
        for (const socket of sockets) socket.destroy();
        silent.close();
      },
    });
    const place = placeWith(mailFile((silent.address() as AddressInfo).port, 'security: none')); // of a server that listens by TCP
    const { stdout, code } = await place.run('notify', 'test', '--set', 'notify.timeoutSeconds=1');
    expect(stdout).toMatch(/^✗ mail: (no answer within 1 s|the mail was not taken, ETIMEDOUT: .*) \(localhost\)\n$/);
    expect(code).toBe(6);
  });

  test('without a login needs no password, and is not encrypted where that is said', async () => {
    const box = await mailbox({ login: null, security: 'none' });
    const place = placeWith(mailFile(box.port, 'security: none'));
    expect((await place.run('notify', 'test')).code).toBe(0);
    expect(box.mails).toMatchObject([{ isEncrypted: false, user: null }]);
  });
});
