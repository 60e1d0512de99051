import type { Direction, ValueType } from './rules.ts';

/** One entry of the allow list. `path` is absolute; `{id}` stands for one equipment id. */
export interface AllowedTag {
  readonly path: string;
  readonly min: number;
  readonly max: number;
  /** Largest change in one write, in the tag's unit. */
  readonly maxStep?: number;
  readonly type: ValueType;
  readonly unit: string;
  readonly direction: Direction;
}

export interface TagPolicy {
  readonly allow: readonly AllowedTag[];
  /** Patterns (`*` any run of characters) over a path's provider, its segments and any run of them; deny wins over allow. */
  readonly deny: readonly string[];
}

/** Always denied, whatever is listed: the agent is not a safety layer and must not reach one. */
export const ALWAYS_DENIED: readonly string[] = ['EmergencyStop', '*Safety*', '*SIS*', '*Interlock*'];

/** Ids that may become part of a tag path. Anything else never reaches one, so `../` cannot climb out of a folder. */
export const EQUIPMENT_ID = /^[A-Za-z0-9_-]{1,100}$/;

// No spaces at a name's ends: the plant may trim them, and 'EmergencyStop ' must not be another tag than the one that is denied.
const NAME = '[A-Za-z0-9_-](?:[A-Za-z0-9_ -]*[A-Za-z0-9_-])?';
const TAG_PATH = new RegExp(`^\\[[A-Za-z0-9_-]+\\](?:${NAME}/)*${NAME}$`);
const RESERVED_SEGMENT = /^_types_$/i;

/** True for an absolute `[provider]Folder/Tag` without relative, empty or reserved parts. */
export function isAbsoluteTagPath(path: string): boolean {
  return TAG_PATH.test(path) && !path.split(/[[\]/]/).some((segment) => RESERVED_SEGMENT.test(segment));
}

/** The path with the equipment's id in it. The caller has checked the id against EQUIPMENT_ID. */
export function tagFor(template: string, equipmentId: string): string {
  return template.replaceAll('{equipment_id}', () => equipmentId);
}

/**
 * Whether a whole text matches a pattern in which `*` is any run of characters; case does not matter. Each part is looked for once, from
 * left to right, so that no pattern takes longer than its length times the text's.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.toLowerCase().split('*');
  const subject = text.toLowerCase();
  const last = rest.pop();
  if (last === undefined) return subject === first;
  if (!subject.startsWith(first) || !subject.endsWith(last) || subject.length < first.length + last.length) return false;
  let from = first.length;
  const end = subject.length - last.length;
  for (const part of rest) {
    const found = subject.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}

function isDenied(path: string, deny: readonly string[]): boolean {
  const [provider = '', rest = ''] = path.slice(1).split(']');
  const names = rest.split('/');
  const runs = names.flatMap((_name, first) => names.slice(first).map((_last, count) => names.slice(first, first + count + 1).join('/')));
  return deny.some((pattern) => [path, provider, ...runs].some((part) => matchesPattern(pattern, part)));
}

/** Every `{id}` of one entry is the same equipment. */
function matchesAllowed(path: string, allowed: AllowedTag): boolean {
  const [before = '', after] = allowed.path.split('{id}');
  if (after === undefined) return path === allowed.path;
  const [id] = /^[A-Za-z0-9_-]*/.exec(path.slice(before.length)) ?? [];
  const candidates = id === undefined ? [] : Array.from(id, (_letter, index) => id.slice(0, index + 1));
  return candidates.some((candidate) => EQUIPMENT_ID.test(candidate) && allowed.path.replaceAll('{id}', candidate) === path);
}

export type TagVerdict =
  | { readonly allowed: true; readonly tag: AllowedTag }
  | { readonly allowed: false; readonly code: 'tag_invalid' | 'tag_denied' | 'tag_not_allowed'; readonly reason: string };

/** Whether a tag may be written at all, and under which limits. Nothing is allowed unless it is listed. */
export function judgeTag(path: string, policy: TagPolicy): TagVerdict {
  if (!isAbsoluteTagPath(path))
    return { allowed: false, code: 'tag_invalid', reason: `tag path '${path}' is not an absolute [provider]Folder/Tag` };
  if (isDenied(path, [...ALWAYS_DENIED, ...policy.deny]))
    return { allowed: false, code: 'tag_denied', reason: `tag '${path}' is on the deny list` };
  const tag = policy.allow.find((allowed) => matchesAllowed(path, allowed));
  return tag ? { allowed: true, tag } : { allowed: false, code: 'tag_not_allowed', reason: `tag '${path}' is not on the allow list` };
}

export type ValueVerdict =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      readonly code: 'out_of_limits' | 'step_too_large' | 'wrong_direction' | 'wrong_type';
      readonly reason: string;
    };

/** Of the greater of the two ends of a step: twice what rounding a target to 15 digits may cost. */
const STEP_TOLERANCE = 1e-14;

/** From 33.3 to 33.4 is 0.1000000000000014 in doubles, and a step of 0.1 to whoever allowed one. */
function isWithinStep(maxStep: number, target: number, live: number): boolean {
  return Math.abs(target - live) - maxStep <= STEP_TOLERANCE * Math.max(Math.abs(target), Math.abs(live));
}

function isOfType(type: ValueType, value: number): boolean {
  if (type === 'boolean') return value === 0 || value === 1;
  return type === 'integer' ? Number.isInteger(value) : Number.isFinite(value);
}

/**
 * Whether `target` may be written to an allowed tag whose live value is `live` (undefined: not known, for
 * configuration checks). The reason names the tag by its entry's `path`: whoever judges one equipment gives its own. Outside a limit is refused, never clamped. Limits are exact; a step may be longer by the noise of its digits.
 */
export function judgeValue(tag: AllowedTag, target: number, direction: Direction, live?: number): ValueVerdict {
  if (!isOfType(tag.type, target))
    return { allowed: false, code: 'wrong_type', reason: `${target} is not a ${tag.type} for '${tag.path}'` };
  if (target < tag.min || target > tag.max)
    return { allowed: false, code: 'out_of_limits', reason: `${target} is outside ${tag.min} to ${tag.max} of '${tag.path}'` };
  if (tag.direction !== 'any' && direction !== tag.direction)
    return { allowed: false, code: 'wrong_direction', reason: `'${tag.path}' may only ${tag.direction}` };
  if (live === undefined) return { allowed: true };
  if (tag.maxStep !== undefined && !isWithinStep(tag.maxStep, target, live))
    return { allowed: false, code: 'step_too_large', reason: `the step from ${live} to ${target} is larger than ${tag.maxStep}` };
  if ((direction === 'decrease' && target > live) || (direction === 'increase' && target < live))
    return { allowed: false, code: 'wrong_direction', reason: `${live} to ${target} is no ${direction}` };
  return { allowed: true };
}
