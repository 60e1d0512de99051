import type { ConditionState } from './detection.ts';
import type { LiveValues } from './proposal.ts';
import type { AllowedTag, TagPolicy } from './tags.ts';
import { judgeTag, judgeValue } from './tags.ts';
import type { Action, Ticket } from './ticket.ts';

/** What stands between an accepted approval and its commands. */
export type Readiness =
  | { readonly kind: 'ready' }
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'cancel'; readonly code: string; readonly reason: string }
  | { readonly kind: 'renew'; readonly reason: string; readonly actions: readonly Action[] };

/** The plant is already where the action would bring it: at the value, or beyond it in the approved direction. */
export function isSatisfied(action: Pick<Action, 'value' | 'direction'>, live: number, tolerance: number): boolean {
  if (Math.abs(live - action.value) <= tolerance) return true;
  return (action.direction === 'decrease' && live <= action.value) || (action.direction === 'increase' && live >= action.value);
}

/** The tolerance of a read-back in the tag's unit: a percentage of its span. */
export function toleranceOf(tag: Pick<AllowedTag, 'min' | 'max'>, percent: number): number {
  return ((tag.max - tag.min) * percent) / 100;
}

/** Refusals that no waiting mends: tags and limits. Undefined when every action may be written at all. */
export function refusalOf(ticket: Ticket, tags: TagPolicy): { readonly code: string; readonly reason: string } | undefined {
  for (const action of ticket.actions) {
    const tag = judgeTag(action.tag, tags);
    if (!tag.allowed) return tag;
    const value = judgeValue(tag.tag, action.value, action.direction);
    if (!value.allowed) return value;
  }
  return undefined;
}

/** The tags whose live value must be known before the ticket's commands are made. */
export function tagsToRead(ticket: Ticket): readonly string[] {
  return ticket.actions.map((action) => action.tag);
}

export interface ReadinessContext {
  readonly condition: ConditionState;
  readonly tags: TagPolicy;
  readonly live: LiveValues;
  /** Percent of the tag's span by which a live value may differ from what the operator saw. */
  readonly driftPercent: number;
  readonly tolerancePercent: number;
}

/** Judges an accepted approval against the plant and the readings of this cycle. */
export function judgeReadiness(ticket: Ticket, context: ReadinessContext): Readiness {
  if (context.condition === 'cleared')
    return { kind: 'cancel', code: 'condition_cleared', reason: 'the condition cleared before the action was taken' };
  if (context.condition === 'unknown') return { kind: 'wait', reason: 'no fresh reading shows that the condition holds' };
  const refusal = refusalOf(ticket, context.tags);
  if (refusal) return { kind: 'cancel', ...refusal };
  const drifted: string[] = [];
  for (const action of ticket.actions) {
    const verdict = judgeTag(action.tag, context.tags);
    const live = context.live.get(action.tag);
    if (live === undefined) return { kind: 'wait', reason: `the live value of '${action.tag}' cannot be read` };
    if (!verdict.allowed || isSatisfied(action, live, toleranceOf(verdict.tag, context.tolerancePercent))) continue;
    if (action.old !== null && Math.abs(live - action.old) > toleranceOf(verdict.tag, context.driftPercent))
      drifted.push(`'${action.tag}' moved from ${action.old} to ${live}`);
    else {
      const step = judgeValue(verdict.tag, action.value, action.direction, live);
      if (!step.allowed) return { kind: 'cancel', code: step.code, reason: step.reason };
    }
  }
  if (drifted.length === 0) return { kind: 'ready' };
  const actions = ticket.actions.map((action) => ({ ...action, old: context.live.get(action.tag) ?? action.old }));
  return { kind: 'renew', reason: drifted.join('; '), actions };
}
