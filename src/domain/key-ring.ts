import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';

/** The variable that holds the keys; never printed, in no file of the agent's. */
export const SIGNING_KEY_VARIABLE = 'OPS_AGENT_SIGNING_KEY';

interface SigningKey {
  readonly id: string;
  /** Not a text: what prints or serialises one shows nothing of it. */
  readonly secret: KeyObject;
}

/** The keys that signatures are made and checked with: the first signs, all of them check, so that a key can be changed without a gap. */
export type KeyRing = readonly SigningKey[];

export const NO_KEYS: KeyRing = [];

const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;
/** 128 bits spelled in hex, and the least that RFC 2104 would call a key and not a password. */
const LEAST_SECRET_LENGTH = 32;
const HOW = `write id:secret, the newest key first, separated by commas; a secret is made with: openssl rand -hex 32`;

/** A ring, or what is wrong with the text: in words that name a key by its place or id, and repeat no secret. */
export type KeyRingText = { readonly ring: KeyRing } | { readonly problem: string };

/** Keys as the environment holds them: `2026b:9f…,2026a:41…`. Nothing, or blanks, is no key. */
export function parseKeyRing(text: string | undefined): KeyRingText {
  if (text === undefined || text.trim() === '') return { ring: NO_KEYS };
  const ring: SigningKey[] = [];
  for (const [index, part] of text.split(',').entries()) {
    const colon = part.indexOf(':');
    const id = part.slice(0, Math.max(colon, 0)).trim();
    const secret = part.slice(colon + 1).trim();
    const problem = problemOf(id, secret, ring);
    if (problem !== undefined) return { problem: `key ${index + 1} ${problem}; ${HOW}` };
    ring.push(signingKey(id, secret));
  }
  return { ring };
}

/** Whether a text could be the id of a key; of a signature that somebody wrote it can be anything. */
export function isKeyId(text: string): boolean {
  return KEY_ID.test(text);
}

function problemOf(id: string, secret: string, before: KeyRing): string | undefined {
  if (!KEY_ID.test(id)) return 'has no id of 1 to 32 letters, digits, _ and -';
  if (secret.length < LEAST_SECRET_LENGTH) return `('${id}') is shorter than ${LEAST_SECRET_LENGTH} characters`;
  return before.some((key) => key.id === id) ? `has the id '${id}' of a key before it` : undefined;
}

export function signingKey(id: string, secret: string): SigningKey {
  return { id, secret: createSecretKey(Buffer.from(secret)) };
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

/** Whether there is a signature at all, right or not. */
export function bearsSignature(signature: string | null): signature is string {
  return signature !== null && signature !== '';
}

/** The id of the key that a signature says it was made with; of a text that somebody made up it can be anything. */
export function keyIdOf(signature: string): string {
  return signature.slice(0, Math.max(signature.indexOf(':'), 0));
}

/** Compares in constant time, so that the time taken tells nothing about the right answer. */
export function judgeSignature(ring: KeyRing, text: string, signature: string | null): SignatureVerdict {
  if (!bearsSignature(signature)) return 'missing';
  const named = keyIdOf(signature);
  const key = ring.find(({ id }) => id === named);
  if (!key) return 'unknown_key';
  const given = Buffer.from(signature.slice(named.length + 1));
  const expected = Buffer.from(macOf(key, text));
  return given.length === expected.length && timingSafeEqual(given, expected) ? 'valid' : 'invalid';
}
