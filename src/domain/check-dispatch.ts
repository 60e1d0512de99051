import { brokenSeals, type Command, judgeCommandSignature } from './command.ts';
import { type Control, controlOn, describeControl } from './control.ts';
import type { ConditionState } from './detection.ts';
import { type Instant, isoOf } from './instant.ts';
import type { KeyRing } from './key-ring.ts';
import { permissiveTags, unmetPermissive } from './permissives.ts';
import { PRE_CHECKS, type Stop, stop } from './pre-checks.ts';
import type { LiveValues } from './live-values.ts';
import { hasDrifted, isSatisfied, toleranceFor } from './readiness.ts';
import { wayOf } from './resolve-action.ts';
import { type AllowedTag, judgeTag, judgeValue, type TagPolicy } from './tags.ts';
import { type ResolvedAction, type Ticket, ticketHash } from './ticket.ts';

/** The last word before a write. Codes go into `failure_code`, sentences into `execution_result`; PRE_CHECKS has them all. */
export type DispatchVerdict =
  | { readonly kind: 'write'; readonly action: ResolvedAction; readonly tag: AllowedTag }
  | { readonly kind: 'satisfied'; readonly live: number }
  | Stop;

/** What is known of a claimed command and of the world before the plant is asked. */
export interface SendingContext {
  readonly now: Instant;
  readonly ticket: Ticket | null;
  readonly keys: KeyRing;
  /** Null where no accepted approval is on record. */
  readonly approvalEnds: Instant | null;
  /** The hash of the ticket that was approved, as the approval on record has it. */
  readonly approvedHash: string | null;
  readonly isStopping: boolean;
  readonly leaseRunsOut: boolean;
  readonly controls: readonly Control[];
  readonly condition: ConditionState;
  /** The commands before it in its sequence. */
  readonly earlier: readonly Command[];
  /** Whether another recommendation has a command for the equipment under way. */
  readonly isEquipmentBusy: boolean;
  /** How many writes the limit of a minute still allows, and what the limit is. */
  readonly writesLeft: number;
  readonly maxWritesPerMinute: number;
  readonly tags: TagPolicy;
}

export interface DispatchContext extends SendingContext {
  /** Good live values, of the command's tag and of those that its permissives look at, from one read. */
  readonly live: LiveValues;
  readonly driftPercent: number;
  readonly tolerancePercent: number;
}

type Seal =
  | { readonly action: ResolvedAction; readonly ticket: Ticket }
  | { readonly broken: string; readonly code: 'ticket_mismatch' | 'signature_invalid' };

/** The action that a claimed command may carry out, or why it may not: the row against its sealed ticket, and its signature. */
export function judgeSeal(command: Command, ticket: Ticket | null, keys: KeyRing): Seal {
  const code = 'ticket_mismatch';
  if (!ticket) return { code, broken: 'has no ticket on record' };
  const broken = brokenSeals(command, ticket);
  const action = ticket.actions.find((candidate) => candidate.sequence === command.sequence);
  if (!action || broken.length > 0) return { code, broken: `differs from the approved ticket in ${broken.join(', ')}` };
  if (action.value === null) return { code, broken: 'has no value that anybody could have approved' };
  const signature = judgeCommandSignature(command, ticket, keys);
  if (signature !== 'valid') return { code: 'signature_invalid', broken: `bears no valid signature (${signature.replace('_', ' ')})` };
  return { action, ticket };
}

/** What must be read at the last moment before a command is sent: its own tag, and what has to permit it. */
export function tagsToCheck(action: ResolvedAction): readonly string[] {
  return [...new Set([action.tag, ...permissiveTags(action)])];
}

/** A command that may be sent as far as that can be known without the plant. */
interface Sendable {
  readonly kind: 'sendable';
  readonly action: ResolvedAction;
  readonly tag: AllowedTag;
}

/** Judges a claimed command before the plant is asked for anything. Pure. */
export function checkBeforeReading(command: Command, context: SendingContext): Sendable | Stop {
  const seal = judgeSeal(command, context.ticket, context.keys);
  if ('broken' in seal) return stop(seal.code, `the command ${seal.broken}`);
  if (context.approvalEnds !== null && context.approvedHash !== ticketHash(seal.ticket)) return stop('other_ticket');
  const hold = timeHold(command, context) ?? orderHold(command, context) ?? sequenceHold(command, context);
  if (hold) return hold;
  const verdict = judgeTag(seal.action.tag, context.tags);
  if (!verdict.allowed) return stop(verdict.code, verdict.reason);
  return { kind: 'sendable', action: seal.action, tag: verdict.tag };
}

function timeHold({ notAfter }: Command, { now, approvalEnds, isStopping, leaseRunsOut }: SendingContext): Stop | undefined {
  if (approvalEnds === null || now >= approvalEnds)
    return stop('approval_expired', `the approval ended${approvalEnds === null ? '' : ` at ${isoOf(approvalEnds)}`}`);
  if (notAfter === null || now > notAfter) return stop('too_late');
  if (isStopping) return stop('stopping');
  return leaseRunsOut ? stop('lease_ends') : undefined;
}

function orderHold({ equipmentId }: Command, { controls, condition, now }: SendingContext): Stop | undefined {
  const control = controlOn(controls, ['advisory', 'out_of_service', 'shelved'], equipmentId ?? '', now);
  if (control) return stop('control', describeControl(control));
  if (condition === 'cleared') return stop('condition_cleared');
  return condition === 'unknown' ? stop('condition_unknown') : undefined;
}

function sequenceHold({ equipmentId }: Command, context: SendingContext): Stop | undefined {
  if (context.earlier.some(({ status }) => status !== 'executed')) return stop('sequence_waits');
  if (context.isEquipmentBusy) return stop('equipment_busy', `another command for ${equipmentId ?? '?'} is under way`);
  return context.writesLeft <= 0 ? stop('rate_limit', rateLimitText(context.maxWritesPerMinute)) : undefined;
}

/** The table's sentence, with what the limit is. */
export function rateLimitText(maxWritesPerMinute: number): string {
  return PRE_CHECKS.rate_limit.says.replace('…', String(maxWritesPerMinute));
}

/** Judges one claimed command against its ticket, the limits and the plant's live value: all of it again, however long the plant took. Pure. */
export function checkDispatch(command: Command, context: DispatchContext): DispatchVerdict {
  const before = checkBeforeReading(command, context);
  if (before.kind !== 'sendable') return before;
  const { action, tag } = before;
  const live = context.live.get(action.tag);
  if (live === undefined) return stop('not_readable', `the live value of '${action.tag}' cannot be read`);
  const direction = wayOf(action);
  const tolerance = toleranceFor(action, tag, context.tolerancePercent);
  if (isSatisfied({ value: action.value, direction }, live, tolerance)) return { kind: 'satisfied', live };
  const value = judgeValue({ ...tag, path: action.tag }, action.value, direction, live);
  if (!value.allowed) return stop(value.code, value.reason);
  // A command that was given back may be sent much later. A value that was made from another live value is then not what was asked for.
  if (action.target && hasDrifted(action.old, live, tag, context.driftPercent))
    return stop('drifted', `'${action.tag}' moved from ${action.old} to ${live} since it was approved`);
  const unmet = unmetPermissive(action, context.live);
  return unmet ? stop(unmet.code, unmet.reason) : { kind: 'write', action, tag };
}

/** Whether a value read back is the one that was written. */
export function isReadBack(
  action: Pick<ResolvedAction, 'value' | 'old' | 'target'>,
  tag: AllowedTag,
  live: number,
  tolerancePercent: number,
): boolean {
  return Math.abs(live - action.value) <= toleranceFor(action, tag, tolerancePercent);
}
