import { DEFAULT_TEMPERATURE_BANDS } from '../domain/default-rules.ts';
import { familyFor, type RuleBook } from '../domain/rule-book.ts';
import type { ActionTemplate } from '../domain/rules.ts';
import { type AllowedTag, isAbsoluteTagPath, judgeTag, judgeValue, tagFor, type TagPolicy } from '../domain/tags.ts';
import { type ActionPlace, idsFor, SOME_EQUIPMENT } from './action-ids.ts';
import { didYouMean } from './nearest.ts';
import type { Path } from './paths.ts';
import type { Problem } from './problems.ts';
import { actionOf, familyIdOf, scopesOf } from './rule-input.ts';
import type { ActionInput, Config } from './schema.ts';

interface PlacedAction {
  /** `rule 'x'` or `cause 'x'`. */
  readonly owner: string;
  readonly action: ActionTemplate;
  /** Undefined for a built-in rule: the file has no place for it. */
  readonly path: Path | undefined;
  /** One a scope: each of them must be able to have it. */
  readonly places: readonly ActionPlace[];
}

/** What is wrong with which key of an action. */
interface Finding {
  readonly key: string;
  readonly text: string;
}

/**
 * What the plant's side would refuse whatever the operator decides: better said at the start than after an approval. Nothing is said of
 * tags that are not listed where nothing is and nobody meant to list any: a plant that is only watched is recommended about.
 */
export function actionProblems(config: Config, tags: TagPolicy, book: RuleBook): Problem[] {
  const lists = actionsOf(config, book);
  const judge: Judge = { config, tags, book, isOnlyWatched: config.tags.allow === undefined && tags.allow.length === 0 };
  return [
    ...lists.flat().flatMap((placed) => problemsOf(placed, judge)),
    ...lists.flatMap(oppositeProblems),
    ...allowedTagProblems(config),
  ];
}

interface Judge {
  readonly config: Config;
  readonly tags: TagPolicy;
  readonly book: RuleBook;
  readonly isOnlyWatched: boolean;
}

/** One list a rule or cause. */
function actionsOf({ rules }: Config, book: RuleBook): PlacedAction[][] {
  const has = (familyId: string, ruleId: string) => (id: string) =>
    familyFor(book, id, familyId)?.bands.some((band) => band.ruleId === ruleId) === true;
  const configured = rules.bands?.map((band, index) =>
    placedActions(`rule '${band.rule}'`, band.actions, ['rules', 'bands', index], placesOf(band, has(familyIdOf(band), band.rule))),
  );
  const builtIn = DEFAULT_TEMPERATURE_BANDS.map((band) =>
    band.actions.map((action) => ({
      owner: `built-in rule '${band.ruleId}'`,
      action,
      path: undefined,
      places: placesOf({}, has('temperature', band.ruleId)),
    })),
  );
  const causes = (rules.causes ?? []).map((cause, index) =>
    placedActions(
      `cause '${cause.id ?? cause.text}'`,
      cause.actions ?? [],
      ['rules', 'causes', index],
      placesOf({ class: cause.class }, () => true),
    ),
  );
  return [...(configured ?? builtIn), ...causes];
}

function placesOf(rule: Parameters<typeof scopesOf>[0], isInForce: ActionPlace['isInForce']): ActionPlace[] {
  return scopesOf(rule).map((scope) => ({ scope, isInForce }));
}

function placedActions(owner: string, actions: readonly ActionInput[], path: Path, places: readonly ActionPlace[]): PlacedAction[] {
  return actions.map((action, index) => ({ owner, action: actionOf(action), path: [...path, 'actions', index], places }));
}

function problemsOf(placed: PlacedAction, judge: Judge): Problem[] {
  const { action } = placed;
  const own = targetFinding(action) ?? permissiveFinding(action);
  if (own !== undefined) return [problem(placed, own)];
  return placed.places.flatMap((place) => placeProblem(placed, place, judge) ?? []).slice(0, 1);
}

/** What is wrong for the equipment of one scope: its tags must be listed for some of it, and right where they are. */
function placeProblem(placed: PlacedAction, place: ActionPlace, judge: Judge): Problem | undefined {
  const { config, tags, book } = judge;
  const { action } = placed;
  const ids = idsFor(action.tag, place, { entries: book.equipment, ...config.source.equipment }, tags, book);
  const verdicts = ids.map((id) => judgeTag(tagFor(action.tag, id), tags));
  const listed = verdicts.flatMap((verdict) => (verdict.allowed ? [verdict.tag] : []));
  const [wrong] = listed.flatMap((tag) => limitFinding(action, tag) ?? []);
  if (listed.length > 0) return wrong && problem(placed, wrong);
  const verdict = verdicts[0] ?? judgeTag(tagFor(action.tag, SOME_EQUIPMENT), tags);
  if (verdict.allowed) return undefined;
  // One id that is named is told with its tag; a pattern stands for many.
  const isOne = place.scope.kind === 'equipment' && !place.scope.pattern.includes('*');
  const shown = isOne ? tagFor(action.tag, place.scope.pattern) : action.tag;
  const found = (text: string) => ({ key: 'tag', text: `'${shown}' ${text}` });
  switch (verdict.code) {
    case 'tag_not_allowed':
      // Where no id was found it is not known which tags they would be.
      return judge.isOnlyWatched || ids.length === 0 ? undefined : problem(placed, found(notListed(action.tag, judge)));
    case 'tag_denied':
      return problem(placed, found('is on the deny list'), ['tags', 'deny']);
    case 'tag_invalid':
      return problem(placed, found(notAbsolute(action.tag)));
  }
}

function notListed(tag: string, { config, tags }: Judge): string {
  const paths = tags.allow.map(({ path }) => path.replaceAll('{id}', '{equipment_id}'));
  // Names are compared within one folder: in a long path every other name would look near.
  const names = paths.flatMap((path) => (folderOf(path) === folderOf(tag) ? nameOf(path) : []));
  const hint = didYouMean(nameOf(tag), names);
  if (config.tags.allow !== undefined) return `is not in tags.allow${hint || '; list it there'}`;
  return `is not a tag that may be written${hint || `; by default that is ${paths.join(' and ')}: list it in tags.allow`}`;
}

function nameOf(tag: string): string {
  return tag.slice(tag.lastIndexOf('/') + 1);
}

function folderOf(tag: string): string {
  return tag.slice(0, tag.lastIndexOf('/') + 1);
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
