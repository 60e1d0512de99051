import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { MailChannel, SmtpSettings } from '../config/settings.ts';
import type { Notification } from '../domain/notification.ts';
import { onOneLine } from '../domain/printable.ts';
import type { Delivery } from '../ports/notifier.ts';
import { failed, type Try, whyNotReached, withinTry, wordIn } from './attempt.ts';
import { mailText, shortened } from './payloads.ts';
import { ID_HEADER } from './signed-headers.ts';

/** Of a server's answer, in a line of a log. */
const LONGEST_ANSWER = 200;

/** What nodemailer calls a failure in which no server took part, or none that took our login. */
const AWAY: readonly string[] = ['ECONNECTION', 'ESOCKET', 'ETIMEDOUT', 'EDNS', 'ETLS', 'EAUTH', 'ENOAUTH', 'EREQUIRETLS', 'ECONNREFUSED'];

/**
 * One e-mail, over a connection of its own: they are few, and the next one may come hours later. The Message-ID is the notification's, so
 * that a mailbox shows a second try as the same message. Never throws.
 */
export async function mailTo(channel: MailChannel, smtp: SmtpSettings, notification: Notification, limits: Try): Promise<Delivery> {
  const { user, password } = smtp;
  if (user !== null && 'problem' in password) return failed(password.problem);
  try {
    const transport = await transportTo(smtp, limits.timeoutMs);
    await withinTry(limits, async (until) => {
      const stopped = new Promise<never>((_resolve, reject) => {
        until.addEventListener('abort', () => reject(new DOMException('given up', 'AbortError')), { once: true });
      });
      try {
        await Promise.race([transport.sendMail(mailOf(channel, notification)), stopped]);
      } finally {
        transport.close();
      }
    });
    return { kind: 'delivered' };
  } catch (thrown) {
    return failed(`${reasonOf(thrown, limits)} (${smtp.host})`, { isAway: isAway(thrown) });
  }
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
    ...(user !== null && 'secret' in password && { auth: { user, pass: password.secret.export().toString() } }),
    ...(authority !== undefined && { tls: { ca: [...rootCertificates, authority] } }),
  });
}

/** A server's own answer says most; it repeats addresses at worst, and no password. */
function reasonOf(thrown: unknown, limits: Try): string {
  if (wordIn(thrown, 'name') === 'AbortError') return whyNotReached(thrown, limits);
  const said = wordIn(thrown, 'response') ?? wordIn(thrown, 'message') ?? 'unknown';
  return `the mail was not taken, ${wordIn(thrown, 'code') ?? 'unknown'}: ${shortened(onOneLine(said), LONGEST_ANSWER)}`;
}

function isAway(thrown: unknown): boolean {
  const code = wordIn(thrown, 'code');
  return wordIn(thrown, 'name') === 'AbortError' || (code !== undefined && AWAY.includes(code));
}
