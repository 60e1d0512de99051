import { DEFAULT_TEMPERATURE_BANDS } from '../domain/default-rules.ts';
import type { ActionTemplate } from '../domain/rules.ts';
import { type AllowedTag, EQUIPMENT_ID, isAbsoluteTagPath, judgeTag, judgeValue, tagFor, type TagPolicy } from '../domain/tags.ts';
import type { Path } from './paths.ts';
import type { Problem } from './problems.ts';
import { actionOf } from './rule-input.ts';
import type { ActionInput, Config } from './schema.ts';

interface PlacedAction {
  /** `rule 'x'` or `cause 'x'`. */
  readonly owner: string;
  readonly action: ActionTemplate;
  /** Undefined for a built-in rule: the file has no place for it. */
  readonly path: Path | undefined;
}

/** What is wrong with which key of an action. */
interface Finding {
  readonly key: string;
  readonly text: string;
}

/** Stands for any id when a path is judged; an id that no pattern would name on purpose. */
export const SOME_EQUIPMENT = 'X';

/**
 * What the plant's side would refuse whatever the operator decides: better said at the start than after an
 * approval. A tag that is not listed is a problem only where the list is the user's own: with the empty list of a
 * plant that is only watched, the built-in rules recommend and write nothing.
 */
export function actionProblems(config: Config, tags: TagPolicy): Problem[] {
  const lists = actionsOf(config);
  return [
    ...lists.flat().flatMap((placed) => problemsOf(placed, tags, config.tags.allow !== undefined)),
    ...lists.flatMap(oppositeProblems),
    ...allowedTagProblems(config),
  ];
}

/** One list a rule or cause. */
function actionsOf({ rules }: Config): PlacedAction[][] {
  const configured = rules.bands?.map((band, index) => placedActions(`rule '${band.rule}'`, band.actions, ['rules', 'bands', index]));
  const builtIn = DEFAULT_TEMPERATURE_BANDS.map((band) =>
    band.actions.map((action) => ({ owner: `built-in rule '${band.ruleId}'`, action, path: undefined })),
  );
  const causes = (rules.causes ?? []).map((cause, index) =>
    placedActions(`cause '${cause.id ?? cause.text}'`, cause.actions ?? [], ['rules', 'causes', index]),
  );
  return [...(configured ?? builtIn), ...causes];
}

function placedActions(owner: string, actions: readonly ActionInput[], path: Path): PlacedAction[] {
  return actions.map((action, index) => ({ owner, action: actionOf(action), path: [...path, 'actions', index] }));
}

function problemsOf(placed: PlacedAction, tags: TagPolicy, isOwnList: boolean): Problem[] {
  const { action } = placed;
  const own = targetFinding(action) ?? permissiveFinding(action);
  if (own !== undefined) return [problem(placed, own)];
  const verdicts = idsToTry(action.tag, tags).map((id) => judgeTag(tagFor(action.tag, id), tags));
  const listed = verdicts.flatMap((verdict) => (verdict.allowed ? [verdict.tag] : []));
  if (listed.length > 0)
    return listed
      .flatMap((tag) => limitFinding(action, tag) ?? [])
      .slice(0, 1)
      .map((found) => problem(placed, found));
  const [verdict] = verdicts;
  if (verdict === undefined || verdict.allowed) return [];
  const found = (text: string) => ({ key: 'tag', text: `'${action.tag}' ${text}` });
  if (verdict.code === 'tag_not_allowed') return isOwnList ? [problem(placed, found('is not in tags.allow; list it there'))] : [];
  if (verdict.code === 'tag_denied') return [problem(placed, found('is on the deny list'), ['tags', 'deny'])];
  return [problem(placed, found(notAbsolute(action.tag)))];
}

function notAbsolute(tag: string): string {
  const hint = tag.includes('{id}') ? "; a rule writes the equipment's id as {equipment_id}" : '';
  return `is not an absolute [provider]Folder/Tag${hint}`;
}

/** What no live value makes right. */
function targetFinding({ target, type, direction }: ActionTemplate): Finding | undefined {
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

/** A permissive's tag is only read, so it need not be listed; but without a path there is nothing to read. */
function permissiveFinding({ permissives }: ActionTemplate): Finding | undefined {
  const { tag } = permissives.find((permissive) => !isAbsoluteTagPath(tagFor(permissive.tag, SOME_EQUIPMENT))) ?? {};
  return tag === undefined ? undefined : { key: 'permissives', text: `'${tag}' ${notAbsolute(tag)}` };
}

/** Any id, and those that the allow list names one by one. */
function idsToTry(template: string, tags: TagPolicy): string[] {
  const [before, after] = template.split('{equipment_id}');
  if (before === undefined || after === undefined) return [SOME_EQUIPMENT];
  const named = tags.allow
    .filter(({ path }) => path.startsWith(before) && path.endsWith(after))
    .map(({ path }) => path.slice(before.length, path.length - after.length));
  return [SOME_EQUIPMENT, ...named.filter((id) => EQUIPMENT_ID.test(id))];
}

/** What the tag's entry of the list refuses, whatever the live value is. */
function limitFinding(action: ActionTemplate, tag: AllowedTag): Finding | undefined {
  const { target, type, unit, direction } = action;
  const refused = target.kind === 'set' ? setRefusal(tag, target.value, direction) : moveRefusal(tag, action);
  if (refused) return refused;
  if (type !== tag.type) return { key: 'type', text: `is ${type}, but tags.allow says that '${tag.path}' is ${tag.type}` };
  if (unit === '' || unit === tag.unit) return undefined;
  return { key: 'unit', text: `is '${unit}', but tags.allow gives '${tag.path}' in '${tag.unit}'` };
}

function setRefusal(tag: AllowedTag, value: number, direction: ActionTemplate['direction']): Finding | undefined {
  const verdict = judgeValue(tag, value, direction);
  return verdict.allowed ? undefined : { key: verdict.code === 'wrong_direction' ? 'direction' : 'set', text: verdict.reason };
}

function moveRefusal(tag: AllowedTag, { target, direction }: ActionTemplate): Finding | undefined {
  if (tag.direction !== 'any' && direction !== tag.direction) return { key: 'direction', text: `'${tag.path}' may only ${tag.direction}` };
  if (target.kind !== 'delta') return undefined;
  const size = Math.abs(target.by);
  const span = tag.max - tag.min;
  if (size > span) return { key: 'delta', text: `${target.by} is more than the whole range of '${tag.path}', ${tag.min} to ${tag.max}` };
  if (tag.maxStep === undefined || size <= tag.maxStep) return undefined;
  return { key: 'delta', text: `the step ${target.by} is larger than the ${tag.maxStep} that '${tag.path}' may move in one write` };
}

/** Two steps of one list that move a tag there and back: one of them is a slip, or refused as a wrong direction when it is its turn. */
function oppositeProblems(actions: readonly PlacedAction[]): Problem[] {
  return actions.flatMap((placed, index) => {
    const { action } = placed;
    const earlier = actions
      .slice(0, index)
      .find((other) => other.action.tag === action.tag && movesOf(other.action) !== 'any' && isOpposite(other.action, action));
    if (earlier === undefined) return [];
    const text = `is to ${movesOf(action)} '${action.tag}', which another action of it is to ${movesOf(earlier.action)}`;
    return [problem(placed, { key: 'direction', text })];
  });
}

/** The direction as it is given, or as a delta or a percentage has it in itself. */
function movesOf({ target, direction }: ActionTemplate): ActionTemplate['direction'] {
  if (direction !== 'any' || target.kind === 'set') return direction;
  return (target.kind === 'delta' ? target.by > 0 : target.percent > 100) ? 'increase' : 'decrease';
}

function isOpposite(one: ActionTemplate, other: ActionTemplate): boolean {
  return movesOf(other) !== 'any' && movesOf(one) !== movesOf(other);
}

function problem({ path, owner }: PlacedAction, { key, text }: Finding, fallback: Path = ['tags', 'allow']): Problem {
  return path === undefined
    ? { path: fallback, text: `${owner}: ${text}, or replace the rule in rules.bands` }
    : { path: [...path, key], text: `${owner}: ${text}` };
}

/** An entry of the list as the domain takes it. */
export function allowedTag({ maxStep, ...tag }: NonNullable<Config['tags']['allow']>[number]): AllowedTag {
  return maxStep === undefined ? tag : { ...tag, maxStep };
}

function allowedTagProblems(config: Config): Problem[] {
  return (config.tags.allow ?? []).flatMap(({ path }, index) => {
    const parts = path.split('{id}');
    const hint = path.includes('{equipment_id}') ? "; here the equipment's id is written {id}" : '';
    if (parts.length <= 2 && isAbsoluteTagPath(parts.join(SOME_EQUIPMENT))) return [];
    return [
      { path: ['tags', 'allow', index, 'path'], text: `'${path}' is not an absolute [provider]Folder/Tag with at most one {id}${hint}` },
    ];
  });
}
