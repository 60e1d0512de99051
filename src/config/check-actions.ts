import { DEFAULT_TEMPERATURE_BANDS } from '../domain/default-rules.ts';
import { familyFor, type RuleBook } from '../domain/rule-book.ts';
import type { ActionTemplate } from '../domain/rules.ts';
import { type AllowedTag, isAbsoluteTagPath, judgeTag, tagFor, type TagPolicy } from '../domain/tags.ts';
import { type ActionPlace, idsFor, SOME_EQUIPMENT } from './action-ids.ts';
import { type Finding, limitFinding, notAbsolute, permissiveFinding, targetFinding } from './action-limits.ts';
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
    ...lists.flatMap(repeatedMoves),
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

/** Relative steps are all taken from the live value before the first: a second one of a tag would not go on from where the first led. */
function repeatedMoves(actions: readonly PlacedAction[]): Problem[] {
  return actions.flatMap((placed, index) => {
    const { tag, target } = placed.action;
    const isRelative = ({ action }: PlacedAction) => action.tag === tag && action.target.kind !== 'set';
    if (target.kind === 'set' || !actions.slice(0, index).some(isRelative)) return [];
    const text = `is taken from the same live value of '${tag}' as another relative action of it, not from where that leads; make them one`;
    return [problem(placed, { key: target.kind, text })];
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
