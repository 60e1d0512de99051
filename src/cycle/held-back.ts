import type { Command } from '../domain/command.ts';
import type { CommandChange } from '../domain/changes.ts';
import type { AgentEvent, EventText } from '../domain/event.ts';
import { eventOf } from '../domain/event.ts';
import type { Instant } from '../domain/instant.ts';
import type { LastChange } from '../ports/cycle-store.ts';
import type { Cycle } from './cycle.ts';

const TIMES_OF_COMMANDS = ['createdTimestamp', 'claimedTimestamp', 'startedTimestamp', 'completedTimestamp', 'executedTimestamp'] as const;
const TIMES = ['updatedTimestamp', ...TIMES_OF_COMMANDS] as const;

/** A change of one row as it was meant. */
interface Meant {
  readonly expected: string | null;
  readonly columns: { readonly status?: string } & { readonly [name in (typeof TIMES)[number]]?: Instant | null };
}

/**
 * Whether the store refused a change. A row that took it has its time: so a change that no status tells of is seen to be missing, and one
 * whose answer got lost on its way is not.
 */
export function isHeldBack({ columns }: Meant, stored: LastChange | undefined): boolean {
  return stored === undefined || stored.updatedTimestamp !== (columns.updatedTimestamp ?? null);
}

const TOLD_BY = ['status', ...TIMES_OF_COMMANDS] as const;

/** As isHeldBack, for commands, which have no time of their last change: every change of one names its status, and the time of what happened. */
export function isCommandHeldBack({ columns }: CommandChange, stored: Command | undefined): boolean {
  return stored === undefined || TOLD_BY.some((name) => columns[name] !== undefined && columns[name] !== stored[name]);
}

/**
 * What of `meant` the store did not take. A row that looks as it was meant may be another run's, which took the lease over and came to the
 * same in the same millisecond: by what that run told before.
 */
export async function heldBackOf<Change extends Meant>(
  cycle: Cycle,
  meant: readonly Change[],
  idOf: (change: Change) => string,
  isRefused: (change: Change) => boolean,
): Promise<readonly Change[]> {
  const refused = new Set(meant.filter(isRefused));
  const asMeant = meant.filter((change) => !refused.has(change));
  const times = asMeant.flatMap(({ columns }) => TIMES.flatMap((name) => columns[name] ?? []));
  if (times.length === 0) return [...refused];
  const overtaken = await cycle.ports.store.readOvertaken(cycle.lease, asMeant.map(idOf), Math.max(...times));
  return meant.filter((change) => refused.has(change) || overtaken.has(idOf(change)));
}

/**
 * As the holder tells it, with the ticket that stayed in force. A run that another one has overtaken does not know that any more: it only
 * says that nothing came of what it announced.
 */
export async function tellNotApplied(cycle: Cycle, events: readonly AgentEvent[]): Promise<void> {
  const { store } = cycle.ports;
  const at = cycle.eventsAt();
  if (await store.appendEvents(events, at, cycle.lease)) return;
  const withoutTickets = events.map((event) => (event.subjectType === 'recommendation' ? { ...event, after: null } : event));
  await store.appendEvents(withoutTickets, at);
}

/** The audit is told that what it announced about a row did not happen. */
export function notApplied(
  cycle: Cycle,
  about: Pick<EventText, 'subjectType' | 'subjectId' | 'step' | 'after' | 'reason'>,
  { expected, columns }: Meant,
  stored: Pick<LastChange, 'status'> | undefined,
): AgentEvent {
  const found = stored?.status ?? null;
  const meant = columns.status === undefined ? `no longer ${expected ?? ''}` : `not ${columns.status}`;
  const is = stored === undefined ? 'missing' : (found ?? 'without a status');
  const subject = about.subjectType === 'recommendation' ? about.subjectId : `${about.subjectType.replace('_', ' ')} ${about.subjectId}`;
  cycle.ports.log.info(`Not applied: ${subject} is ${is}, ${meant}`);
  return eventOf(cycle.lease, {
    reason: 'somebody else changed the row first',
    ...about,
    event: 'not_applied',
    fromStatus: found,
    toStatus: columns.status ?? null,
  });
}
