import { notificationIdOf } from './ids.ts';
import { addSeconds, type Instant } from './instant.ts';
import type { Message, NotificationKind } from './notification.ts';
import { asksForDecision, isWaiting, kindOf, type TellingEvent } from './notification-events.ts';
import { appliesTo, channelsOf, type NotifyRule, type Reminders } from './notification-rules.ts';
import { messageOf } from './notification-text.ts';
import type { NotificationStatus } from './notification-tries.ts';
import type { Severity } from './severity.ts';

/** What one channel is to be told, as it is stored. */
export interface OutboxRow {
  readonly notificationId: string;
  readonly agentId: string;
  readonly kind: NotificationKind;
  readonly eventId: string;
  readonly chainSeq: number;
  readonly channel: string;
  readonly reminder: number;
  readonly severity: Severity | null;
  readonly equipmentId: string | null;
  readonly subjectId: string;
  readonly eventTimestamp: Instant;
  readonly message: Message;
  /** Who is told next while nobody decides; null: nobody. */
  readonly reminders: Reminders | null;
  readonly status: NotificationStatus;
  /** Tries so far. */
  readonly attempt: number;
  readonly createdTimestamp: Instant;
  readonly nextAttemptTimestamp: Instant;
}

/** What was told lately, or is about to be. */
export type Told = Pick<OutboxRow, 'kind' | 'subjectId' | 'severity' | 'channel'>;

export interface PlanRequest {
  readonly agentId: string;
  readonly now: Instant;
  /** In the order of the chain. */
  readonly events: readonly TellingEvent[];
  /** Whether a flood is in force before the first of them. */
  readonly inFlood: boolean;
  readonly told: readonly Told[];
  readonly rules: readonly NotifyRule[];
}

/**
 * Who is to be told of these events. The same events give the same ids, so that planning them again after a crash adds nothing. Left out is what
 * was taken back or is decided by now, what is part of a flood that is told as one (unless it is critical), and what a channel was told of
 * already: a cycle that died tells of its decisions, and so does the one that repeats it.
 */
export function planNotifications(request: PlanRequest): readonly OutboxRow[] {
  // What waits again was decided in between, however lately it was told.
  const seen = new Set(request.told.filter(({ kind }) => kind !== 'asked_again').map(keyOf));
  const rows = new Map<string, OutboxRow>();
  for (const [event, kind] of tellable(request.events, request.inFlood)) {
    const planned = request.rules
      .filter((rule) => appliesTo(rule, { ...event, kind }))
      .flatMap((rule) => rowsBy(rule, event, kind, request, seen));
    for (const row of planned) {
      if (!rows.has(row.notificationId)) rows.set(row.notificationId, row);
      if (row.reminder === 0) seen.add(keyOf(row));
    }
  }
  return [...rows.values()];
}

/** The first word to each of the rule's channels that has not had it, and the first reminders. */
function rowsBy(
  { channels, reminders }: NotifyRule,
  event: TellingEvent,
  kind: NotificationKind,
  { agentId, now }: PlanRequest,
  seen: ReadonlySet<string>,
): readonly OutboxRow[] {
  const { eventId, chainSeq, severity, equipmentId, subjectId, at } = event;
  const repeated = asksForDecision(kind) ? reminders : null;
  const row = (channel: string, reminder: number, waitSeconds: number): OutboxRow => ({
    notificationId: notificationIdOf(eventId, channel, reminder),
    agentId,
    kind,
    eventId,
    chainSeq,
    channel,
    reminder,
    severity,
    equipmentId,
    subjectId,
    eventTimestamp: at,
    message: messageOf(kind, event),
    reminders: repeated,
    status: 'pending',
    attempt: 0,
    createdTimestamp: now,
    nextAttemptTimestamp: addSeconds(now, waitSeconds),
  });
  const fresh = channels.map((channel) => row(channel, 0, 0)).filter((one) => !seen.has(keyOf(one)));
  const next = repeated === null || fresh.length === 0 ? [] : remindersAt(repeated, 1);
  return [...fresh, ...next.map(({ channel, waitSeconds }) => row(channel, 1, waitSeconds))];
}

function keyOf({ kind, subjectId, severity, channel }: Told): string {
  return JSON.stringify([kind, subjectId, severity, channel]);
}

function remindersAt(reminders: Reminders, reminder: number): readonly { readonly channel: string; readonly waitSeconds: number }[] {
  return channelsOf(reminders, reminder).map((channel) => ({ channel, waitSeconds: reminders.minutes * 60 }));
}

/** The events that somebody may be told of, with what they are. */
function tellable(events: readonly TellingEvent[], inFlood: boolean): readonly (readonly [TellingEvent, NotificationKind])[] {
  // A cycle announces what it opens before the flood that this makes.
  const floodRuns = new Set(events.filter(({ event }) => event === 'flood_began').map(({ runId }) => runId));
  let isFlood = inFlood;
  return events.flatMap((event, place) => {
    if (event.subjectType === 'queue') isFlood = event.event === 'flood_began' || (event.event !== 'flood_ended' && isFlood);
    const kind = kindOf(event);
    if (kind === null || wasTakenBack(event, events.slice(place + 1))) return [];
    if (asksForDecision(kind) && !isWaiting(event.status)) return [];
    const isPartOfFlood = kind === 'recommended' && event.severity !== 'critical' && (isFlood || floodRuns.has(event.runId));
    return isPartOfFlood ? [] : [[event, kind] as const];
  });
}

function wasTakenBack({ runId, subjectId }: TellingEvent, later: readonly TellingEvent[]): boolean {
  return later.some((other) => other.event === 'not_applied' && other.runId === runId && other.subjectId === subjectId);
}

/** A row whose time has come, with what is known now. */
export interface DueRow extends OutboxRow {
  /** Of the recommendation that it is about; null where there is none. */
  readonly recommendationStatus: string | null;
  /** The event of the newest reminder about the same recommendation that is still to come, by its place; null where there is none. */
  readonly lastReminderSeq: number | null;
}

/** Nobody needs it any more: somebody has decided, or a later event has reminders of its own. */
export function isSuperseded({ kind, reminder, chainSeq, recommendationStatus, lastReminderSeq }: DueRow): boolean {
  if (!asksForDecision(kind)) return false;
  return !isWaiting(recommendationStatus) || (reminder > 0 && lastReminderSeq !== null && lastReminderSeq > chainSeq);
}

/** As it is stored. */
export function withoutContext({ recommendationStatus: _status, lastReminderSeq: _seq, ...row }: DueRow): OutboxRow {
  return row;
}

/**
 * In which order a channel is told: what was tried least goes first, and those that were tried alike take turns with each try. So one that the
 * receiver never answers holds back no other for good.
 */
export function inTurn(rows: readonly OutboxRow[]): readonly OutboxRow[] {
  return rows.toSorted((a, b) => a.attempt - b.attempt || (a.attempt === 0 ? 0 : byTurn(a, b)));
}

function byTurn(a: OutboxRow, b: OutboxRow): number {
  const [one, other] = [turnOf(a), turnOf(b)];
  return one < other ? -1 : Number(one > other);
}

/** The id, which is as good as random, from another place on after each try. */
function turnOf({ notificationId, attempt }: OutboxRow): string {
  const place = attempt % notificationId.length;
  return notificationId.slice(place) + notificationId.slice(0, place);
}

/** The reminders that follow one which is due: planned when it is first tried, so that they come whether or not it is delivered. */
export function nextReminders(due: DueRow, now: Instant): readonly OutboxRow[] {
  const row = withoutContext(due);
  const { reminders, reminder, attempt, eventId } = row;
  if (reminders === null || reminder === 0 || attempt > 0 || isSuperseded(due)) return [];
  return remindersAt(reminders, reminder + 1).map(({ channel, waitSeconds }) => ({
    ...row,
    notificationId: notificationIdOf(eventId, channel, reminder + 1),
    channel,
    reminder: reminder + 1,
    status: 'pending',
    createdTimestamp: now,
    nextAttemptTimestamp: addSeconds(now, waitSeconds),
  }));
}
