import type { WebhookChannel } from '../config/settings.ts';
import { type Instant, SECOND_MS } from '../domain/instant.ts';
import type { Notification } from '../domain/notification.ts';
import type { Delivery } from '../ports/notifier.ts';
import { answerText, enoughOf, secretsOf } from './answer-text.ts';
import { failed, type Try, whyNotReached, withinTry } from './attempt.ts';
import { genericPayload, slackPayload, teamsPayload } from './payloads.ts';
import { ID_HEADER, signedHeaders } from './signed-headers.ts';

const PAYLOADS = { webhook: genericPayload, slack: slackPayload, teams: teamsPayload } as const satisfies Record<
  WebhookChannel['kind'],
  (notification: Notification) => object
>;

/** Longer requests to be left alone are not kept to: the notifications are about a plant. */
const LONGEST_PAUSE_SECONDS = 3600;

/**
 * Whether an answer is of a receiver that cannot take anything now, rather than not this. 500 is what a receiver says that stumbles over one
 * notification: the others must not wait for that one.
 */
function isOfOneAway(status: number): boolean {
  return status > 500 || status === 408 || status === 425 || status === 429;
}

/**
 * One POST of JSON. A redirect is not followed: it would take what is told, and its signature, to wherever the answer says.
 * Never throws.
 */
export async function postTo(channel: WebhookChannel, notification: Notification, limits: Try): Promise<Delivery> {
  const { url: address, signing, kind } = channel;
  if ('problem' in address) return failed(address.problem);
  if (signing !== null && 'problem' in signing) return failed(signing.problem);
  const body = JSON.stringify(PAYLOADS[kind](notification));
  const signature = signing === null ? {} : signedHeaders(signing.secret, limits.now(), body);
  const headers = { 'Content-Type': 'application/json', [ID_HEADER]: notification.notificationId, ...signature };
  const url = address.secret.export().toString();
  try {
    return await withinTry(limits, async (signal) => {
      const answer = await fetch(url, { method: 'POST', redirect: 'manual', signal, headers, body });
      if (!answer.ok) return refusal(answer, url, limits.now());
      await answer.body?.cancel();
      return { kind: 'delivered' };
    });
  } catch (thrown) {
    return failed(`${whyNotReached(thrown, limits)} (${new URL(url).host})`, { isAway: true });
  }
}

async function refusal(answer: Response, url: string, now: Instant): Promise<Delivery> {
  const { status, headers } = answer;
  const address = new URL(url);
  if (status >= 300 && status < 400) {
    await answer.body?.cancel();
    return failed(`${address.host} answered ${status}, a redirect, which is not followed: configure the address that it leads to`);
  }
  const secrets = secretsOf(address);
  const said = answerText(await beginningOf(answer, enoughOf(secrets)), secrets);
  return failed(`${address.host} answered ${status}${said === '' ? '' : `: ${said}`}`, {
    isAway: isOfOneAway(status),
    retryAfterSeconds: pauseOf(headers.get('retry-after'), now),
  });
}

/** Seconds, or the date at which they are over (RFC 9110, 10.2.3); null for what is neither, and for what is over. */
function pauseOf(asked: string | null, now: Instant): number | null {
  const text = asked?.trim() ?? '';
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - now) / SECOND_MS);
  return seconds > 0 ? Math.min(seconds, LONGEST_PAUSE_SECONDS) : null;
}

/** Enough of the answer's text. The rest, which may be without end, is not waited for, and what comes to no end counts as far as it came. */
async function beginningOf({ body }: Response, enough: number): Promise<string> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  try {
    while (text.length < enough) {
      const value: unknown = (await reader.read()).value;
      if (!(value instanceof Uint8Array)) break;
      text += decoder.decode(value, { stream: true });
    }
    await reader.cancel();
  } catch {
    // The try is over, or the connection broke: that it was refused, and for how long, is known all the same.
  }
  return text;
}
