import type { ConditionState } from './detection.ts';
import { assertNever } from './errors.ts';
import { invalidPermissive, permissiveTags, unmetPermissive } from './permissives.ts';
import { PRE_CHECKS } from './pre-checks.ts';
import type { LiveValues } from './live-values.ts';
import { resolveAgain, wayOf } from './resolve-action.ts';
import type { Direction } from './rules.ts';
import type { AllowedTag, TagPolicy } from './tags.ts';
import { judgeTag, judgeValue } from './tags.ts';
import type { Action, Refusal, ResolvedAction, Ticket, UnresolvedAction } from './ticket.ts';

/** What stands between an accepted approval and its commands. */
export type Readiness =
  | { readonly kind: 'ready' }
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'cancel'; readonly code: string; readonly reason: string }
  /** Back to the operator with the ticket as it is: a step of it cannot be carried out. */
  | { readonly kind: 'refuse'; readonly code: string; readonly reason: string }
  /** Back to the operator with another ticket. */
  | { readonly kind: 'renew'; readonly reason: string; readonly actions: readonly Action[] };

/** The plant is already where the action would bring it: at the value, or beyond it in the approved direction. */
export function isSatisfied(action: { readonly value: number; readonly direction: Direction }, live: number, tolerance: number): boolean {
  if (Math.abs(live - action.value) <= tolerance) return true;
  return (action.direction === 'decrease' && live <= action.value) || (action.direction === 'increase' && live >= action.value);
}

/** The tolerance of a read-back in the tag's unit: a percentage of its span. */
export function toleranceOf(tag: Pick<AllowedTag, 'min' | 'max'>, percent: number): number {
  return ((tag.max - tag.min) * percent) / 100;
}

/**
 * The tolerance about an action's value. Half of a relative step at most: within a wider one a small step would count as done before it is
 * begun, and as confirmed by a plant that never took it.
 */
export function toleranceFor(action: Pick<ResolvedAction, 'value' | 'old' | 'target'>, tag: AllowedTag, percent: number): number {
  const tolerance = toleranceOf(tag, percent);
  const step = action.target === undefined || action.old === null ? 0 : Math.abs(action.value - action.old);
  return step === 0 ? tolerance : Math.min(tolerance, step / 2);
}

/** Whether the live value is another one than the operator saw, by more than `driftPercent` of the tag's span. */
export function hasDrifted(old: number | null, live: number, tag: AllowedTag, driftPercent: number): old is number {
  return old !== null && Math.abs(live - old) > toleranceOf(tag, driftPercent);
}

/** Refusals that no waiting mends: tags and limits. Undefined when every action may be written at all. */
export function refusalOf(ticket: Ticket, tags: TagPolicy): Refusal | undefined {
  for (const action of ticket.actions) {
    const tag = judgeTag(action.tag, tags);
    if (!tag.allowed) return tag;
    const permissive = invalidPermissive(action);
    if (permissive) return permissive;
    if (action.value === null) continue;
    const value = judgeValue({ ...tag.tag, path: action.tag }, action.value, wayOf(action));
    if (!value.allowed) return value;
  }
  return undefined;
}

/** The tags whose live value must be known before the ticket's commands are made. */
export function tagsToRead(ticket: Ticket): readonly string[] {
  return ticket.actions.flatMap((action) => [action.tag, ...permissiveTags(action)]);
}

export interface ReadinessContext {
  readonly condition: ConditionState;
  readonly tags: TagPolicy;
  readonly live: LiveValues;
  /** Percent of the tag's span by which a live value may differ from what the operator saw. */
  readonly driftPercent: number;
  readonly tolerancePercent: number;
}

/** What one step needs; the first kind in this order that any step needs decides about the ticket. */
const STEP_KINDS = ['cancel', 'unreadable', 'renew', 'refuse', 'forbidden', 'ready'] as const;
interface StepVerdict {
  readonly kind: (typeof STEP_KINDS)[number];
  readonly code: string;
  readonly reason: string;
}

const READY: StepVerdict = { kind: 'ready', code: '', reason: '' };

/** A step without a value: the plant, where it now says another thing than it did, may give it one. */
function judgeUnresolved(action: UnresolvedAction, tag: AllowedTag, live: number, context: ReadinessContext): StepVerdict {
  const { refusal, old } = action;
  if (!refusal || old === null) return { kind: 'renew', code: '', reason: `'${action.tag}' can be read now and says ${live}` };
  if (hasDrifted(old, live, tag, context.driftPercent)) return moved(action.tag, old, live);
  if (resolveAgain(action, old, context.tags).value !== null)
    return { kind: 'renew', code: '', reason: `'${action.tag}' may be written now` };
  return { kind: 'refuse', ...refusal };
}

function moved(tag: string, old: number, live: number): StepVerdict {
  return { kind: 'renew', code: 'drifted', reason: `'${tag}' moved from ${old} to ${live}` };
}

function judgeResolved(action: ResolvedAction, tag: AllowedTag, live: number, context: ReadinessContext): StepVerdict {
  const direction = wayOf(action);
  // Nothing will be written, so nothing has to permit it.
  if (isSatisfied({ value: action.value, direction }, live, toleranceFor(action, tag, context.tolerancePercent))) return READY;
  if (hasDrifted(action.old, live, tag, context.driftPercent)) return moved(action.tag, action.old, live);
  const step = judgeValue({ ...tag, path: action.tag }, action.value, direction, live);
  // What a relative target leads to from today's value is another question, and the operator's to answer.
  if (!step.allowed) return { kind: action.target ? 'renew' : 'cancel', code: step.code, reason: step.reason };
  const unmet = unmetPermissive(action, context.live);
  return unmet ? { kind: 'forbidden', ...unmet } : READY;
}

function judgeStep(action: Action, context: ReadinessContext): StepVerdict {
  const verdict = judgeTag(action.tag, context.tags);
  if (!verdict.allowed) return { kind: 'cancel', code: verdict.code, reason: verdict.reason };
  const live = context.live.get(action.tag);
  if (live === undefined) return { kind: 'unreadable', code: 'not_readable', reason: `the live value of '${action.tag}' cannot be read` };
  return action.value === null ? judgeUnresolved(action, verdict.tag, live, context) : judgeResolved(action, verdict.tag, live, context);
}

/** Judges an accepted approval against the plant and the readings of this cycle. */
export function judgeReadiness(ticket: Ticket, context: ReadinessContext): Readiness {
  if (context.condition === 'cleared') return { kind: 'cancel', code: 'condition_cleared', reason: PRE_CHECKS.condition_cleared.says };
  if (context.condition === 'unknown') return { kind: 'wait', reason: PRE_CHECKS.condition_unknown.says };
  const refusal = refusalOf(ticket, context.tags);
  if (refusal) return { kind: 'cancel', code: refusal.code, reason: refusal.reason };
  const verdicts = ticket.actions.map((action) => judgeStep(action, context));
  const kind = STEP_KINDS.find((each) => verdicts.some((verdict) => verdict.kind === each)) ?? 'ready';
  const decisive = verdicts.filter((verdict) => verdict.kind === kind);
  const { code = '', reason = '' } = decisive[0] ?? {};
  switch (kind) {
    case 'ready':
      return { kind };
    case 'cancel':
    case 'refuse':
      return { kind, code, reason };
    case 'unreadable':
    case 'forbidden':
      return { kind: 'wait', reason };
    case 'renew': {
      const actions = ticket.actions.map((action) => resolveAgain(action, context.live.get(action.tag), context.tags));
      return { kind, reason: decisive.map((verdict) => verdict.reason).join('; '), actions };
    }
    default:
      return assertNever(kind, 'need of a step');
  }
}
