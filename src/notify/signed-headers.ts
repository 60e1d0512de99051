import { createHmac, type KeyObject } from 'node:crypto';
import { type Instant, SECOND_MS } from '../domain/instant.ts';

/** What tells a receiver that it has seen this one. */
export const ID_HEADER = 'X-Ops-Agent-Notification-Id';

/**
 * Says who sent the body, and when: HMAC-SHA256 (RFC 2104) over `timestamp.body`, so that a body that was recorded cannot be sent later under
 * another time. The same three give the same.
 * @param at the sender's clock; the header has it in whole seconds since 1970
 */
export function signedHeaders(secret: KeyObject, at: Instant, body: string): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at / SECOND_MS));
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return { 'X-Ops-Agent-Timestamp': timestamp, 'X-Ops-Agent-Signature': `sha256=${signature}` };
}
