import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { configWarnings } from '../../src/config/cross-checks.ts';
import type { Environment } from '../../src/config/environment.ts';
import { explainSettings, loadSettings } from '../../src/config/load.ts';

let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'ops-agent-notify-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

function load(file: string, env: Environment = {}) {
  writeFileSync(path.join(cwd, 'ops-agent.yaml'), file);
  return loadSettings({ env, cwd });
}

const SECRET = 'a'.repeat(32);
const URL_TEXT = 'https://hooks.example.com/services/T0/B0/s3cr3t';

const channel = (keys: string) => `notify:\n  channels:\n    - { ${keys} }\n`;
const mail = (keys: string, smtp = '{ host: mail.example.com }') => `${channel(`name: m, kind: email${keys}`)}  smtp: ${smtp}\n`;

describe('the channels of the configuration', () => {
  test('have their addresses and secrets from the environment, in nothing that prints', () => {
    const file = channel('name: a, kind: webhook, urlFrom: OPS_AGENT_NOTIFY_URL_A, secretFrom: OPS_AGENT_NOTIFY_SECRET_A');
    const env = { OPS_AGENT_NOTIFY_URL_A: URL_TEXT, OPS_AGENT_NOTIFY_SECRET_A: SECRET };
    const { notify } = load(file, env);
    const [first] = notify.channels;
    expect(first).toMatchObject({ name: 'a', kind: 'webhook' });
    if (first?.kind !== 'webhook' || !('secret' in first.url) || first.signing === null || !('secret' in first.signing))
      throw new Error('the channel lacks its secrets');
    expect(first.url.secret.export().toString()).toBe(URL_TEXT);
    expect(first.signing.secret.export().toString()).toBe(SECRET);
    const printed = JSON.stringify([notify, explainSettings({ env, cwd })]);
    expect(printed).not.toContain('s3cr3t');
    expect(printed).not.toContain(SECRET);
  });

  test('have nothing to sign with where they are Slack, Teams, or a webhook that says so', () => {
    const file = `notify:\n  channels:\n    - { name: s, kind: slack, url: '${URL_TEXT}' }\n    - { name: w, kind: webhook, url: '${URL_TEXT}', signed: false }\n`;
    expect(load(file).notify.channels).toMatchObject([{ signing: null }, { signing: null }]);
  });

  test('are no mistake without their secrets, since operators have the same file: a warning says which are missing', () => {
    const file = `${channel('name: a, kind: webhook, urlFrom: HOOK')}    - { name: m, kind: email, from: a@b.c, to: [d@e.f] }\n  smtp: { host: h, user: u }\n`;
    expect(configWarnings(load(file))).toEqual([
      { path: ['notify', 'channels', 0, 'urlFrom'], text: 'HOOK is not set' },
      { path: ['notify', 'channels', 0, 'secretFrom'], text: 'OPS_AGENT_NOTIFY_SECRET is not set' },
      { path: ['notify', 'smtp', 'user'], text: 'OPS_AGENT_NOTIFY_SMTP_PASSWORD is not set' },
    ]);
    const env = { HOOK: URL_TEXT, OPS_AGENT_NOTIFY_SECRET: SECRET, OPS_AGENT_NOTIFY_SMTP_PASSWORD: 'p' };
    expect(configWarnings(load(file, env))).toEqual([]);
  });

  test.each([
    ['not a url', 'is no address, such as https://example.com/hooks/1'],
    ['ftp://example.com', 'must begin with https:// or http://, begins with ftp:'],
    ['https://u:p@example.com', 'must hold no user and no password; a secret path or a signature does'],
  ])('are told when their address is none, without repeating it: %s', (address, problem) => {
    const [warning] = configWarnings(load(channel('name: a, kind: slack, urlFrom: HOOK'), { HOOK: address }));
    expect(warning?.text).toBe(`HOOK ${problem}`);
    expect(() => load(channel(`name: a, kind: slack, url: '${address}'`))).toThrow(
      `notify.channels[0].url (line 3, column 31): ${problem}`,
    );
  });

  test('are told when their secret is short', () => {
    const file = channel(`name: a, kind: webhook, url: '${URL_TEXT}'`);
    const [warning] = configWarnings(load(file, { OPS_AGENT_NOTIFY_SECRET: 'short' }));
    expect(warning?.text).toBe('OPS_AGENT_NOTIFY_SECRET is shorter than 32 characters; make one with: openssl rand -hex 32');
  });

  test.each([
    [
      `${channel('name: a, kind: slack, urlFrom: H')}    - { name: a, kind: teams, urlFrom: H }\n`,
      /channels\[1\]\.name \(line 4.*is 'a' like notify\.channels\[0\]/,
    ],
    [channel('name: a, kind: slack'), /channels\[0\]\.urlFrom.*is missing: the variable with the address/],
    [channel(`name: a, kind: slack, url: '${URL_TEXT}', urlFrom: H`), /channels\[0\]\.url .*does not go with urlFrom/],
    [channel('name: a, kind: slack, urlFrom: H, to: [a@b.c]'), /channels\[0\]\.to .*does not belong to kind: slack/],
    [channel('name: a, kind: teams, urlFrom: H, secretFrom: S'), /channels\[0\]\.secretFrom .*does not belong to kind: teams/],
    [channel('name: a, kind: webhook, urlFrom: H, secretFrom: S, signed: false'), /secretFrom .*does not go with signed: false/],
    [
      channel('name: a, kind: slack, urlFrom: OPS_AGENT_SLACK'),
      /is OPS_AGENT_SLACK; a variable that begins with OPS_AGENT_ begins with OPS_AGENT_NOTIFY_URL/,
    ],
    [channel('name: a, kind: slack, urlFrom: OPS_AGENT_NOTIFY_SECRET'), /begins with OPS_AGENT_NOTIFY_URL/],
    [channel('name: a, kind: slack, urlFrom: https://x'), /urlFrom .*must be a variable's name/],
    [
      channel('name: a, kind: mail'),
      /channels\[0\]\.kind .*must be one of webhook, slack, teams, email, is 'mail', did you mean 'email'\?/,
    ],
    [mail(', to: [a@b.c]'), /channels\[0\]\.from .*is missing/],
    [mail(', from: a@b.c'), /channels\[0\]\.to .*is missing/],
    [mail(', from: a@b.c, to: [nobody]'), /channels\[0\]\.to\[0\] .*must be an e-mail address/],
    [mail(', from: "a@b.c\\nBcc: x@y.z", to: [d@e.f]'), /channels\[0\]\.from .*must be an e-mail address/],
    [mail(', from: a@b.c, to: [d@e.f], url: "https://x"'), /channels\[0\]\.url .*does not belong to kind: email/],
    [
      mail(', from: a@b.c, to: [d@e.f]', '{ port: 25 }'),
      /channels\[0\]\.kind .*email needs the server that takes it; give notify\.smtp\.host/,
    ],
    [mail(', from: a@b.c, to: [d@e.f]', '{ host: h, user: u, security: none }'), /smtp\.security .*would send its password unencrypted/],
  ])('are refused with the place of the mistake: %j', (file, problem) => {
    expect(() => load(file)).toThrow(problem);
  });

  test('take no variable of ours that is misspelt', () => {
    expect(() => load('', { OPS_AGENT_NOTIFY_SECRETS: SECRET })).toThrow('OPS_AGENT_NOTIFY_SECRETS');
    expect(() =>
      load('', { OPS_AGENT_NOTIFY_SECRET: SECRET, OPS_AGENT_NOTIFY_SECRET_HMI: SECRET, OPS_AGENT_NOTIFY_URL_X: 'x' }),
    ).not.toThrow();
  });
});
