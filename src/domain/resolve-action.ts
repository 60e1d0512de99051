import { assertNever } from './errors.ts';
import type { ActionTemplate, Direction, RelativeTarget } from './rules.ts';
import { type AllowedTag, judgeTag, judgeValue, tagFor, type TagPolicy } from './tags.ts';
import type { Action, Refusal, ResolvedAction } from './ticket.ts';

/** Decimal digits that a double surely keeps: beyond them 258.4 % of 125 is 322.99999999999994. */
const SAFE_DIGITS = 15;

/** Where a relative target leads from `old`, before the tag's type is looked at. */
function aimOf(target: RelativeTarget, old: number): number {
  switch (target.kind) {
    case 'percentOfCurrent':
      return Number(((old * target.percent) / 100).toPrecision(SAFE_DIGITS));
    case 'delta':
      return Number((old + target.by).toPrecision(SAFE_DIGITS));
    default:
      return assertNever(target, 'kind of target');
  }
}

/** For reasons and for operators. The unit is left out: '10 % less' of a tag in % could be read both ways. */
export function describeTarget(target: RelativeTarget): string {
  if (target.kind === 'percentOfCurrent') return `${target.percent} % of the live value`;
  return `${target.by < 0 ? '-' : '+'}${Math.abs(target.by)} from the live value`;
}

/**
 * The way in which a step may move its tag. A relative step keeps the way in which it was resolved also where its rule allows both: once
 * the plant is beyond the value, writing it would undo what was asked for.
 */
export function wayOf(action: Pick<ResolvedAction, 'value' | 'old' | 'direction' | 'target'>): Direction {
  const { value, old, direction, target } = action;
  if (direction !== 'any' || target === undefined || old === null || value === old) return direction;
  return value < old ? 'decrease' : 'increase';
}

/** What a step keeps from its rule, whatever the plant says. */
type StepTemplate = Omit<ResolvedAction, 'value' | 'old'>;

/** Rounded towards the live value, so that a whole number never goes further than was asked. */
function wholeTowards(old: number, aim: number): number {
  if (aim === old) return aim;
  return (aim < old ? Math.ceil(aim) : Math.floor(aim)) + 0; // no -0: it has no JSON
}

/** The value of a relative step, or why there is none: outside its limits, or another way than its rule says. */
function valueFrom(step: StepTemplate, target: RelativeTarget, old: number, tags: TagPolicy): number | Refusal {
  const verdict = judgeTag(step.tag, tags);
  if (!verdict.allowed) return verdict;
  const types = [step.type, verdict.tag.type];
  if (types.includes('boolean')) return { code: 'wrong_type', reason: `'${step.tag}' is a boolean, which can only be set` };
  const aim = aimOf(target, old);
  const value = types.includes('integer') ? wholeTowards(old, aim) : aim;
  const asked = wayOf({ ...step, target, value: aim, old });
  return refusalOf({ ...verdict.tag, path: step.tag }, value, asked, old) ?? value;
}

function refusalOf(tag: AllowedTag, value: number, direction: Direction, old: number): Refusal | undefined {
  const verdict = judgeValue(tag, value, direction, old);
  return verdict.allowed ? undefined : { code: verdict.code, reason: verdict.reason };
}

function resolved(step: StepTemplate, target: RelativeTarget, live: number | undefined, tags: TagPolicy): Action {
  const { sequence, tag, type, unit, direction, permissives } = step;
  const value = live === undefined ? null : valueFrom(step, target, live, tags);
  const rest = { type, unit, direction, old: live ?? null, target, ...(permissives && { permissives }) };
  if (typeof value === 'number') return { sequence, tag, value, ...rest };
  return { sequence, tag, value: null, ...rest, ...(value && { refusal: { code: value.code, reason: value.reason } }) };
}

/** One action of a rule for one equipment, from the tag's live value; without a value where that could not be read. */
export function resolveAction(
  template: ActionTemplate,
  sequence: number,
  equipmentId: string,
  live: (tag: string) => number | undefined,
  tags: TagPolicy,
): Action {
  const { type, unit, direction, target } = template;
  const tag = tagFor(template.tag, equipmentId);
  const permissives = template.permissives.map((permissive) => ({ ...permissive, tag: tagFor(permissive.tag, equipmentId) }));
  const wanted = permissives.length === 0 ? {} : { permissives };
  if (target.kind === 'set') return { sequence, tag, value: target.value, type, unit, direction, old: live(tag) ?? null, ...wanted };
  return resolved({ sequence, tag, type, unit, direction, ...wanted }, target, live(tag), tags);
}

/** The same step from today's live value: a relative target is resolved anew, a value that was set stays. */
export function resolveAgain(action: Action, live: number | undefined, tags: TagPolicy): Action {
  if (action.target === undefined) return { ...action, old: live ?? action.old };
  return live === undefined ? action : resolved(action, action.target, live, tags);
}
