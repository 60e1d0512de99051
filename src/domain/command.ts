import { commandIdOf } from './ids.ts';
import { type Instant, isoOf } from './instant.ts';
import { judgeSignature, type KeyRing, signatureOf, type SignatureVerdict } from './key-ring.ts';
import type { Severity } from './severity.ts';
import { type Action, canonicalJson, type Ticket, ticketHash } from './ticket.ts';
import type { CommandStatus } from './transitions.ts';

/** A row of agent_commands. `newValue` is text because the column is; `value_type` says how to read it. */
export interface Command {
  readonly commandId: string;
  readonly recommendationId: string | null;
  readonly equipmentId: string | null;
  readonly sequence: number | null;
  readonly tagPath: string | null;
  readonly newValue: string | null;
  readonly valueType: string | null;
  readonly unit: string | null;
  readonly direction: string | null;
  readonly oldValue: number | null;
  readonly readBackValue: number | null;
  readonly actionDescription: string | null;
  readonly severity: Severity | null;
  readonly status: CommandStatus;
  readonly createdTimestamp: Instant | null;
  readonly createdByAgent: string | null;
  readonly claimedBy: string | null;
  readonly claimedTimestamp: Instant | null;
  readonly startedTimestamp: Instant | null;
  readonly completedTimestamp: Instant | null;
  readonly executedTimestamp: Instant | null;
  readonly notAfter: Instant | null;
  readonly attempt: number | null;
  readonly failureCode: string | null;
  readonly executionResult: string | null;
  /** `id:hmac`, see signCommand; null where there was no key. */
  readonly signature: string | null;
}

/** The columns of a claim, for a command that is pending again because nothing of it was sent. */
export const UNCLAIMED = { status: 'pending', claimedBy: null, claimedTimestamp: null, notAfter: null } as const satisfies Partial<Command>;

/** The columns of a command that nobody has worked on yet. */
export const UNTOUCHED = {
  ...UNCLAIMED,
  readBackValue: null,
  startedTimestamp: null,
  completedTimestamp: null,
  executedTimestamp: null,
  attempt: 0,
  failureCode: null,
  executionResult: null,
} as const satisfies Partial<Command>;

/** What a command may differ in from its ticket: the judge of a claimed row. */
export type SealedColumns = Pick<
  Command,
  | 'commandId'
  | 'recommendationId'
  | 'equipmentId'
  | 'sequence'
  | 'tagPath'
  | 'newValue'
  | 'valueType'
  | 'unit'
  | 'direction'
  | 'oldValue'
  | 'severity'
>;

/** The sealed part of the command that one approved action becomes. The same ticket always gives the same row. */
export function sealedColumnsOf(ticket: Ticket, action: Action): SealedColumns {
  return {
    commandId: commandIdOf(ticket.recommendationId, action.sequence),
    recommendationId: ticket.recommendationId,
    equipmentId: ticket.equipmentId,
    sequence: action.sequence,
    tagPath: action.tag,
    newValue: action.value === null ? null : String(action.value),
    valueType: action.type,
    unit: action.unit,
    direction: action.direction,
    oldValue: action.old,
    severity: ticket.severity,
  };
}

/** The names of the columns in which a stored command differs from what the ticket says; empty when it is sealed. */
export function brokenSeals(command: Command, ticket: Ticket): readonly string[] {
  const action = ticket.actions.find((candidate) => candidate.sequence === command.sequence);
  if (!action) return ['sequence'];
  const expected = sealedColumnsOf(ticket, action);
  return Object.entries(expected)
    .filter(([column, value]) => command[column as keyof SealedColumns] !== value) // the keys are SealedColumns' own
    .map(([column]) => column);
}

/** What a command's signature is over: its sealed columns by their names in the table, and the hash of the approved ticket. */
function sealText(sealed: SealedColumns, ticket: Ticket): string {
  return canonicalJson({
    command_id: sealed.commandId,
    recommendation_id: sealed.recommendationId,
    equipment_id: sealed.equipmentId,
    sequence: sealed.sequence,
    tag_path: sealed.tagPath,
    new_value: sealed.newValue,
    value_type: sealed.valueType,
    unit: sealed.unit,
    direction: sealed.direction,
    old_value: sealed.oldValue,
    severity: sealed.severity,
    action_hash: ticketHash(ticket),
  });
}

/** The signature of a command that is made now; null without a key. */
export function signCommand(sealed: SealedColumns, ticket: Ticket, keys: KeyRing): string | null {
  return signatureOf(keys, sealText(sealed, ticket));
}

/** Whether the agent made this row of this ticket; without keys nothing is asked. */
export function judgeCommandSignature(command: Command, ticket: Ticket, keys: KeyRing): SignatureVerdict {
  return keys.length === 0 ? 'valid' : judgeSignature(keys, sealText(command, ticket), command.signature);
}

/** What a request to the plant is signed over, so that the plant can tell who sent it and until when it holds. */
export function writeText(write: {
  readonly commandId: string;
  readonly tag: string;
  readonly value: number;
  readonly notAfter: Instant;
}): string {
  return canonicalJson({ command_id: write.commandId, tag_path: write.tag, value: write.value, not_after: isoOf(write.notAfter) });
}
