import { createHmac, timingSafeEqual } from 'node:crypto';
import { AgentError } from './errors.ts';

/** The variable that holds the keys; never printed, in no file of the agent's. */
export const SIGNING_KEY_VARIABLE = 'OPS_AGENT_SIGNING_KEY';

interface SigningKey {
  readonly id: string;
  readonly secret: string;
}

/** The keys that signatures are made and checked with: the first signs, all of them check, so that a key can be changed without a gap. */
export type KeyRing = readonly SigningKey[];

export const NO_KEYS: KeyRing = [];

const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;
/** 128 bits spelled in hex, and the least that RFC 2104 would call a key and not a password. */
const LEAST_SECRET_LENGTH = 32;
const REMEDY = `write id:secret, the newest key first, separated by commas; a secret is made with: openssl rand -hex 32`;

/**
 * Keys as the environment holds them: `2026b:9f…,2026a:41…`. Nothing, or blanks, is no key.
 * @throws AgentError usage that names the key by its place or id, and never a secret
 */
export function parseKeyRing(text: string | undefined): KeyRing {
  if (text === undefined || text.trim() === '') return NO_KEYS;
  const ring = text.split(',').map((part, index): SigningKey => {
    const place = `${SIGNING_KEY_VARIABLE}: key ${index + 1}`;
    const colon = part.indexOf(':');
    const id = part.slice(0, Math.max(colon, 0)).trim();
    const secret = part.slice(colon + 1).trim();
    if (!KEY_ID.test(id)) throw new AgentError('usage', `${place} has no id of 1 to 32 letters, digits, _ and -`, REMEDY);
    if (secret.length < LEAST_SECRET_LENGTH)
      throw new AgentError('usage', `${place} ('${id}') is shorter than ${LEAST_SECRET_LENGTH} characters`, REMEDY);
    return { id, secret };
  });
  const twice = ring.find(({ id }, index) => ring.findIndex((other) => other.id === id) !== index);
  if (twice) throw new AgentError('usage', `${SIGNING_KEY_VARIABLE} names the key '${twice.id}' twice`, 'give each key an id of its own');
  return ring;
}

/** HMAC-SHA256 (RFC 2104) in hex. */
function macOf(key: SigningKey, text: string): string {
  return createHmac('sha256', key.secret).update(text).digest('hex');
}

/** `id:hmac` with the ring's first key; null where there is none. The same text and key give the same signature. */
export function signatureOf(ring: KeyRing, text: string): string | null {
  const [key] = ring;
  return key ? `${key.id}:${macOf(key, text)}` : null;
}

/** What a signature says of a text. `unknown_key`: made with a key that this ring does not hold. */
export type SignatureVerdict = 'valid' | 'missing' | 'unknown_key' | 'invalid';

/** Compares in constant time, so that the time taken tells nothing about the right answer. */
export function judgeSignature(ring: KeyRing, text: string, signature: string | null): SignatureVerdict {
  if (signature === null || signature === '') return 'missing';
  const colon = signature.indexOf(':');
  const key = ring.find(({ id }) => id === signature.slice(0, Math.max(colon, 0)));
  if (!key) return 'unknown_key';
  const given = Buffer.from(signature.slice(colon + 1));
  const expected = Buffer.from(macOf(key, text));
  return given.length === expected.length && timingSafeEqual(given, expected) ? 'valid' : 'invalid';
}
