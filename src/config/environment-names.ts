import { SIGNING_KEY_VARIABLE } from '../domain/key-ring.ts';
import { nearest } from './nearest.ts';

const PREFIX = 'OPS_AGENT_';

const CONFIG_NAME = 'OPS_AGENT_CONFIG';

/** Variables of ours that are no keys of the configuration: where it is, what it must not hold, and switches for tests. */
const OTHER_NAMES: readonly string[] = [
  CONFIG_NAME,
  SIGNING_KEY_VARIABLE,
  'OPS_AGENT_CRASH_AT',
  'OPS_AGENT_STOP_AT',
  'OPS_AGENT_SQLITE',
  'OPS_AGENT_TEST_BUNDLE',
];

/** What the configuration names the secrets of its channels after: each begins so, and ends as whoever wrote the file likes. */
export const NOTIFY_URL_VARIABLE = 'OPS_AGENT_NOTIFY_URL';
export const NOTIFY_SECRET_VARIABLE = 'OPS_AGENT_NOTIFY_SECRET';
export const SMTP_PASSWORD_VARIABLE = 'OPS_AGENT_NOTIFY_SMTP_PASSWORD';

/** `poll.intervalSeconds` → `OPS_AGENT_POLL_INTERVAL_SECONDS`. */
export function environmentNameOf(path: string): string {
  // The second step parts a word of one letter from the next: notANumber.
  const words = path
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replaceAll('.', '_');
  return PREFIX + words.toUpperCase();
}

export function isOurs(name: string): boolean {
  return name.startsWith(PREFIX);
}

export function isKnownOther(name: string): boolean {
  return OTHER_NAMES.includes(name) || name === SMTP_PASSWORD_VARIABLE || isNotifySecret(name);
}

/** Whether a variable may hold the address or the secret of a channel. */
export function isNotifySecret(name: string): boolean {
  return [NOTIFY_URL_VARIABLE, NOTIFY_SECRET_VARIABLE].some((own) => name === own || name.startsWith(`${own}_`));
}

/** Of the given names the one that was most probably meant; what all names have in common would make any two of them alike, so it does not count. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const found = nearest(withoutPrefix(name), [...known, CONFIG_NAME].map(withoutPrefix));
  return found === undefined ? undefined : PREFIX + found;
}

function withoutPrefix(name: string): string {
  return name.slice(PREFIX.length);
}
