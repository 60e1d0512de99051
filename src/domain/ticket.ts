import { createHash } from 'node:crypto';
import type { Direction, Permissive, RelativeTarget, ValueType } from './rules.ts';
import type { Severity } from './severity.ts';

/** Why a step cannot be carried out as asked: a code for events, a sentence for the operator. */
export interface Refusal {
  readonly code: string;
  readonly reason: string;
}

interface ActionStep {
  readonly sequence: number;
  readonly tag: string;
  readonly type: ValueType;
  readonly unit: string;
  readonly direction: Direction;
  /** The live value when the action was recommended; null where the plant could not be read. */
  readonly old: number | null;
  /** What `value` was made from. Absent where the rule says the value itself: such a ticket has the bytes that it always had. */
  readonly target?: RelativeTarget;
  /** What other tags must say before anything is written. Absent where the rule asks for nothing. */
  readonly permissives?: readonly Permissive[];
}

/** One step that an operator approves: this tag, from `old` to `value`, in this direction. */
export interface ResolvedAction extends ActionStep {
  readonly value: number;
}

/**
 * A step that has no value to write: the live value could not be read, or what it leads to was refused. An approval of it
 * dispatches nothing.
 */
export interface UnresolvedAction extends ActionStep {
  readonly value: null;
  readonly target: RelativeTarget;
  /** Absent where the live value was missing. */
  readonly refusal?: Refusal;
}

export type Action = ResolvedAction | UnresolvedAction;

export const TURNS = ['back', 'forth'] as const;
export type Turn = (typeof TURNS)[number];

/** The most steps that a ticket can have. */
export const MOST_ACTIONS = 20;

/** Exactly what an approval covers. Its hash is what the operator's decision is bound to. */
export interface Ticket {
  readonly recommendationId: string;
  readonly equipmentId: string;
  readonly severity: Severity;
  readonly ruleId: string;
  readonly actions: readonly Action[];
  /** Present where two people must agree, whatever the policy says: then they seal that as well. */
  readonly fourEyes?: true;
  /** `back`: it undoes what an earlier recommendation wrote. `forth`: it acts again, after a ticket of the same recommendation went back. */
  readonly turn?: Turn;
  /** What its row must be judged by. Follows from the rule, so that it is not hashed; absent in copies that are older than this field. */
  readonly issueFamily?: string;
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
    ...(ticket.fourEyes && { four_eyes: true }),
    ...(ticket.turn && { turn: ticket.turn }),
  };
}

export function ticketHash(ticket: Ticket): string {
  return hashOf(ticketRecord(ticket));
}

/** Whether the stored actions and hash still are the ticket's: an edit of either shows. */
export function isUnedited(ticket: Ticket, stored: { readonly actions: unknown; readonly actionHash: string | null }): boolean {
  return stored.actionHash === ticketHash(ticket) && canonicalJson(stored.actions) === canonicalJson(ticket.actions);
}
