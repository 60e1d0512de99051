import type { ClassCause } from '../domain/causes.ts';
import { CLASS_CAUSES } from '../domain/class-causes.ts';
import { DEFAULT_CAUSES, DEFAULT_TEMPERATURE_BANDS, SIMULATOR_TAGS } from '../domain/default-rules.ts';
import type { RuleBook } from '../domain/rule-book.ts';
import type { ActionTemplate, IssueFamily } from '../domain/rules.ts';
import { judgeTag, judgeValue, tagFor } from '../domain/tags.ts';
import { SOME_EQUIPMENT } from './action-ids.ts';
import { allowedTag } from './check-actions.ts';
import { layered, overrideProblems, overridesFor } from './overrides.ts';
import type { Path } from './paths.ts';
import type { Problem } from './problems.ts';
import { bandOf, causeRules, configuredClassCauses, equipmentEntries, type PlacedBand } from './rule-input.ts';
import { contradictions, neverProblems } from './rule-checks.ts';
import type { Fleet } from './rule-scopes.ts';
import type { Config } from './schema.ts';
import { listOf } from './schema-equipment.ts';
import { bandPath, type PlacedFamily, timingOf, variantsOf } from './scoped-families.ts';

export interface RulesInForce {
  readonly book: RuleBook;
  /** The book's families with where they come from. */
  readonly entries: readonly PlacedFamily[];
  readonly problems: readonly Problem[];
}

/** The configured rules, or the specification's, with what every class and equipment has of them; and the causes. */
export function rulesInForce(config: Config): RulesInForce {
  const bands = config.rules.bands?.map(bandOf);
  const fleet: Fleet = { entries: equipmentEntries(config.equipment), ...config.source.equipment };
  const variants = bands === undefined ? [builtInVariant(config)] : familiesOf(config, bands);
  const ids = variants.map((family) => family.id);
  const families = variants.map((family) => {
    const found = layered(fleet, family.variants, overridesFor(config, family.id));
    return { entries: found.entries, problems: [...family.problems, ...(family.variants.length > 0 ? found.problems : [])] };
  });
  const entries = mostSpecificFirst(families.flatMap((family) => family.entries));
  const { causes, classCauses, problems } = causesInForce(config, fleet);
  return {
    book: {
      equipment: fleet.entries,
      families: entries.map(({ scope, familyId, family }) => ({ scope, familyId, family })),
      causes,
      classCauses,
    },
    entries,
    problems: [
      ...repeatedIds(bands ?? []),
      ...overrideProblems(config, ids),
      ...families.flatMap((family) => family.problems),
      ...neverProblems(config, fleet, entries),
      ...contradictions(config, fleet, entries),
      ...problems,
    ],
  };
}

/** The specification's rules, with the configured delays. */
export function builtInFamily(config: Config): IssueFamily {
  const bands = DEFAULT_TEMPERATURE_BANDS;
  return { id: 'temperature', signal: 'temperature', side: 'above', bands, ...timingOf(config, 'temperature') };
}

interface FamilyVariants {
  readonly id: string;
  readonly variants: readonly PlacedFamily[];
  readonly problems: readonly Problem[];
}

function builtInVariant(config: Config): FamilyVariants {
  const family = builtInFamily(config);
  return { id: family.id, variants: [{ scope: { kind: 'all' }, familyId: family.id, family, override: null }], problems: [] };
}

function familiesOf(config: Config, bands: readonly PlacedBand[]): FamilyVariants[] {
  const ids = [...new Set(bands.map((band) => band.familyId))];
  return ids.map((id) => ({
    id,
    ...variantsOf(
      config,
      id,
      bands.filter((band) => band.familyId === id),
    ),
  }));
}

/** Equipment before class before all; the order within each, which decides between patterns, stays. */
function mostSpecificFirst(entries: readonly PlacedFamily[]): PlacedFamily[] {
  const kinds = ['equipment', 'class', 'all'] as const;
  return kinds.flatMap((kind) => entries.filter(({ scope }) => scope.kind === kind));
}

function repeatedIds(bands: readonly PlacedBand[]): Problem[] {
  const seen = new Set<string>();
  return bands.flatMap((band) => {
    if (seen.has(band.ruleId))
      return [{ path: bandPath(band.index, 'rule'), text: `'${band.ruleId}' stands twice; a rule's id must be its own` }];
    seen.add(band.ruleId);
    return [];
  });
}

function causesInForce(config: Config, fleet: Fleet) {
  const signals = Object.keys(config.source.columns.signals);
  const given = config.rules.causes ?? [];
  const own = configuredClassCauses(given);
  const classes = new Set(fleet.entries.map((entry) => entry.equipmentClass));
  // A built-in cause about a signal that the source does not have, or of a class that nothing is of, could never be named.
  const shipped = CLASS_CAUSES.filter(
    (cause) =>
      config.rules.shippedCauses && classes.has(cause.equipmentClass) && cause.reads.every(({ signal }) => signals.includes(signal)),
  ).map((cause) => allowedOnly(config, cause));
  return {
    causes: [...DEFAULT_CAUSES.filter((cause) => signals.includes(cause.signal)), ...causeRules(given)],
    classCauses: [...own, ...shipped],
    problems: repeatedCauses(config),
  };
}

/** What a shipped cause writes are the simulated plant's tags: where the site's own lists refuse one of them it is advice only. */
function allowedOnly(config: Config, cause: ClassCause): ClassCause {
  const tags = { allow: config.tags.allow?.map(allowedTag) ?? SIMULATOR_TAGS, deny: config.tags.deny };
  const isAllowed = ({ tag, target, direction, type }: ActionTemplate): boolean => {
    const verdict = judgeTag(tagFor(tag, SOME_EQUIPMENT), tags);
    if (!verdict.allowed || verdict.tag.type !== type || target.kind !== 'set') return false;
    return judgeValue(verdict.tag, target.value, direction).allowed;
  };
  return cause.actions === null || cause.actions.every(isAllowed) ? cause : { ...cause, actions: [] };
}

function repeatedCauses({ rules }: Config): Problem[] {
  const seen = new Set<string>(rules.shippedCauses ? CLASS_CAUSES.map((cause) => cause.id) : []);
  return (rules.causes ?? []).flatMap(({ id }, index) => {
    if (id === undefined) return [];
    if (seen.has(id))
      return [{ path: ['rules', 'causes', index, 'id'], text: `'${id}' is the id of another cause; a cause's id must be its own` }];
    seen.add(id);
    return [];
  });
}

/** An equipment pattern with the key that holds it. */
export interface PlacedPattern {
  readonly pattern: string;
  readonly path: Path;
}

/** Every equipment pattern of `equipment` and `rules`: whoever knows the ids that there are can say which of them match none. */
export function patternsOf({ equipment, rules }: Config): readonly PlacedPattern[] {
  return [
    ...equipment.flatMap((entry, index) => placedPatterns(entry.match, ['equipment', index, 'match'])),
    ...(rules.bands ?? []).flatMap((band, index) => placedPatterns(band.equipment, bandPath(index, 'equipment'))),
    ...rules.overrides.flatMap((override, index) => placedPatterns(override.equipment, ['rules', 'overrides', index, 'equipment'])),
  ];
}

function placedPatterns(patterns: string | readonly string[] | undefined, path: Path): PlacedPattern[] {
  return listOf(patterns).map((pattern) => ({ pattern, path }));
}
