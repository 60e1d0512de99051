import type { Instant } from './instant.ts';
import type { NotificationKind } from './notification.ts';
import type { Severity } from './severity.ts';

/** Which events of the audit are told of, by what they are about. */
const KINDS: Readonly<Record<string, Readonly<Record<string, NotificationKind>>>> = {
  recommendation: {
    created: 'recommended',
    escalated: 'escalated',
    // What was decided, or put off, waits for a decision again.
    resumed: 'asked_again',
    reopened: 'asked_again',
    refused: 'asked_again',
    lapsed: 'asked_again',
    renewed: 'asked_again',
  },
  command: { failed: 'command_failed', refused: 'command_failed', unknown: 'command_unknown' },
  feed: { feed_silent: 'feed_silent' },
  agent: { plant_silent: 'plant_silent' },
  queue: { flood_began: 'flood' },
};

/** What takes an announcement back, and what ends the time in which those of a flood are told as one. */
const ALSO_READ = ['not_applied', 'flood_ended'];

/** The names of the events that are read for it, whatever they are about. */
export const TELLING_EVENTS: readonly string[] = [
  ...new Set([...Object.values(KINDS).flatMap((kinds) => Object.keys(kinds)), ...ALSO_READ]),
];

/** An event with what the rows that it is about say now. */
export interface TellingEvent {
  readonly eventId: string;
  /** Its place in its agent's chain. */
  readonly chainSeq: number;
  readonly at: Instant;
  readonly runId: string;
  readonly subjectType: string;
  readonly subjectId: string;
  readonly event: string;
  readonly toStatus: string | null;
  readonly reason: string | null;
  /** The recommendation that it is about, or whose command it is about; null where there is no such row. */
  readonly recommendationId: string | null;
  readonly status: string | null;
  readonly severity: Severity | null;
  readonly equipmentId: string | null;
  readonly issueType: string | null;
  readonly cause: string | null;
  readonly action: string | null;
  readonly tagPath: string | null;
  readonly newValue: string | null;
  readonly unit: string | null;
}

/** Null for what nobody is told of. */
export function kindOf({ subjectType, event }: Pick<TellingEvent, 'subjectType' | 'event'>): NotificationKind | null {
  const kinds = Object.hasOwn(KINDS, subjectType) ? KINDS[subjectType] : undefined;
  return kinds && Object.hasOwn(kinds, event) ? (kinds[event] ?? null) : null;
}

/** Whether it asks for a decision: then nobody needs it any more once there is one. */
export function asksForDecision(kind: string): boolean {
  return kind === 'recommended' || kind === 'escalated' || kind === 'asked_again';
}

/** Whether a recommendation waits for somebody. One that was put off does not. */
export function isWaiting(status: string | null): boolean {
  return status === 'pending' || status === 'awaiting_second';
}
