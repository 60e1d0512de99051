import type { Instant } from './instant.ts';
import type { Severity } from './severity.ts';

/** What can be told of: each is an event of the audit. */
export const NOTIFICATION_KINDS = [
  'recommended',
  'escalated',
  'asked_again',
  'command_failed',
  'command_unknown',
  'feed_silent',
  'plant_silent',
  'flood',
] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

/** One line of a message. Values are anybody's text: whoever shows one escapes it as its own medium asks. */
export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** What is said, as it was when it was decided to say it: every try says the same. */
export interface Message {
  readonly title: string;
  readonly facts: readonly Fact[];
}

/** What one channel is told once. */
export interface Notification {
  /** The same for every try, so that a receiver can tell that it has seen it. */
  readonly notificationId: string;
  readonly agentId: string;
  /** `test`: somebody asks whether the channel works. */
  readonly kind: NotificationKind | 'test';
  /** 0: the first word about it; 1 and more: it was told, and nobody has decided. */
  readonly reminder: number;
  /** Null where what is told of has none. */
  readonly severity: Severity | null;
  readonly equipmentId: string | null;
  /** What it is about: a recommendation, a command, a table of readings, the agent. */
  readonly subjectId: string;
  /** The audit's row. Null for a test. */
  readonly eventId: string | null;
  /** When it happened. */
  readonly at: Instant;
  readonly message: Message;
}

/** What somebody asks for who wants to see a channel work. */
export function testNotification(notificationId: string, agentId: string, at: Instant): Notification {
  return {
    notificationId,
    agentId,
    kind: 'test',
    reminder: 0,
    severity: null,
    equipmentId: null,
    subjectId: agentId,
    eventId: null,
    at,
    message: { title: 'ops-agent: this is a test', facts: [{ name: 'Agent', value: agentId }] },
  };
}
