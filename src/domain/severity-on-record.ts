import type { Recommendation } from './recommendation.ts';
import { isWorse, type Severity } from './severity.ts';
import { type Ticket, ticketHash } from './ticket.ts';

/**
 * How bad an ended recommendation was, which its hold and late readings are compared with. Nobody puts an ended row back, so the audit's
 * copy of its ticket says it, whatever the row says by now. A copy that the row's hash does not seal may be of an escalation that was
 * announced and not stored: then the milder of the two counts, for the operators have not seen the worse one.
 */
export function severityOnRecord(row: Pick<Recommendation, 'severity' | 'actionHash'>, ticket: Ticket | null): Severity {
  // Hashing is for the few rows that somebody edited: thousands are read.
  if (!ticket || ticket.severity === row.severity) return row.severity;
  const isSealed = row.actionHash === ticketHash(ticket);
  return !isSealed && isWorse(ticket.severity, row.severity) ? row.severity : ticket.severity;
}
