import { brokenSeals, type Command } from './command.ts';
import type { Instant } from './instant.ts';
import { permissiveTags, unmetPermissive } from './permissives.ts';
import type { LiveValues } from './proposal.ts';
import { hasDrifted, isSatisfied, toleranceFor } from './readiness.ts';
import { wayOf } from './resolve-action.ts';
import { type AllowedTag, judgeTag, judgeValue, type TagPolicy } from './tags.ts';
import type { ResolvedAction, Ticket } from './ticket.ts';

/** The last word before a write. Codes go into `failure_code`, sentences into `execution_result`. */
export type DispatchVerdict =
  | { readonly kind: 'write'; readonly action: ResolvedAction; readonly tag: AllowedTag }
  | { readonly kind: 'satisfied'; readonly live: number }
  | { readonly kind: 'refuse'; readonly code: string; readonly reason: string }
  /** Nothing is wrong with the command, but not now: it goes back to pending. */
  | { readonly kind: 'return'; readonly code: string; readonly reason: string };

export interface DispatchContext {
  readonly now: Instant;
  readonly ticket: Ticket | null;
  readonly tags: TagPolicy;
  /** Good live values, of the command's tag and of those that its permissives look at, from one read. */
  readonly live: LiveValues;
  readonly driftPercent: number;
  readonly tolerancePercent: number;
}

/** The action that a claimed command may carry out, or why it may not: the row against its sealed ticket. */
export function judgeSeal(command: Command, ticket: Ticket | null): { readonly action: ResolvedAction } | { readonly broken: string } {
  if (!ticket) return { broken: 'no ticket is on record' };
  const broken = brokenSeals(command, ticket);
  const action = ticket.actions.find((candidate) => candidate.sequence === command.sequence);
  if (!action || broken.length > 0) return { broken: `differs from the approved ticket in ${broken.join(', ')}` };
  if (action.value === null) return { broken: 'has no value that anybody could have approved' };
  return { action };
}

/** What must be read at the last moment before a command is sent: its own tag, and what has to permit it. */
export function tagsToCheck(command: Command, ticket: Ticket | null): readonly string[] {
  const seal = judgeSeal(command, ticket);
  return 'broken' in seal ? [command.tagPath ?? ''] : [...new Set([seal.action.tag, ...permissiveTags(seal.action)])];
}

/** Judges one claimed command against its ticket, the limits and the plant's live value. Pure. */
export function checkDispatch(command: Command, context: DispatchContext): DispatchVerdict {
  const seal = judgeSeal(command, context.ticket);
  if ('broken' in seal) return { kind: 'refuse', code: 'ticket_mismatch', reason: `the command ${seal.broken}` };
  if (command.notAfter === null || context.now > command.notAfter)
    return { kind: 'return', code: 'too_late', reason: 'the time in which it may be sent has passed' };
  const { action } = seal;
  const tag = judgeTag(action.tag, context.tags);
  if (!tag.allowed) return { kind: 'refuse', code: tag.code, reason: tag.reason };
  const live = context.live.get(action.tag);
  if (live === undefined) return { kind: 'return', code: 'not_readable', reason: `the live value of '${action.tag}' cannot be read` };
  const direction = wayOf(action);
  const tolerance = toleranceFor(action, tag.tag, context.tolerancePercent);
  if (isSatisfied({ value: action.value, direction }, live, tolerance)) return { kind: 'satisfied', live };
  const value = judgeValue(tag.tag, action.value, direction, live);
  if (!value.allowed) return { kind: 'refuse', code: value.code, reason: value.reason };
  // A command that was given back may be sent much later. A value that was made from another live value is then not what was asked for.
  if (action.target && hasDrifted(action.old, live, tag.tag, context.driftPercent))
    return { kind: 'refuse', code: 'drifted', reason: `'${action.tag}' moved from ${action.old} to ${live} since it was approved` };
  const unmet = unmetPermissive(action, context.live);
  return unmet ? { kind: 'return', ...unmet } : { kind: 'write', action, tag: tag.tag };
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
