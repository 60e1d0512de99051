import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { configWarnings } from '../../src/config/cross-checks.ts';
import type { Environment } from '../../src/config/environment.ts';
import { explainSettings, loadSettings } from '../../src/config/load.ts';
import { NOTIFICATION_KINDS } from '../../src/domain/notification.ts';
import { WEEKDAYS } from '../../src/domain/notification-hours.ts';

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
    [channel('name: a, kind: webhook, urlFrom: H, secretFrom: OPS_AGENT_NOTIFY_URL_X'), /secretFrom .*begins with OPS_AGENT_NOTIFY_SECRET/],
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

  test('take a secret of 32 characters, blanks around it not counted, and none of 31', () => {
    const file = channel('name: a, kind: webhook, urlFrom: H');
    const warned = [32, 31].map((length) =>
      configWarnings(load(file, { H: URL_TEXT, OPS_AGENT_NOTIFY_SECRET: ` ${'a'.repeat(length)}\n` })),
    );
    expect(warned).toMatchObject([[], [{ text: expect.stringContaining('is shorter than 32 characters') }]]);
  });

  test('send e-mail by STARTTLS at port 587 where nothing else is said, with an authority beside the configuration', () => {
    const { smtp } = load(mail(', from: a@b.c, to: [d@e.f]', '{ host: h, caFile: own.pem }')).notify;
    expect(smtp).toMatchObject({ host: 'h', port: 587, security: 'starttls', user: null, caFile: path.join(cwd, 'own.pem') });
    expect(load(mail(', from: a@b.c, to: [d@e.f]', '{ host: h, security: none }')).notify.smtp).toMatchObject({ security: 'none' });
  });

  test('are given the times that the configuration says', () => {
    const times = { quietMinutes: 3, timeoutSeconds: 7, deliverySeconds: 20 };
    expect(load(`notify: ${JSON.stringify(times)}\n`).notify).toMatchObject(times);
    expect(load('').notify).toMatchObject({ quietMinutes: 10, timeoutSeconds: 5, deliverySeconds: 10 });
  });

  test('take no variable of ours that is misspelt', () => {
    expect(() => load('', { OPS_AGENT_NOTIFY_SECRETS: SECRET })).toThrow('OPS_AGENT_NOTIFY_SECRETS');
    expect(() =>
      load('', { OPS_AGENT_NOTIFY_SECRET: SECRET, OPS_AGENT_NOTIFY_SECRET_HMI: SECRET, OPS_AGENT_NOTIFY_URL_X: 'x' }),
    ).not.toThrow();
  });
});

const rule = (keys: string) => `${channel(`name: shift, kind: slack, url: '${URL_TEXT}'`)}  rules:\n    - { ${keys} }\n`;

describe('the rules of the configuration', () => {
  test('tell everything at any time, where they say no more than whom', () => {
    expect(load(rule('to: [shift]')).notify.rules).toEqual([
      { kinds: NOTIFICATION_KINDS, severity: 'low', equipment: null, hours: null, channels: ['shift'], reminders: null },
    ]);
  });

  test('have hours in minutes, and reminders as a list of whom', () => {
    const keys = "to: [shift], equipment: R*, hours: { from: '22:00', to: 06:30, timeZone: Europe/Berlin, days: [fri] }, remindMinutes: 5";
    expect(load(rule(keys)).notify.rules).toMatchObject([
      {
        equipment: ['R*'],
        hours: { from: 1320, to: 390, timeZone: 'Europe/Berlin', days: ['fri'] },
        reminders: { minutes: 5, steps: [['shift']] },
      },
    ]);
    const whole = "to: [shift], kinds: [flood, recommended], hours: { from: '08:00', to: '16:00', timeZone: UTC }, remindMinutes: 10080";
    expect(load(rule(whole)).notify.rules).toMatchObject([{ hours: { days: WEEKDAYS }, reminders: { minutes: 10_080 } }]);
    expect(load(rule('to: [shift], remindMinutes: 5, escalateTo: [shift, shift]')).notify.rules[0]?.reminders?.steps).toEqual([
      ['shift'],
      ['shift'],
    ]);
  });

  test.each([
    [rule('to: [shfit]'), /rules\[0\]\.to\[0\] \(line 5.*there is no channel 'shfit', did you mean 'shift'\?/],
    [rule('to: [shift], remindMinutes: 5, escalateTo: [boss]'), /escalateTo\[0\] .*there is no channel 'boss'; there are shift/],
    [rule('to: [shift], escalateTo: [shift]'), /escalateTo .*needs remindMinutes/],
    [
      rule('to: [shift], kinds: [flood], remindMinutes: 5'),
      /remindMinutes .*goes with kinds that ask for a decision: recommended, escalated, asked_again/,
    ],
    [rule('to: [shift], kinds: [floods]'), /kinds\[0\] .*did you mean 'flood'\?/],
    [rule('to: [shift], remindMinutes: 10081'), /remindMinutes .*10080/],
    [rule('to: [shift], equipment: [5]'), /rules\[0\]\.equipment .*must be /],
    [rule('to: []'), /to .*must have at least 1 entry/],
    [rule("to: [shift], hours: { from: '8', to: '9:00', timeZone: UTC }"), /hours\.from .*must be a time of the day, such as '06:00'/],
    [rule("to: [shift], hours: { from: '08:00', to: '08:00', timeZone: UTC }"), /hours\.to .*is 08:00 like from/],
    [
      rule("to: [shift], hours: { from: '08:00', to: '09:00', timeZone: Europe/Berln }"),
      /'Europe\/Berln' is no zone.*did you mean 'Europe\/Berlin'\?/,
    ],
    [rule("to: [shift], hours: { from: '08:00', to: '09:00' }"), /hours\.timeZone .*is missing/],
  ])('are refused with the place of the mistake: %j', (file, problem) => {
    expect(() => load(file)).toThrow(problem);
  });

  test('of docs/notifications.md are valid', () => {
    const page = readFileSync(path.resolve('docs/notifications.md'), 'utf8');
    const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
    expect(examples).toHaveLength(3);
    expect(examples.map((example) => load(example).notify.rules.length)).toEqual([1, 0, 3]);
  });
});
