import { brokenSeals, type Command } from './command.ts';
import type { Instant } from './instant.ts';
import { isSatisfied, toleranceOf } from './readiness.ts';
import { type AllowedTag, judgeTag, judgeValue, type TagPolicy } from './tags.ts';
import type { Action, Ticket } from './ticket.ts';

/** The last word before a write. Codes go into `failure_code`, sentences into `execution_result`. */
export type DispatchVerdict =
  | { readonly kind: 'write'; readonly action: Action; readonly tag: AllowedTag }
  | { readonly kind: 'satisfied'; readonly live: number }
  | { readonly kind: 'refuse'; readonly code: string; readonly reason: string }
  /** Nothing is wrong with the command, but not now: it goes back to pending. */
  | { readonly kind: 'return'; readonly code: string; readonly reason: string };

export interface DispatchContext {
  readonly now: Instant;
  readonly ticket: Ticket | null;
  readonly tags: TagPolicy;
  /** The tag's live value; undefined when the plant did not give a good one. */
  readonly live: number | undefined;
  readonly tolerancePercent: number;
}

/** The action that a claimed command may carry out, or why it may not: the row against its sealed ticket. */
export function judgeSeal(command: Command, ticket: Ticket | null): { readonly action: Action } | { readonly broken: string } {
  if (!ticket) return { broken: 'no ticket is on record' };
  const broken = brokenSeals(command, ticket);
  const action = ticket.actions.find((candidate) => candidate.sequence === command.sequence);
  if (!action || broken.length > 0) return { broken: `differs from the approved ticket in ${broken.join(', ')}` };
  return { action };
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
  if (context.live === undefined)
    return { kind: 'return', code: 'not_readable', reason: `the live value of '${action.tag}' cannot be read` };
  if (isSatisfied(action, context.live, toleranceOf(tag.tag, context.tolerancePercent))) return { kind: 'satisfied', live: context.live };
  const value = judgeValue(tag.tag, action.value, action.direction, context.live);
  if (!value.allowed) return { kind: 'refuse', code: value.code, reason: value.reason };
  return { kind: 'write', action, tag: tag.tag };
}

/** Whether a value read back is the one that was written. */
export function isReadBack(action: Pick<Action, 'value'>, tag: AllowedTag, live: number, tolerancePercent: number): boolean {
  return Math.abs(live - action.value) <= toleranceOf(tag, tolerancePercent);
}
