import { ticketFrom } from './audit-copy.ts';
import { judgesTicket } from './event.ts';
import type { AuditRow } from './audit-chain.ts';
import type { Instant } from './instant.ts';
import { toleranceFor } from './readiness.ts';
import { type AllowedTag, judgeTag, type TagPolicy } from './tags.ts';
import { type Action, type Ticket, ticketHash } from './ticket.ts';

/** A step with the limits that are configured for its tag now. */
export interface TicketStep {
  readonly action: Action;
  /** Null where the tag may not be written any more. */
  readonly allowed: AllowedTag | null;
  /** How far a value read back may be from the one written, in the tag's unit; null where that is not known. */
  readonly tolerance: number | null;
}

/** The ticket in force, as the audit has it: what an approval covers. */
export interface IssuedTicket {
  readonly ticket: Ticket;
  readonly hash: string;
  readonly issuedAt: Instant;
  /** The event that issued it. */
  readonly issuedBy: string;
  readonly steps: readonly TicketStep[];
}

/**
 * The ticket in force after these events, oldest first: the copy in the newest event that issues one, as it judges approvals and claimed
 * commands. Null where that has none that could have been issued.
 */
export function ticketAfter(events: readonly AuditRow[]): { readonly ticket: Ticket; readonly event: AuditRow } | null {
  const event = events.findLast(judgesTicket);
  const ticket = ticketFrom(event?.after);
  return event && ticket ? { ticket, event } : null;
}

export function issuedTicket(events: readonly AuditRow[], tags: TagPolicy, tolerancePercent: number): IssuedTicket | null {
  const found = ticketAfter(events);
  if (!found) return null;
  const { ticket, event } = found;
  const steps = ticket.actions.map((action) => {
    const verdict = judgeTag(action.tag, tags);
    const allowed = verdict.allowed ? verdict.tag : null;
    const tolerance = allowed === null || action.value === null ? null : toleranceFor(action, allowed, tolerancePercent);
    return { action, allowed, tolerance };
  });
  return { ticket, hash: ticketHash(ticket), issuedAt: event.at, issuedBy: event.event, steps };
}
