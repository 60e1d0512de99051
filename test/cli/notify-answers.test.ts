import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ensureBundle, newWorkplace, type RunResult } from '../support/bundle.ts';
import { newSpokenServer, type Speaker } from '../support/spoken-server.ts';
import { type Certificates, makeCertificates } from '../warehouse/certificates.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});
beforeAll(ensureBundle);

/** Longer than any try takes, and shorter than what a process waits for that has not let go of a connection. */
const SOON_MS = 4000;

async function serverOf(greeting: string, speaker: () => Speaker, certificates?: Certificates): Promise<number> {
  const server = await newSpokenServer(greeting, speaker, certificates);
  open.push(server);
  return server.port;
}

/** What `notify test` says, with whoever answers called by no port, and how long it took. */
async function tested(notify: string, env: Readonly<Record<string, string>>): Promise<RunResult & { readonly isSoon: boolean }> {
  const place = newWorkplace(env);
  open.push({ close: () => place.remove() });
  writeFileSync(path.join(place.cwd, 'ops-agent.yaml'), `notify:\n  timeoutSeconds: 1\n${notify}`);
  const begun = performance.now();
  const { stdout, ...rest } = await place.run('notify', 'test');
  return { ...rest, stdout: stdout.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST'), isSoon: performance.now() - begun < SOON_MS };
}

const TOKEN = 'x7Qp2LmN9sVtR4kWb8Zd';
const SECRET_PATH = `/services/T1/${TOKEN}?sig=a%2Fb${TOKEN}`;

/** By Slack's kind, from a server that answers the request's head. */
async function posted(answer: Speaker): Promise<RunResult & { readonly isSoon: boolean }> {
  const port = await serverOf('', () => (line, say) => {
    if (line === '') answer(line, say);
  });
  const channels = '  channels: [{ name: s, kind: slack, urlFrom: SLACK }]\n';
  return tested(channels, { SLACK: `http://127.0.0.1:${port}${SECRET_PATH}` });
}

const http = (status: string, body: string, headers = '') =>
  `HTTP/1.1 ${status}\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe('a receiver of webhooks', () => {
  test.each([
    ['as it was', SECRET_PATH],
    ['in JSON', JSON.stringify({ path: SECRET_PATH }).replaceAll('/', '\\/')],
    ['encoded', encodeURIComponent(SECRET_PATH)],
    ['decoded', decodeURIComponent(SECRET_PATH)],
    ['in part', `no token ${TOKEN}, no signature a/b${TOKEN}`],
    ['behind a long page', `${' '.repeat(700)}${SECRET_PATH}`],
  ])('that repeats the secret address, %s, is not quoted with it', async (_how, said) => {
    const { stdout, code } = await posted((_line, say) => say.end(http('404 No', `who is ${said}`)));
    expect([code, stdout]).toEqual([6, expect.stringMatching(/^✗ s: HOST answered 404: who is .*…/)]);
    expect(stdout).not.toContain(TOKEN);
  });

  test.each([
    ['whose address is a host alone says what it says', '✗ s: HOST answered 400: text/html: no\n', '/'],
    ['whose words are part of the address as well keeps them', '✗ s: HOST answered 400: text/html: no\n', '/html/no'],
  ])('%s', async (_what, expected, address) => {
    const port = await serverOf('', () => (line, say) => {
      if (line === '') say.end(http('400 No', 'text/html: no'));
    });
    const channel = `  channels: [{ name: s, kind: slack, url: 'http://127.0.0.1:${port}${address}' }]\n`;
    expect((await tested(channel, {})).stdout).toBe(expected);
  });

  test('that never ends its refusal is quoted with what it said by then', async () => {
    const { stdout, code, isSoon } = await posted((_line, say) => {
      say('HTTP/1.1 429 No\r\nTransfer-Encoding: chunked\r\n\r\n');
      say.on('3\r\nno \r\n');
    });
    expect([code, isSoon, stdout]).toEqual([6, true, expect.stringMatching(/^✗ s: HOST answered 429: no no /)]);
  });
});

const PASSWORD = 'Kühlwasser-7';
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A server of e-mail that answers each command; what it says instead where the test has a word for it. */
function mailServer(instead: Readonly<Record<string, Speaker>>, offers = '', certificates?: Certificates): Promise<number> {
  const ordinary: Readonly<Record<string, string>> = {
    EHLO: `250${offers === '' ? ' here' : `-here\r\n250 ${offers}`}\r\n`,
    MAIL: '250 yes\r\n',
    RCPT: '250 yes\r\n',
    DATA: '354 go on\r\n',
    '.': '250 taken\r\n',
  };
  const speaker: Speaker = (line, say) => {
    const word = line.split(' ')[0] ?? '';
    if (instead[word] !== undefined) instead[word](line, say);
    else if (ordinary[word] !== undefined) say(ordinary[word]);
  };
  return serverOf('220 here\r\n', () => speaker, certificates);
}

const mailFile = (port: number, to: string, smtp: string) =>
  `  channels: [{ name: m, kind: email, from: a@example.com, to: [${to}] }]\n  smtp: { host: 127.0.0.1, port: ${port}, ${smtp} }\n`;

describe('a server of e-mail', () => {
  test.each([
    ['its greeting', 'EHLO'],
    ['its word to the message', '.'],
  ])('that never ends %s keeps no process from ending', async (_what, command) => {
    const port = await mailServer({ [command]: (_line, say) => say.on('250-more\r\n') });
    const { stdout, code, isSoon } = await tested(mailFile(port, 'b@example.com', 'security: none'), {});
    expect([code, isSoon, stdout]).toEqual([6, true, '✗ m: no answer within 1 s (127.0.0.1)\n']);
  });

  test('that does not take every recipient is no delivery without a word', async () => {
    const port = await mailServer({
      RCPT: (line, say) => say(line.includes('gone') ? '550 5.1.1 nobody of that name\r\n' : '250 yes\r\n'),
    });
    const { stdout, code } = await tested(mailFile(port, 'gone@example.com, b@example.com', 'security: none'), {});
    expect([code, stdout]).toEqual([6, '✗ m: delivered, but not to gone@example.com: 550 5.1.1 nobody of that name (127.0.0.1)\n']);
  });

  test.each([
    ['LOGIN', 'the password as it came', (line: string) => line],
    ['PLAIN', 'user and password as they came', (line: string) => line],
    [
      'PLAIN',
      'the password decoded',
      (line: string) =>
        Buffer.from(line.split(' ').at(-1) ?? '', 'base64')
          .toString()
          .replaceAll('\0', ' '),
    ],
  ])('that repeats what it does not know, by AUTH %s %s, is not quoted with a password', async (method, _what, repeated) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-mail-'));
    open.push({ close: () => rmSync(folder, { recursive: true }) });
    const certificates = makeCertificates(folder);
    const unknown: Speaker = (line, say) => say(`500 5.5.1 Command unrecognized: "${repeated(line)}"\r\n`);
    const port = await mailServer(
      {
        AUTH: (line, say) => (method === 'LOGIN' ? say(`334 ${base64('Username:')}\r\n`) : unknown(line, say)),
        [base64('agent')]: (_line, say) => say(`334 ${base64('Password:')}\r\n`),
        [base64(PASSWORD)]: unknown,
      },
      `AUTH ${method}`,
      certificates,
    );
    const smtp = `security: tls, user: agent, caFile: '${certificates.caFile}'`;
    const { stdout, code } = await tested(mailFile(port, 'b@example.com', smtp), { OPS_AGENT_NOTIFY_SMTP_PASSWORD: PASSWORD });
    expect([code, stdout]).toEqual([6, expect.stringMatching(/^✗ m: the mail was not taken, EAUTH: 500 5\.5\.1 .*…/)]);
    for (const secret of [PASSWORD, base64(PASSWORD), base64(`\0agent\0${PASSWORD}`)]) expect(stdout).not.toContain(secret);
  });
});
