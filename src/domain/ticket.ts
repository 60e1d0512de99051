import { createHash } from 'node:crypto';
import type { Direction, ValueType } from './rules.ts';
import type { Severity } from './severity.ts';

/** One step that an operator approves: this tag, from `old` to `value`, in this direction. */
export interface Action {
  readonly sequence: number;
  readonly tag: string;
  readonly value: number;
  readonly type: ValueType;
  readonly unit: string;
  readonly direction: Direction;
  /** The live value when the action was recommended; null where the plant could not be read. */
  readonly old: number | null;
}

/** Exactly what an approval covers. Its hash is what the operator's decision is bound to. */
export interface Ticket {
  readonly recommendationId: string;
  readonly equipmentId: string;
  readonly severity: Severity;
  readonly ruleId: string;
  readonly actions: readonly Action[];
}

/** JSON with sorted keys and no white space, so that equal tickets have equal bytes. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** SHA-256 of the canonical JSON, hex. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** As it is hashed and kept in the audit: the tables' spelling, not the code's own object. */
export function ticketRecord(ticket: Ticket): Readonly<Record<string, unknown>> {
  return {
    recommendation_id: ticket.recommendationId,
    equipment_id: ticket.equipmentId,
    severity: ticket.severity,
    rule_id: ticket.ruleId,
    actions: ticket.actions,
  };
}

export function ticketHash(ticket: Ticket): string {
  return hashOf(ticketRecord(ticket));
}

/** Whether the stored actions and hash still are the ticket's: an edit of either shows. */
export function isUnedited(ticket: Ticket, stored: { readonly actions: unknown; readonly actionHash: string | null }): boolean {
  return stored.actionHash === ticketHash(ticket) && canonicalJson(stored.actions) === canonicalJson(ticket.actions);
}
