import { counted } from './counted.ts';

/** What becomes of a notification. `superseded`: nobody needs it any more. */
export const NOTIFICATION_STATUSES = ['pending', 'sending', 'delivered', 'given_up', 'superseded'] as const;
export type NotificationStatus = (typeof NOTIFICATION_STATUSES)[number];

/** After that many tries it is given up: with the delays below that is a day. */
export const MOST_TRIES = 100;
const FIRST_DELAY_SECONDS = 30;
const LONGEST_DELAY_SECONDS = 900;

/** How long after the nth try, counted from 1, the next one is due: 30 s, doubled up to a quarter of an hour, and no sooner than the receiver asks. */
export function delayAfter(tries: number, retryAfterSeconds: number | null): number {
  const delay = Math.min(FIRST_DELAY_SECONDS * 2 ** Math.min(tries - 1, 10), LONGEST_DELAY_SECONDS);
  return Math.max(delay, retryAfterSeconds ?? 0);
}

/** What whoever looks after the agent has to hear, since those who are to be told cannot; null where nothing was tried in vain. */
export function inVainText(failing: number): string | null {
  return failing === 0 ? null : `${counted(failing, 'notification')} tried in vain and still to be delivered`;
}
