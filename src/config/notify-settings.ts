import { createSecretKey } from 'node:crypto';
import path from 'node:path';

import { NOTIFICATION_KINDS } from '../domain/notification.ts';
import { WEEKDAYS } from '../domain/notification-hours.ts';
import type { NotifyRule } from '../domain/notification-rules.ts';
import type { Environment } from './environment.ts';
import { NOTIFY_SECRET_VARIABLE, SMTP_PASSWORD_VARIABLE } from './environment-names.ts';
import type { Problem } from './problems.ts';
import { listOf } from './schema-equipment.ts';
import type { ChannelInput, NotifyInput, NotifyRuleInput } from './schema-notify.ts';
import type { MailChannel, NotifySettings, Secret, SmtpSettings, WebhookChannel } from './settings.ts';

/** 128 bits in hex, as for the keys of the audit: shorter ones are passwords. */
const LEAST_SECRET_LENGTH = 32;

/** Why a text is no address that can be posted to; undefined where it is one. The text is not repeated: it may be a secret. */
export function addressProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is no address, such as https://example.com/hooks/1';
  const { protocol, username, password } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return `must begin with https:// or http://, begins with ${protocol}`;
  return username === '' && password === '' ? undefined : 'must hold no user and no password; a secret path or a signature does';
}

function secretOf(text: string): Secret {
  return { secret: createSecretKey(Buffer.from(text)) };
}

/**
 * A secret that is missing is no mistake of the configuration: operators decide with the same file, and are not given it. What needs it
 * says so.
 */
function secretFrom(env: Environment, variable: string, wrong: (text: string) => string | undefined): Secret {
  const text = env[variable]?.trim() ?? '';
  if (text === '') return { problem: `${variable} is not set` };
  const problem = wrong(text);
  return problem === undefined ? secretOf(text) : { problem: `${variable} ${problem}` };
}

function tooShort(text: string): string | undefined {
  return text.length < LEAST_SECRET_LENGTH
    ? `is shorter than ${LEAST_SECRET_LENGTH} characters; make one with: openssl rand -hex 32`
    : undefined;
}

function channelOf(channel: ChannelInput, env: Environment): WebhookChannel | MailChannel {
  const { name, kind, url, urlFrom, secretFrom: variable = NOTIFY_SECRET_VARIABLE, signed = true, from = '', to = [] } = channel;
  if (kind === 'email') return { kind, name, from, to };
  return {
    kind,
    name,
    // One of the two is there, or it is one of the problems that are told.
    url: urlFrom === undefined ? secretOf(url ?? '-') : secretFrom(env, urlFrom, addressProblem),
    signing: kind === 'webhook' && signed ? secretFrom(env, variable, tooShort) : null,
  };
}

function smtpOf(smtp: NotifyInput['smtp'], env: Environment, cwd: string): SmtpSettings | null {
  const { host, port, security, user, caFile } = smtp;
  if (host === undefined) return null;
  const password = secretFrom(env, SMTP_PASSWORD_VARIABLE, () => undefined);
  return { host, port, security, user: user ?? null, password, caFile: caFile === undefined ? null : path.resolve(cwd, caFile) };
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

function ruleOf({ kinds, severity, equipment, hours, to, remindMinutes, escalateTo }: NotifyRuleInput): NotifyRule {
  const steps = escalateTo === undefined ? [to] : escalateTo.map((channel) => [channel]);
  return {
    kinds: kinds ?? NOTIFICATION_KINDS,
    severity,
    equipment: equipment === undefined ? null : listOf(equipment),
    hours: hours === undefined ? null : { ...hours, from: minutesOf(hours.from), to: minutesOf(hours.to), days: hours.days ?? WEEKDAYS },
    channels: to,
    reminders: remindMinutes === undefined ? null : { minutes: remindMinutes, steps },
  };
}

/** The channels with what the environment says of their secrets, and the rules. */
export function notifySettings({ channels, smtp, rules, ...rest }: NotifyInput, env: Environment, cwd: string): NotifySettings {
  return { ...rest, channels: channels.map((channel) => channelOf(channel, env)), rules: rules.map(ruleOf), smtp: smtpOf(smtp, env, cwd) };
}

/** Secrets that this process was not given: with these channels it can do nothing. */
export function notifyWarnings({ channels, smtp }: NotifySettings): readonly Problem[] {
  const ofChannels = channels.flatMap((channel, i): Problem[] => {
    if (channel.kind === 'email') return [];
    const at = (key: string) => ['notify', 'channels', i, key];
    return [
      ...('problem' in channel.url ? [{ path: at('urlFrom'), text: channel.url.problem }] : []),
      ...(channel.signing !== null && 'problem' in channel.signing ? [{ path: at('secretFrom'), text: channel.signing.problem }] : []),
    ];
  });
  const isNeeded = smtp !== null && smtp.user !== null && channels.some(({ kind }) => kind === 'email');
  return isNeeded && 'problem' in smtp.password
    ? [...ofChannels, { path: ['notify', 'smtp', 'user'], text: smtp.password.problem }]
    : ofChannels;
}
