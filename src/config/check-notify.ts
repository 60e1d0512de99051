import { NOTIFICATION_KINDS } from '../domain/notification.ts';
import { asksForDecision } from '../domain/notification-events.ts';
import { isTimeZone } from '../domain/time-zone.ts';
import { isNotifySecret, isOurs, NOTIFY_SECRET_VARIABLE, NOTIFY_URL_VARIABLE } from './environment-names.ts';
import { didYouMean } from './nearest.ts';
import { addressProblem } from './notify-settings.ts';
import type { Problem } from './problems.ts';
import type { ChannelInput, NotifyInput, NotifyRuleInput } from './schema-notify.ts';
import type { Config } from './schema.ts';

/** What no key can say by itself: a channel of one kind with the keys of another, two of one name, e-mail without a server. */
export function notifyProblems({ notify }: Config): readonly Problem[] {
  return [
    ...notify.channels.flatMap((channel, i) => channelProblems(channel, i, notify)),
    ...notify.rules.flatMap((rule, i) => ruleProblems(rule, i, notify)),
    ...smtpProblems(notify),
  ];
}

function channelProblems(channel: ChannelInput, i: number, { channels, smtp }: NotifyInput): readonly Problem[] {
  const at = (key: string, text: string): Problem => ({ path: ['notify', 'channels', i, key], text });
  const { name, kind } = channel;
  const first = channels.findIndex((other) => other.name === name);
  const twice = first < i ? [at('name', `is '${name}' like notify.channels[${first}]; every channel needs its own`)] : [];
  if (kind !== 'email') return [...twice, ...foreign(channel, ['from', 'to'], at), ...webhookProblems(channel, at)];
  const missing = (['from', 'to'] as const).filter((key) => channel[key] === undefined);
  return [
    ...twice,
    ...foreign(channel, ['url', 'urlFrom', 'secretFrom', 'signed'], at),
    ...missing.map((key) => at(key, 'is missing: an e-mail has a sender and somebody who gets it')),
    ...(smtp.host === undefined ? [at('kind', 'email needs the server that takes it; give notify.smtp.host')] : []),
  ];
}

type At = (key: string, text: string) => Problem;

function foreign(channel: ChannelInput, keys: readonly (keyof ChannelInput)[], at: At): readonly Problem[] {
  return keys.filter((key) => channel[key] !== undefined).map((key) => at(key, `does not belong to kind: ${channel.kind}`));
}

function webhookProblems(channel: ChannelInput, at: At): readonly Problem[] {
  const { kind, url, urlFrom, secretFrom, signed } = channel;
  const address = url === undefined ? undefined : addressProblem(url);
  const both = url !== undefined && urlFrom !== undefined;
  return [
    ...(both ? [at('url', 'does not go with urlFrom; leave one of them out')] : []),
    ...(url === undefined && urlFrom === undefined ? [at('urlFrom', 'is missing: the variable with the address; or give url')] : []),
    ...(address === undefined ? [] : [at('url', address)]),
    ...variableProblems('urlFrom', urlFrom, NOTIFY_URL_VARIABLE, at),
    ...variableProblems('secretFrom', secretFrom, NOTIFY_SECRET_VARIABLE, at),
    ...(kind === 'webhook' ? [] : foreign(channel, ['secretFrom', 'signed'], at)),
    ...(signed === false && secretFrom !== undefined ? [at('secretFrom', 'does not go with signed: false')] : []),
  ];
}

/** Variables that begin like ours and are none are refused as misspelt ones, so that these have to be told apart. */
function variableProblems(key: string, name: string | undefined, prefix: string, at: At): readonly Problem[] {
  if (name === undefined || !isOurs(name) || (isNotifySecret(name) && name.startsWith(prefix))) return [];
  return [at(key, `is ${name}; a variable that begins with OPS_AGENT_ begins with ${prefix}`)];
}

/** A password that everybody on the way can read is none. */
function smtpProblems({ smtp }: NotifyInput): readonly Problem[] {
  if (smtp.user === undefined || smtp.security !== 'none') return [];
  const text = 'a login would send its password unencrypted; use starttls or tls, or leave user out';
  return [{ path: ['notify', 'smtp', 'security'], text }];
}

function ruleProblems(
  { to, escalateTo, remindMinutes, kinds, hours }: NotifyRuleInput,
  i: number,
  { channels }: NotifyInput,
): readonly Problem[] {
  const at = (keys: Problem['path'], text: string): Problem => ({ path: ['notify', 'rules', i, ...keys], text });
  const known = channels.map(({ name }) => name);
  const unknown = (key: string, names: readonly string[]) =>
    names.flatMap((name, j) =>
      known.includes(name)
        ? []
        : [at([key, j], `there is no channel '${name}'${didYouMean(name, known) || `; there are ${known.join(', ') || 'none'}`}`)],
    );
  const isReminded = kinds === undefined || kinds.some(asksForDecision);
  return [
    ...unknown('to', to),
    ...unknown('escalateTo', escalateTo ?? []),
    ...(escalateTo !== undefined && remindMinutes === undefined
      ? [at(['escalateTo'], 'needs remindMinutes: after how long it is told there')]
      : []),
    ...(remindMinutes !== undefined && !isReminded
      ? [at(['remindMinutes'], `goes with kinds that ask for a decision: ${DECIDABLE.join(', ')}`)]
      : []),
    ...(hours === undefined ? [] : hoursProblems(hours, (key, text) => at(['hours', key], text))),
  ];
}

const DECIDABLE = NOTIFICATION_KINDS.filter(asksForDecision);

function hoursProblems({ from, to, timeZone }: NonNullable<NotifyRuleInput['hours']>, at: At): readonly Problem[] {
  const near = didYouMean(timeZone, Intl.supportedValuesOf('timeZone'));
  return [
    ...(from === to ? [at('to', `is ${to} like from; leave hours out for the whole day`)] : []),
    ...(isTimeZone(timeZone)
      ? []
      : [at('timeZone', `'${timeZone}' is no zone of the IANA time zone database${near || ', such as Europe/Berlin'}`)]),
  ];
}
