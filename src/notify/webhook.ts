import type { WebhookChannel } from '../config/settings.ts';
import type { Notification } from '../domain/notification.ts';
import { onOneLine } from '../domain/printable.ts';
import type { Delivery } from '../ports/notifier.ts';
import { failed, type Try, whyNotReached, withinTry } from './attempt.ts';
import { genericPayload, shortened, slackPayload, teamsPayload } from './payloads.ts';
import { ID_HEADER, signedHeaders } from './signed-headers.ts';

const PAYLOADS = { webhook: genericPayload, slack: slackPayload, teams: teamsPayload } as const satisfies Record<
  WebhookChannel['kind'],
  (notification: Notification) => object
>;

/** What an answer may tell of itself: a receiver's page of errors is no line of a log. */
const LONGEST_ANSWER = 200;
/** Longer requests to be left alone are not kept to: the notifications are about a plant. */
const LONGEST_PAUSE_SECONDS = 3600;

/** Answers of a receiver that cannot take anything now, rather than not this. */
const AWAY = [408, 425, 429];

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
      if (!answer.ok) return refusal(answer, url);
      await answer.body?.cancel();
      return { kind: 'delivered' };
    });
  } catch (thrown) {
    return failed(`${whyNotReached(thrown, limits)} (${new URL(url).host})`, { isAway: true });
  }
}

async function refusal(answer: Response, url: string): Promise<Delivery> {
  const { status, headers } = answer;
  const { host, pathname, search } = new URL(url);
  if (status >= 300 && status < 400) {
    await answer.body?.cancel();
    return failed(`${host} answered ${status}, a redirect, which is not followed: configure the address that it leads to`);
  }
  // Who refuses an address may repeat it, and it is a secret.
  const said = onOneLine((await beginningOf(answer)).replaceAll(`${pathname}${search}`, '…')).trim();
  const reason = `${host} answered ${status}${said === '' ? '' : `: ${shortened(said, LONGEST_ANSWER)}`}`;
  const asked = Number(headers.get('retry-after') ?? Number.NaN);
  const retryAfterSeconds = Number.isFinite(asked) && asked > 0 ? Math.min(asked, LONGEST_PAUSE_SECONDS) : null;
  return failed(reason, { isAway: status >= 500 || AWAY.includes(status), retryAfterSeconds });
}

/** Enough of the answer's text; the rest, which may be without end, is not waited for. */
async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  while (text.length < 4 * LONGEST_ANSWER) {
    const value: unknown = (await reader.read()).value;
    if (!(value instanceof Uint8Array)) break;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text;
}
