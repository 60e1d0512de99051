import type { Fact, Message, NotificationKind } from './notification.ts';
import type { TellingEvent } from './notification-events.ts';

const PLAIN_TITLES = {
  feed_silent: 'The feed is silent',
  plant_silent: 'The plant does not answer',
  flood: 'A flood of recommendations began',
} as const satisfies Partial<Record<NotificationKind, string>>;

const WHAT: Readonly<Record<Exclude<NotificationKind, keyof typeof PLAIN_TITLES>, string>> = {
  recommended: '',
  escalated: 'escalated: ',
  asked_again: 'waits for a decision again: ',
  command_failed: 'a command failed: ',
  command_unknown: 'the outcome of a command is unknown: ',
};

/** What is said of an event: for people, with what they need to act on it. */
export function messageOf(kind: NotificationKind, told: TellingEvent): Message {
  return { title: titleOf(kind, told), facts: factsOf(told) };
}

function titleOf(kind: NotificationKind, { severity, equipmentId, issueType, action }: TellingEvent): string {
  if (kind === 'feed_silent' || kind === 'plant_silent' || kind === 'flood') return PLAIN_TITLES[kind];
  const about = kind === 'command_failed' || kind === 'command_unknown' ? action : issueType;
  return [severity?.toUpperCase(), equipmentId, `${WHAT[kind]}${about ?? ''}`]
    .filter((part) => part !== undefined && part !== null)
    .join(' ');
}

function factsOf(told: TellingEvent): readonly Fact[] {
  const { reason, cause, action, tagPath, newValue, unit, recommendationId, subjectType, subjectId } = told;
  const lines: readonly (readonly [string, string | null])[] = [
    ['Finding', reason],
    ['Cause', subjectType === 'recommendation' ? cause : null],
    ['Action', action],
    ['Tag', tagPath],
    ['Value', newValue === null ? null : `${newValue}${unit === null ? '' : ` ${unit}`}`],
    ['Command', subjectType === 'command' ? subjectId : null],
    ['Recommendation', recommendationId],
    ['Look at it with', recommendationId === null ? null : `ops-agent show ${recommendationId}`],
  ];
  return lines.flatMap(([name, value]) => (value === null || value === '' ? [] : [{ name, value }]));
}
