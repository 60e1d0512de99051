import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { MailChannel, SmtpSettings } from '../config/settings.ts';
import type { Notification } from '../domain/notification.ts';
import type { Delivery } from '../ports/notifier.ts';
import { answerText, secretsOfLogin } from './answer-text.ts';
import { failed, type Try, whyNotReached, withinTry, wordIn } from './attempt.ts';
import { mailText } from './payloads.ts';
import { ID_HEADER } from './signed-headers.ts';

/** Of recipients that were refused, in a line of a log. */
const MOST_NAMES = 3;

/** How long a server may take to let go of a connection that we have closed. */
const CLOSING_MS = 500;

/** What nodemailer calls a failure in which no server took part, or none that took our login. */
const AWAY: readonly string[] = ['ECONNECTION', 'ESOCKET', 'ETIMEDOUT', 'EDNS', 'ETLS', 'EAUTH', 'ENOAUTH', 'EREQUIRETLS', 'ECONNREFUSED'];

/**
 * One e-mail, over a connection of its own: they are few, and the next one may come hours later. The Message-ID is the notification's, so
 * that a mailbox shows a second try as the same message. Never throws.
 */
export async function mailTo(channel: MailChannel, smtp: SmtpSettings, notification: Notification, limits: Try): Promise<Delivery> {
  const { user, password } = smtp;
  if (user !== null && 'problem' in password) return failed(password.problem);
  const secrets = user === null || 'problem' in password ? [] : secretsOfLogin(user, textOf(password.secret));
  try {
    const transport = await transportTo(smtp, limits.timeoutMs);
    // The library lets go of the connection where the signal says so, and of nothing that merely takes long: a server may go on for ever.
    const sent = await withinTry(limits, (signal) => transport.sendMail({ ...mailOf(channel, notification), signal }));
    const [refused] = sent.rejectedErrors ?? [];
    if (refused === undefined) return { kind: 'delivered' };
    return { kind: 'partly', reason: `not to ${namesOf(sent.rejected)}: ${saidIn(refused, secrets)} (${smtp.host})` };
  } catch (thrown) {
    return failed(`${reasonOf(thrown, secrets, limits)} (${smtp.host})`, { isAway: isAway(thrown) });
  }
}

function textOf(secret: KeyObject): string {
  return secret.export().toString();
}

function mailOf({ from, to }: MailChannel, notification: Notification) {
  const { notificationId } = notification;
  return {
    from,
    to: [...to],
    messageId: `<${notificationId}@${from.split('@').at(-1) ?? 'ops-agent'}>`,
    headers: { [ID_HEADER]: notificationId, 'Auto-Submitted': 'auto-generated' },
    // A message is text of ours and of people: it must name no file or address to be put in.
    disableFileAccess: true,
    disableUrlAccess: true,
    ...mailText(notification),
  };
}

async function transportTo({ host, port, security, user, password, caFile }: SmtpSettings, timeoutMs: number) {
  // Here and nowhere else, and only where e-mail is sent: nobody else pays for loading it.
  const { createTransport } = await import('nodemailer');
  const authority = caFile === null ? undefined : await readFile(caFile, 'utf8');
  return createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    socketCloseTimeout: CLOSING_MS,
    ...(user !== null && 'secret' in password && { auth: { user, pass: textOf(password.secret) } }),
    ...(authority !== undefined && { tls: { ca: [...rootCertificates, authority] } }),
  });
}

/** The first few are enough to find them in the configuration. */
function namesOf(addresses: readonly string[]): string {
  const more = addresses.length - MOST_NAMES;
  return addresses.slice(0, MOST_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function reasonOf(thrown: unknown, secrets: readonly string[], limits: Try): string {
  if (wordIn(thrown, 'name') === 'AbortError') return whyNotReached(thrown, limits);
  return `the mail was not taken, ${wordIn(thrown, 'code') ?? 'unknown'}: ${saidIn(thrown, secrets)}`;
}

/** A server's own answer says most. */
function saidIn(thrown: unknown, secrets: readonly string[]): string {
  return answerText(wordIn(thrown, 'response') ?? wordIn(thrown, 'message') ?? 'unknown', secrets);
}

function isAway(thrown: unknown): boolean {
  const code = wordIn(thrown, 'code');
  return wordIn(thrown, 'name') === 'AbortError' || (code !== undefined && AWAY.includes(code));
}
