import { onOneLine } from '../domain/printable.ts';

/** What an answer may tell of itself: a receiver's page of errors is no line of a log. */
const LONGEST_ANSWER = 200;

/** Parts of an address that are shorter are words such as `services`, which say nothing to anybody. */
const LEAST_SECRET_PART = 12;

/** At most so many characters, none of them half of a pair. */
export function shortened(text: string, longest: number): string {
  const characters = Array.from(text);
  return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join('')}…`;
}

/** So much of an answer is enough: a secret that begins within what is shown ends within it. */
export function enoughOf(secrets: readonly string[]): number {
  return 4 * LONGEST_ANSWER + Math.max(0, ...secrets.map(({ length }) => length));
}

/** What whoever answered said, on one short line. Who refuses a secret may repeat it. */
export function answerText(said: string, secrets: readonly string[]): string {
  const hidden = secrets
    .filter((secret) => secret !== '')
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, secret) => text.replaceAll(secret, '…'), said);
  return shortened(onOneLine(hidden).trim(), LONGEST_ANSWER);
}

/** What of an address may be a secret: all behind the host, and each part of it, as it is, decoded, and encoded once more. */
export function secretsOf({ pathname, search }: URL): readonly string[] {
  const parts = `${pathname}${search}`.split(/[/?&=;]/).filter(({ length }) => length >= LEAST_SECRET_PART);
  const spelled = parts.flatMap((part) => [part, decoded(part), encodeURIComponent(part), encodeURIComponent(decoded(part))]);
  return pathname === '/' && search === '' ? [] : [`${pathname}${search}`, ...spelled];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign that encodes nothing stands for itself
  }
}

/** A password as a server of e-mail got it: in base64, alone or behind its user. */
export function secretsOfLogin(user: string, password: string): readonly string[] {
  return [password, base64(password), base64(`\0${user}\0${password}`)];
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
