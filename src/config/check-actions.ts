import { DEFAULT_TEMPERATURE_BANDS } from '../domain/default-rules.ts';
import type { ActionTemplate } from '../domain/rules.ts';
import { type AllowedTag, EQUIPMENT_ID, isAbsoluteTagPath, judgeTag, judgeValue, tagFor, type TagPolicy } from '../domain/tags.ts';
import type { Path } from './paths.ts';
import type { Problem } from './problems.ts';
import type { Config } from './schema.ts';

/** As the file spells it. */
type ConfiguredAction = Omit<ActionTemplate, 'target' | 'permissives'> & { readonly set: number };

interface PlacedAction {
  readonly ruleId: string;
  readonly action: ConfiguredAction;
  /** Undefined for a built-in rule: the file has no place for it. */
  readonly path: Path | undefined;
}

/** Stands for any id when a path is judged; an id that no pattern would name on purpose. */
const SOME_EQUIPMENT = 'X';

/**
 * What the plant's side would refuse whatever the operator decides: better said at the start than after an
 * approval. A tag that is not listed is a problem only where the list is the user's own: with the empty list of a
 * plant that is only watched, the built-in rules recommend and write nothing.
 */
export function actionProblems(config: Config, tags: TagPolicy): Problem[] {
  return [
    ...actionsOf(config).flatMap((placed) => problemsOf(placed, tags, config.tags.allow !== undefined)),
    ...allowedTagProblems(config),
  ];
}

function actionsOf(config: Config): PlacedAction[] {
  const configured = config.rules.bands?.flatMap((band, i) =>
    band.actions.map((action, j) => ({ ruleId: band.rule, action, path: ['rules', 'bands', i, 'actions', j] })),
  );
  return (
    configured ??
    DEFAULT_TEMPERATURE_BANDS.flatMap((band) =>
      band.actions.map((action) => ({ ruleId: band.ruleId, action: asConfigured(action), path: undefined })),
    )
  );
}

function asConfigured({ target, ...action }: ActionTemplate): ConfiguredAction {
  return { ...action, set: target.kind === 'set' ? target.value : 0 };
}

function problemsOf(placed: PlacedAction, tags: TagPolicy, isOwnList: boolean): Problem[] {
  const { action } = placed;
  const text = valueTypeProblem(action);
  if (text !== undefined) return [problem(placed, 'set', text)];
  const verdicts = idsToTry(action.tag, tags).map((id) => judgeTag(tagFor(action.tag, id), tags));
  const listed = verdicts.flatMap((verdict) => (verdict.allowed ? [verdict.tag] : []));
  if (listed.length > 0) return listed.flatMap((tag) => limitProblems(placed, tag)).slice(0, 1);
  const [verdict] = verdicts;
  if (verdict === undefined || verdict.allowed) return [];
  if (verdict.code === 'tag_not_allowed')
    return isOwnList ? [problem(placed, 'tag', `'${action.tag}' is not in tags.allow; list it there`)] : [];
  if (verdict.code === 'tag_denied') return [problem(placed, 'tag', `'${action.tag}' is on the deny list`, ['tags', 'deny'])];
  const hint = action.tag.includes('{id}') ? "; a rule writes the equipment's id as {equipment_id}" : '';
  return [problem(placed, 'tag', `'${action.tag}' is not an absolute [provider]Folder/Tag${hint}`)];
}

function valueTypeProblem({ type, set }: ConfiguredAction): string | undefined {
  if (type === 'boolean' && set !== 0 && set !== 1) return `must be 0 or 1 for a boolean, is ${set}`;
  return type === 'integer' && !Number.isInteger(set) ? `must be a whole number for an integer, is ${set}` : undefined;
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

function limitProblems(placed: PlacedAction, tag: AllowedTag): Problem[] {
  const { action } = placed;
  const verdict = judgeValue(tag, action.set, action.direction);
  if (!verdict.allowed) return [problem(placed, verdict.code === 'wrong_direction' ? 'direction' : 'set', verdict.reason)];
  if (action.type !== tag.type)
    return [problem(placed, 'type', `is ${action.type}, but tags.allow says that '${tag.path}' is ${tag.type}`)];
  if (action.unit === '' || action.unit === tag.unit) return [];
  return [problem(placed, 'unit', `is '${action.unit}', but tags.allow gives '${tag.path}' in '${tag.unit}'`)];
}

function problem({ path, ruleId }: PlacedAction, key: string, text: string, fallback: Path = ['tags', 'allow']): Problem {
  return path === undefined
    ? { path: fallback, text: `built-in rule '${ruleId}': ${text}, or replace the rule in rules.bands` }
    : { path: [...path, key], text: `rule '${ruleId}': ${text}` };
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
