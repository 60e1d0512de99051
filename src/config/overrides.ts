import { covers, overlap } from '../domain/patterns.ts';
import type { Scope } from '../domain/rule-book.ts';
import type { Band, IssueFamily } from '../domain/rules.ts';
import { didYouMean } from './nearest.ts';
import type { Path } from './paths.ts';
import type { Problem } from './problems.ts';
import { scopeKey, scopesOf } from './rule-input.ts';
import { classesWithin, type Fleet, scopeText } from './rule-scopes.ts';
import type { Config, OverrideInput } from './schema.ts';
import { ladderProblems, mildestFirst, type PlacedFamily } from './scoped-families.ts';

/** One scope of an override. */
export interface PlacedOverride {
  /** In `rules.overrides`. */
  readonly index: number;
  readonly input: OverrideInput;
  readonly scope: Scope;
}

interface Layered {
  /** Most specific first. */
  readonly entries: readonly PlacedFamily[];
  readonly problems: readonly Problem[];
}

/** What is in force for a class, and for equipment of no class or of one about which nothing is said. */
interface ClassLevel {
  readonly ofClass: ReadonlyMap<string, PlacedFamily>;
  readonly all: PlacedFamily | undefined;
  readonly problems: readonly Problem[];
}

const NOTHING: Layered = { entries: [], problems: [] };

export function overridesFor(config: Config, familyId: string): PlacedOverride[] {
  return config.rules.overrides.flatMap((input, index) =>
    input.family === familyId ? scopesOf(input).map((scope) => ({ index, input, scope })) : [],
  );
}

/**
 * One family, from its bands per scope to what is in force where. An override adjusts what its scope would have without it: its own bands,
 * else those of the next wider scope as adjusted there. So a wider scope's override never touches a narrower scope's bands.
 */
export function layered(fleet: Fleet, variants: readonly PlacedFamily[], overrides: readonly PlacedOverride[]): Layered {
  const level = classLevel(variants, overrides);
  const own = variants.filter(({ scope }) => scope.kind === 'equipment');
  const patterned = overrides.filter(({ scope }) => scope.kind === 'equipment');
  // In the order of the bands' patterns and then of the overrides': of two that match one equipment the first counts.
  const both = own.flatMap((variant) => patterned.map((override) => onOwnBands(variant, override)));
  const rest = patterned.map((override) => onWiderBands(fleet, own, level, override));
  const joined = [...both, ...rest];
  return {
    entries: [
      ...both.flatMap(({ entries }) => entries),
      ...own,
      ...rest.flatMap(({ entries }) => entries),
      ...level.ofClass.values(),
      ...(level.all ? [level.all] : []),
    ],
    problems: [...level.problems, ...joined.flatMap(({ problems }) => problems)],
  };
}

function classLevel(variants: readonly PlacedFamily[], overrides: readonly PlacedOverride[]): ClassLevel {
  const all = variants.find(({ scope }) => scope.kind === 'all');
  const ofClass = new Map<string, PlacedFamily>();
  const problems: Problem[] = [];
  for (const variant of variants) if (variant.scope.kind === 'class') ofClass.set(variant.scope.equipmentClass, variant);
  for (const override of overrides) {
    if (override.scope.kind !== 'class') continue;
    const base = ofClass.get(override.scope.equipmentClass) ?? all;
    problems.push(...unknownRules(override, base ? [base] : []));
    if (!base) continue;
    const adjusted = adjust(base, override, override.scope);
    problems.push(...adjusted.problems);
    for (const entry of adjusted.entries) ofClass.set(override.scope.equipmentClass, entry);
  }
  return { ofClass, all, problems };
}

/** Where bands and override are both for equipment by pattern: what both patterns match must itself be a pattern, the narrower one. */
function onOwnBands(variant: PlacedFamily, override: PlacedOverride): Layered {
  const { scope } = override;
  if (variant.scope.kind !== 'equipment' || scope.kind !== 'equipment' || !overlap(variant.scope.pattern, scope.pattern)) return NOTHING;
  if (covers(scope.pattern, variant.scope.pattern)) return adjust(variant, override, variant.scope);
  if (covers(variant.scope.pattern, scope.pattern)) return adjust(variant, override, scope);
  const text = `'${scope.pattern}' shares some equipment with '${variant.scope.pattern}', which has bands of its own: name them apart, by patterns of which one holds the other or none`;
  return { entries: [], problems: [{ path: pathOf(override, 'equipment'), text }] };
}

/** Where an override by pattern meets bands of a class or of all: there must be one answer for all of its equipment. */
function onWiderBands(fleet: Fleet, own: readonly PlacedFamily[], { ofClass, all }: ClassLevel, override: PlacedOverride): Layered {
  const { scope, input } = override;
  if (scope.kind !== 'equipment') return NOTHING;
  const holdsAll = own.some((variant) => variant.scope.kind === 'equipment' && covers(variant.scope.pattern, scope.pattern));
  const classes = holdsAll ? [] : [...classesWithin(fleet, scope.pattern)];
  const found = new Set(classes.map((each) => (each === null ? all : (ofClass.get(each) ?? all))));
  const bases = [...found].flatMap((base) => base ?? []);
  const nearer = own.filter((variant) => variant.scope.kind === 'equipment' && overlap(variant.scope.pattern, scope.pattern));
  const problems = unknownRules(override, [...nearer, ...bases]);
  const [base] = bases;
  if (!base) return { entries: [], problems };
  // Switched off is switched off, whatever was in force.
  if (input.off === true) return { entries: [{ ...base, scope, family: null, override: override.index }], problems };
  if (found.size === 1) {
    const adjusted = adjust(base, override, scope);
    return { entries: adjusted.entries, problems: [...problems, ...adjusted.problems] };
  }
  const names = classes.map((each) => (each === null ? 'no class' : `class ${each}`)).join(', ');
  const text = `'${scope.pattern}' is equipment of ${names}, whose bands of family '${input.family}' differ: name patterns of one class each`;
  return { entries: [], problems: [...problems, { path: pathOf(override, 'equipment'), text }] };
}

function pathOf({ index }: PlacedOverride, ...keys: readonly string[]): Path {
  return ['rules', 'overrides', index, ...keys];
}

/** A limit for a rule that is nowhere in the override's scope, or a family that is not in force there, would be ignored in silence. */
function unknownRules(override: PlacedOverride, bases: readonly PlacedFamily[]): Problem[] {
  const { input, scope } = override;
  if (bases.length === 0)
    return [
      {
        path: pathOf(override, 'family'),
        text: `family '${input.family}' has no bands for ${scopeText(scope)}, so there is nothing to adjust`,
      },
    ];
  const rules = bases.flatMap(({ family }) => family?.bands.map((band) => band.ruleId) ?? []);
  return Object.keys(input.limits ?? {}).flatMap((rule) =>
    rules.includes(rule)
      ? []
      : [
          {
            path: pathOf(override, 'limits', rule),
            text: `family '${input.family}' has no rule '${rule}' for ${scopeText(scope)}${didYouMean(rule, rules) || `; it has ${rules.join(', ')}`}`,
          },
        ],
  );
}

function adjust(base: PlacedFamily, override: PlacedOverride, scope: Scope): Layered {
  const { index, input } = override;
  if (base.family === null) {
    const text = `family '${input.family}' is switched off for ${scopeText(base.scope)} by rules.overrides[${base.override}]; take one of the two away`;
    return { entries: [], problems: [{ path: pathOf(override, 'family'), text }] };
  }
  const family = input.off === true ? null : withChanges(base.family, input);
  const ladder = ladderProblems(family?.bands ?? [], (band) =>
    Object.hasOwn(input.limits ?? {}, band.ruleId) ? pathOf(override, 'limits', band.ruleId) : pathOf(override, 'limits'),
  );
  return { entries: [{ scope, familyId: base.familyId, family, override: index }], problems: ladder };
}

function withChanges(family: IssueFamily, input: OverrideInput): IssueFamily {
  const limits = new Map(Object.entries(input.limits ?? {}));
  const bands = family.bands.map((band): Band => ({ ...band, limit: limits.get(band.ruleId) ?? band.limit }));
  return {
    ...family,
    bands: mildestFirst(bands, family.side),
    deadband: input.deadband ?? family.deadband,
    onDelaySeconds: input.onDelaySeconds ?? family.onDelaySeconds,
    offDelaySeconds: input.offDelaySeconds ?? family.offDelaySeconds,
    clearReadings: input.clearReadings ?? family.clearReadings,
  };
}

/** Families that there are not, and overrides that another one leaves nothing to do. */
export function overrideProblems(config: Config, familyIds: readonly string[]): Problem[] {
  const unknown = (id: string, path: Path): Problem[] =>
    familyIds.includes(id)
      ? []
      : [{ path, text: `there is no family '${id}'${didYouMean(id, familyIds) || `; there are ${familyIds.join(', ')}`}` }];
  const placed = config.rules.overrides.flatMap((input, index) => scopesOf(input).map((scope) => ({ index, input, scope })));
  return [
    ...Object.keys(config.rules.families).flatMap((id) => unknown(id, ['rules', 'families', id])),
    ...config.rules.overrides.flatMap(({ family }, index) => unknown(family, ['rules', 'overrides', index, 'family'])),
    ...placed.flatMap((override, position) => {
      const earlier = placed
        .slice(0, position)
        .find((other) => other.input.family === override.input.family && hides(other.scope, override.scope));
      if (earlier === undefined) return [];
      const isSame = scopeKey(earlier.scope) === scopeKey(override.scope);
      const text = isSame
        ? `adjusts family '${override.input.family}' for ${scopeText(override.scope)} like rules.overrides[${earlier.index}]; make one of the two`
        : `would never count: ${scopeText(earlier.scope)} of rules.overrides[${earlier.index}] comes first and holds ${scopeText(override.scope)}`;
      return [{ path: pathOf(override, override.scope.kind), text }];
    }),
  ];
}

function hides(earlier: Scope, later: Scope): boolean {
  if (earlier.kind === 'equipment' && later.kind === 'equipment') return covers(earlier.pattern, later.pattern);
  return scopeKey(earlier) === scopeKey(later);
}
