import { isReadBack } from './check-dispatch.ts';
import { brokenSeals, type Command } from './command.ts';
import type { AuditRow } from './audit-chain.ts';
import type { IssuedTicket, TicketStep } from './evidence-ticket.ts';
import { commandIdOf } from './ids.ts';
import type { Instant } from './instant.ts';
import { isSatisfied } from './readiness.ts';
import { wayOf } from './resolve-action.ts';
import { type Sent, sentOf } from './sent.ts';

/** One command with what the audit and the ticket say about it. */
export interface RecordedWrite {
  readonly command: Command;
  readonly sent: Sent;
  /** When it was announced to the audit, the last time; null where it never was. */
  readonly announcedAt: Instant | null;
  /** How often it was. */
  readonly announced: number;
  /** How often it was given back unsent. */
  readonly returned: number;
  /** The columns in which it differs from the ticket; empty where it is what was approved. */
  readonly broken: readonly string[];
  /** What it stands for in the ticket; null where it is none of its steps. */
  readonly step: TicketStep | null;
  /** Whether the value read back is the one approved, or beyond it where nothing had to be written; null where none was read back. */
  readonly isReadBack: boolean | null;
}

/** The values of an executed command that confirm it. A tag that may not be written any more has no tolerance: then the value itself. */
function confirms({ readBackValue: live, startedTimestamp }: Command, step: TicketStep, tolerancePercent: number): boolean | null {
  const { action, allowed, tolerance } = step;
  if (live === null || action.value === null) return null;
  if (startedTimestamp === null) return isSatisfied({ value: action.value, direction: wayOf(action) }, live, tolerance ?? 0);
  return allowed === null ? live === action.value : isReadBack(action, allowed, live, tolerancePercent);
}

/** Whether the command is one that the ticket's recommendation has, and not one that somebody put beside them. */
export function isOwn(command: Command, recommendationId: string): boolean {
  return command.sequence !== null && command.commandId === commandIdOf(recommendationId, command.sequence);
}

/** The commands in their order. `events` are about commands, oldest first. */
export function writesOf(
  commands: readonly Command[],
  events: readonly AuditRow[],
  issued: IssuedTicket | null,
  tolerancePercent: number,
): readonly RecordedWrite[] {
  return commands
    .toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0))
    .map((command) => {
      const own = events.filter(({ subjectId }) => subjectId === command.commandId);
      const step = issued?.steps.find(({ action }) => action.sequence === command.sequence) ?? null;
      return {
        command,
        sent: sentOf(command),
        announcedAt: own.findLast(({ event }) => event === 'dispatching')?.at ?? null,
        announced: own.filter(({ event }) => event === 'dispatching').length,
        returned: own.filter(({ event }) => event === 'returned').length,
        broken: issued ? brokenSeals(command, issued.ticket) : ['ticket'],
        step,
        isReadBack: step === null ? null : confirms(command, step, tolerancePercent),
      };
    });
}
