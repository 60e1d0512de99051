import { isMet } from '../domain/permissives.ts';
import type { ActionTemplate, Permissive } from '../domain/rules.ts';
import { type AllowedTag, isAbsoluteTagPath, judgeValue, tagFor } from '../domain/tags.ts';
import { SOME_EQUIPMENT } from './action-ids.ts';

/** What arithmetic may cost before a step is called too large. */
const ROUNDING = 1e-9;

/** What is wrong with which key of an action. */
export interface Finding {
  readonly key: string;
  readonly text: string;
}

export function notAbsolute(tag: string): string {
  const hint = tag.includes('{id}') ? "; a rule writes the equipment's id as {equipment_id}" : '';
  return `is not an absolute [provider]Folder/Tag${hint}`;
}

/** What no live value makes right. */
export function targetFinding({ target, type, direction }: ActionTemplate): Finding | undefined {
  switch (target.kind) {
    case 'set':
      return setFinding(type, target.value);
    case 'percentOfCurrent':
      return percentFinding(type, direction, target.percent);
    case 'delta':
      return deltaFinding(type, direction, target.by);
  }
}

function setFinding(type: ActionTemplate['type'], value: number): Finding | undefined {
  if (type === 'boolean' && value !== 0 && value !== 1) return { key: 'set', text: `must be 0 or 1 for a boolean, is ${value}` };
  if (type === 'integer' && !Number.isInteger(value)) return { key: 'set', text: `must be a whole number for an integer, is ${value}` };
  return undefined;
}

function percentFinding(type: ActionTemplate['type'], direction: ActionTemplate['direction'], percent: number): Finding | undefined {
  const key = 'percentOfCurrent';
  if (type === 'boolean') return { key, text: 'is for numbers; a boolean is set' };
  if (percent < 0) return { key, text: `must be at least 0, is ${percent}` };
  if (percent === 100) return { key, text: '100 would change nothing' };
  const moves = percent > 100 ? 'increase' : 'decrease';
  if (direction !== 'any' && direction !== moves) return { key, text: `${percent} would ${moves}, but its direction is ${direction}` };
  return undefined;
}

function deltaFinding(type: ActionTemplate['type'], direction: ActionTemplate['direction'], by: number): Finding | undefined {
  const key = 'delta';
  if (type === 'boolean') return { key, text: 'is for numbers; a boolean is set' };
  if (by === 0) return { key, text: '0 would change nothing' };
  if (type === 'integer' && !Number.isInteger(by)) return { key, text: `must be a whole number for an integer, is ${by}` };
  const moves = by > 0 ? 'increase' : 'decrease';
  if (direction !== 'any' && direction !== moves) return { key, text: `${by} would ${moves}, but its direction is ${direction}` };
  return undefined;
}

/** A permissive's tag is only read, so it need not be listed; but there must be a path to read, and a value that all of them allow. */
export function permissiveFinding({ permissives }: ActionTemplate): Finding | undefined {
  const { tag } = permissives.find((permissive) => !isAbsoluteTagPath(tagFor(permissive.tag, SOME_EQUIPMENT))) ?? {};
  if (tag !== undefined) return { key: 'permissives', text: `'${tag}' ${notAbsolute(tag)}` };
  const pairs = permissives.flatMap((one, index) => permissives.slice(index + 1).map((other) => [one, other] as const));
  const [one, other] = pairs.find((pair) => excludeEachOther(...pair)) ?? [];
  if (one === undefined || other === undefined) return undefined;
  const text = `'${one.tag}' cannot be ${wantedOf(one)} and ${wantedOf(other)} at once, so nothing could ever be written`;
  return { key: 'permissives', text };
}

function wantedOf({ comparison, value }: Permissive): string {
  return comparison === 'equals' ? String(value) : `${comparison} ${value}`;
}

/** Whether no value meets both. Two of one comparison leave some, but for two values that are to be equalled. */
function excludeEachOther(one: Permissive, other: Permissive): boolean {
  if (one.tag !== other.tag) return false;
  const all = [one, other];
  const equal = all.find(({ comparison }) => comparison === 'equals');
  if (equal !== undefined) return !all.every((permissive) => isMet(permissive, equal.value));
  const above = all.find(({ comparison }) => comparison === 'above');
  const below = all.find(({ comparison }) => comparison === 'below');
  return above !== undefined && below !== undefined && above.value >= below.value;
}

/** What the tag's entry of the list refuses, whatever the live value is. */
export function limitFinding(action: ActionTemplate, tag: AllowedTag): Finding | undefined {
  const { target, type, unit, direction } = action;
  const refused = target.kind === 'set' ? setRefusal(tag, target.value, direction) : moveRefusal(tag, action);
  if (refused) return refused;
  if (type !== tag.type) return { key: 'type', text: `is ${type}, but tags.allow says that '${tag.path}' is ${tag.type}` };
  if (unit === '' || unit === tag.unit) return undefined;
  return { key: 'unit', text: `is '${unit}', but tags.allow gives '${tag.path}' in '${tag.unit}'` };
}

function setRefusal(tag: AllowedTag, value: number, direction: ActionTemplate['direction']): Finding | undefined {
  const verdict = judgeValue(tag, value, direction);
  if (!verdict.allowed) return { key: verdict.code === 'wrong_direction' ? 'direction' : 'set', text: verdict.reason };
  const end = direction === 'decrease' ? tag.max : tag.min;
  // Only from beyond the tag's limits would this way lead there.
  if (direction === 'any' || value !== end) return undefined;
  const name = direction === 'decrease' ? 'greatest' : 'smallest';
  return { key: 'set', text: `${value} is the ${name} value of '${tag.path}', so no write would ${direction} to it` };
}

function moveRefusal(tag: AllowedTag, { target, direction }: ActionTemplate): Finding | undefined {
  if (tag.direction !== 'any' && direction !== tag.direction) return { key: 'direction', text: `'${tag.path}' may only ${tag.direction}` };
  switch (target.kind) {
    case 'set':
      return undefined;
    case 'percentOfCurrent':
      return percentRefusal(tag, target.percent, direction);
    case 'delta':
      return deltaRefusal(tag, target.by);
  }
}

function deltaRefusal(tag: AllowedTag, by: number): Finding | undefined {
  const size = Math.abs(by);
  const span = tag.max - tag.min;
  if (size > span) return { key: 'delta', text: `${by} is more than the whole range of '${tag.path}', ${tag.min} to ${tag.max}` };
  if (tag.maxStep === undefined || size <= tag.maxStep) return undefined;
  return { key: 'delta', text: `the step ${by} is larger than the ${tag.maxStep} that '${tag.path}' may move in one write` };
}

/**
 * A percentage leads to `value` from 100 · value / percent, whatever that is: its step is |value| · |1 − 100 / percent|, and down from
 * above 0 is up from below it.
 */
function percentRefusal(tag: AllowedTag, percent: number, direction: ActionTemplate['direction']): Finding | undefined {
  const key = 'percentOfCurrent';
  // 0 % is 0 from anywhere.
  if (percent === 0) return tag.min <= 0 && tag.max >= 0 ? undefined : { key, text: `0 would be 0, outside ${limitsOf(tag)}` };
  const way = percent > 100 ? 'increase' : 'decrease';
  const isAllowed = (each: 'increase' | 'decrease') => direction === 'any' || direction === each;
  // An integer is rounded towards the live value, by less than one.
  const rounding = tag.type === 'integer' ? 1 : 0;
  const least = [
    ...(tag.max >= 0 && isAllowed(way) ? [Math.max(tag.min - rounding, 0)] : []),
    ...(tag.min <= 0 && isAllowed(way === 'increase' ? 'decrease' : 'increase') ? [Math.max(-tag.max - rounding, 0)] : []),
  ];
  if (least.length === 0)
    return { key, text: `${percent} would not ${direction} anything within ${limitsOf(tag)}, where values are negative` };
  const step = Math.min(...least) * Math.abs(1 - 100 / percent) - rounding;
  if (tag.maxStep === undefined || step <= tag.maxStep * (1 + ROUNDING)) return undefined;
  return {
    key,
    text: `${percent} would be a step of at least ${Number(step.toPrecision(3))} to be within ${limitsOf(tag)}, which may move ${tag.maxStep} in one write`,
  };
}

function limitsOf({ path, min, max }: AllowedTag): string {
  return `${min} to ${max} of '${path}'`;
}
