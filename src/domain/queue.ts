import type { AgentEvent, EventText } from './event.ts';
import { addSeconds, type Instant, isoOf, SECOND_MS } from './instant.ts';
import type { Recommendation } from './recommendation.ts';
import { isTerminal } from './transitions.ts';

/**
 * A flood of alarms, after ANSI/ISA-18.2, IEC 62682 and EEMUA 191: it begins when one operator gets more than 10 within 10 minutes,
 * and ends when there are fewer than 5 within 10 minutes.
 */
export const FLOOD_WINDOW_SECONDS = 600;
export const FLOOD_BEGINS_ABOVE = 10;
export const FLOOD_ENDS_BELOW = 5;

/** The same standards: an alarm that comes and goes 3 times or more within a minute chatters. */
export const CHATTER_RUNS = 3;
export const CHATTER_WINDOW_SECONDS = 60;

/** And one that stands for more than a day is stale. */
export const STALE_SECONDS = 24 * 3600;

/** One queue per set of tables: what happens to it is told about this subject. */
export const QUEUE_SUBJECT = 'queue';
export const FLOOD_EVENTS = ['flood_began', 'flood_ended'] as const;

/**
 * Recommendations of one severity and family that asked for attention within the last 10 minutes. An episode that was over before it was
 * seen (stored as withdrawn) asked nobody for anything and is not among them.
 */
export interface OpenedGroup {
  readonly severity: string;
  readonly issueFamily: string;
  readonly opened: number;
  readonly firstAt: Instant;
}

/** What is stored about the queue: everything that a flood is judged by, as of one moment of the store. */
export interface QueueFacts {
  readonly opened: readonly OpenedGroup[];
  readonly newestFloodEvent: (Pick<AgentEvent, 'eventId' | 'event'> & { readonly at: Instant }) | null;
  /** Opened since 10 minutes before the flood in force began; 0 without one. */
  readonly openedInFlood: number;
  /** The newest 5 (FLOOD_ENDS_BELOW) recommendations were opened since then; null when there are none. */
  readonly fifthNewestAt: Instant | null;
  /** Open, not yet marked, and the third one of its equipment and family within a minute. */
  readonly openedOften: readonly string[];
}

interface Begins {
  readonly kind: 'begins';
  readonly since: Instant;
  readonly total: number;
}

export type Flood =
  | { readonly kind: 'none' }
  | Begins
  | { readonly kind: 'goes_on'; readonly since: Instant; readonly total: number }
  /** `next`: another that begins in the same cycle, where nobody had looked since the one before it fell. */
  | { readonly kind: 'ends'; readonly since: Instant; readonly endedAt: Instant; readonly total: number; readonly next?: Begins };

/** Opened in this very cycle and not stored yet, grouped as the stored ones are. */
export function openedGroups(rows: readonly Recommendation[]): readonly OpenedGroup[] {
  return rows
    .filter((row) => row.status !== 'withdrawn')
    .map(({ severity, issueFamily, createdTimestamp }) => ({ severity, issueFamily, opened: 1, firstAt: createdTimestamp }));
}

function totalOf(groups: readonly OpenedGroup[]): number {
  return groups.reduce((sum, group) => sum + group.opened, 0);
}

function beginning(groups: readonly OpenedGroup[], now: Instant): Begins | undefined {
  const total = totalOf(groups);
  if (total <= FLOOD_BEGINS_ABOVE) return undefined;
  return { kind: 'begins', since: groups.reduce((first, group) => Math.min(first, group.firstAt), now), total };
}

/** When the rate of what is stored fell, once the fifth newest was 10 minutes old; null where the rows do not say so of the flood in force. */
function ebbOf({ newestFloodEvent, fifthNewestAt }: QueueFacts): Instant | null {
  if (newestFloodEvent === null || fifthNewestAt === null) return null;
  const ebbedAt = addSeconds(fifthNewestAt, FLOOD_WINDOW_SECONDS);
  // More than ten had been opened when it began. Where they are not there, the run that told of it died before it wrote them.
  return ebbedAt > newestFloodEvent.at ? ebbedAt : null;
}

/**
 * Whether there is a flood, from what is stored and what is about to be. Only cycles open recommendations, so the 10 minutes before
 * each cycle are every 10 minutes that matter to a beginning, however rare the cycles are. The rate is lowest just before a cycle: what it
 * is about to open belongs to no flood that fell by then.
 */
export function judgeFlood(facts: QueueFacts, fresh: readonly OpenedGroup[], now: Instant): Flood {
  const { newestFloodEvent: newest } = facts;
  const groups = [...facts.opened, ...fresh];
  const begins = beginning(groups, now);
  if (newest?.event !== 'flood_began') return begins ?? { kind: 'none' };
  const ebbedAt = ebbOf(facts);
  if (ebbedAt !== null && ebbedAt < now) {
    const ended = { kind: 'ends', since: newest.at, endedAt: ebbedAt, total: facts.openedInFlood } as const;
    return begins ? { ...ended, next: begins } : ended;
  }
  const total = facts.openedInFlood + totalOf(fresh);
  if (totalOf(groups) >= FLOOD_ENDS_BELOW) return { kind: 'goes_on', since: newest.at, total };
  return { kind: 'ends', since: newest.at, endedAt: now, total };
}

/** For people and for `--json`: whether it is in force now, told or not. */
export function isFlooding(flood: Flood): flood is Extract<Flood, { readonly total: number; readonly kind: 'begins' | 'goes_on' }> {
  return flood.kind === 'begins' || flood.kind === 'goes_on';
}

function countsBy(groups: readonly OpenedGroup[], key: 'severity' | 'issueFamily'): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const group of groups) counts.set(group[key], (counts.get(group[key]) ?? 0) + group.opened);
  return Object.fromEntries(counts);
}

/** All that a cycle tells of floods, in order. */
export function floodEvents(flood: Flood, facts: QueueFacts, fresh: readonly OpenedGroup[]): readonly EventText[] {
  const each = flood.kind === 'ends' && flood.next ? [flood, flood.next] : [flood];
  return each.flatMap((one) => floodEvent(one, facts, fresh) ?? []);
}

/**
 * What the audit is told when a flood begins or ends; null when there is nothing new to tell. The event before it in the chain makes its
 * id, whichever run tells it: a cycle that was killed after telling, and its repetition, tell the same event.
 */
export function floodEvent(flood: Flood, facts: QueueFacts, fresh: readonly OpenedGroup[]): EventText | null {
  const about = { subjectType: 'queue' as const, subjectId: QUEUE_SUBJECT, once: true, step: facts.newestFloodEvent?.eventId ?? '-' };
  const minutes = FLOOD_WINDOW_SECONDS / 60;
  switch (flood.kind) {
    case 'none':
    case 'goes_on':
      return null;
    case 'begins': {
      const groups = [...facts.opened, ...fresh];
      return {
        ...about,
        event: 'flood_began',
        reason: `${flood.total} new recommendations within ${minutes} minutes`,
        after: {
          opened: flood.total,
          window_minutes: minutes,
          by_severity: countsBy(groups, 'severity'),
          by_family: countsBy(groups, 'issueFamily'),
        },
      };
    }
    case 'ends': {
      const lasted = Math.round((flood.endedAt - flood.since) / SECOND_MS);
      return {
        ...about,
        event: 'flood_ended',
        reason: `fewer than ${FLOOD_ENDS_BELOW} new recommendations within ${minutes} minutes; ${flood.total} in all, over ${Math.round(lasted / 60)} minutes`,
        after: { began: isoOf(flood.since), ended: isoOf(flood.endedAt), seconds: lasted, total: flood.total },
      };
    }
  }
}

/** Open for so long that nobody works on it. */
export function isStale(row: Pick<Recommendation, 'status' | 'createdTimestamp'>, now: Instant): boolean {
  return !isTerminal(row.status) && now - row.createdTimestamp > STALE_SECONDS * SECOND_MS;
}
