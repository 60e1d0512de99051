import type { Scope } from '../domain/rule-book.ts';
import type { Band, IssueFamily } from '../domain/rules.ts';
import { didYouMean } from './nearest.ts';
import type { Path } from './paths.ts';
import type { Problem } from './problems.ts';
import { familyIdOf, scopeKey, scopesOf } from './rule-input.ts';
import { type Fleet, holds, meet, neverWatched, scopeText } from './rule-scopes.ts';
import type { Config } from './schema.ts';
import { listOf } from './schema-equipment.ts';
import { bandPath, type PlacedFamily } from './scoped-families.ts';

type InForce = PlacedFamily & { readonly family: IssueFamily };

/** Equipment entries, scopes and rules of which it is certain that they can never count. */
export function neverProblems(config: Config, fleet: Fleet, entries: readonly PlacedFamily[]): Problem[] {
  return [...entryProblems(config, fleet), ...scopeProblems(config, fleet), ...hiddenRules(config, fleet, entries)];
}

function entryProblems(config: Config, fleet: Fleet): Problem[] {
  const placed = config.equipment.flatMap((entry, index) => listOf(entry.match).map((pattern) => ({ index, pattern })));
  return placed.flatMap(({ index, pattern }, position) => {
    const path = ['equipment', index, 'match'];
    const earlier = placed.slice(0, position).find((other) => holds(fleet, onPattern(other.pattern), onPattern(pattern)));
    if (earlier) return [{ path, text: `'${pattern}' never counts: equipment[${earlier.index}] comes first with '${earlier.pattern}'` }];
    const reason = neverWatched(fleet, pattern);
    return reason === undefined ? [] : [{ path, text: reason }];
  });
}

function onPattern(pattern: string): Scope {
  return { kind: 'equipment', pattern };
}

function scopeProblems({ rules }: Config, fleet: Fleet): Problem[] {
  const classes = [...new Set(fleet.entries.map((entry) => entry.equipmentClass))];
  const known = classes.length === 0 ? '; there is no equipment section' : `; there are ${classes.join(', ')}`;
  const check = (scope: Scope, path: Path): Problem[] => {
    if (scope.kind === 'class')
      return classes.includes(scope.equipmentClass)
        ? []
        : [
            {
              path,
              text: `no entry of equipment gives the class '${scope.equipmentClass}'${didYouMean(scope.equipmentClass, classes) || known}`,
            },
          ];
    const reason = scope.kind === 'equipment' ? neverWatched(fleet, scope.pattern) : undefined;
    return reason === undefined ? [] : [{ path, text: `${reason}, so this could never count` }];
  };
  const of = (list: 'bands' | 'overrides' | 'causes', index: number, rule: Parameters<typeof scopesOf>[0]) =>
    scopesOf(rule).flatMap((scope) => check(scope, ['rules', list, index, scope.kind]));
  return [
    ...(rules.bands ?? []).flatMap((band, index) => of('bands', index, band)),
    ...rules.overrides.flatMap((override, index) => of('overrides', index, override)),
    ...(rules.causes ?? []).flatMap((cause, index) => of('causes', index, { class: cause.class })),
  ];
}

/** The first entry before `entries[position]` that has all of its equipment. */
function hiding(fleet: Fleet, entries: readonly PlacedFamily[], position: number): PlacedFamily | undefined {
  const entry = entries[position];
  return entries.slice(0, position).find((other) => other.familyId === entry?.familyId && holds(fleet, other.scope, entry.scope));
}

/** Entries that some equipment may have. */
function reachable(fleet: Fleet, entries: readonly PlacedFamily[]): InForce[] {
  return entries.filter((entry, position): entry is InForce => entry.family !== null && hiding(fleet, entries, position) === undefined);
}

/** Rules that no equipment can have: behind others of their family everywhere, or switched off wherever they would be. */
function hiddenRules(config: Config, fleet: Fleet, entries: readonly PlacedFamily[]): Problem[] {
  const alive = new Set(reachable(fleet, entries).flatMap(({ family }) => family.bands.map((band) => band.ruleId)));
  const behind = entries.flatMap(({ family }, position) => {
    const hidden = hiding(fleet, entries, position);
    return hidden ? (family?.bands ?? []).map((band) => ({ ruleId: band.ruleId, hidden })) : [];
  });
  // Where a class's bands are switched off, nothing in force has them any more.
  const switchedOff = (config.rules.bands ?? []).flatMap((band) => {
    const keys = scopesOf(band).map(scopeKey);
    const off = entries.find((each) => each.family === null && each.familyId === familyIdOf(band) && keys.includes(scopeKey(each.scope)));
    return off ? [{ ruleId: band.rule, hidden: off }] : [];
  });
  return [...behind, ...switchedOff].flatMap(({ ruleId, hidden }) => {
    if (alive.has(ruleId)) return [];
    const why =
      hidden.family === null
        ? `rules.overrides[${hidden.override}] switches family '${hidden.familyId}' off for ${scopeText(hidden.scope)}`
        : `the bands of family '${hidden.familyId}' for ${scopeText(hidden.scope)} come first`;
    const path = rulePath(config, ruleId, 'rule') ?? ['rules', 'overrides', hidden.override ?? 0];
    return [{ path, text: `rule '${ruleId}' could never fire: ${why}` }];
  });
}

/** Undefined for a built-in rule: the file has no place for it. */
function rulePath({ rules }: Config, ruleId: string, key: string): Path | undefined {
  const index = rules.bands?.findIndex((each) => each.rule === ruleId) ?? -1;
  return index < 0 ? undefined : bandPath(index, key);
}

/** Where the limit of a rule in force was given. */
function limitPath(config: Config, { override, family }: InForce, band: Band): Path | undefined {
  if (override !== null && Object.hasOwn(config.rules.overrides[override]?.limits ?? {}, band.ruleId))
    return ['rules', 'overrides', override, 'limits', band.ruleId];
  return rulePath(config, band.ruleId, family.side);
}

/** A limit outside the physical ones never fires, or always: readings beyond them are rejected first. Mostly a unit mixed up. */
export function limitProblems(
  config: Config,
  entries: readonly PlacedFamily[],
  physicalLimits: Readonly<Record<string, { min: number; max: number }>>,
): Problem[] {
  return entries.flatMap((entry) => {
    const { family } = entry;
    const range = family ? physicalLimits[family.signal] : undefined;
    if (family === null || range === undefined) return [];
    const { signal, side } = family;
    return family.bands.flatMap((band) => {
      const never = side === 'above' ? band.limit >= range.max : band.limit <= range.min;
      const always = side === 'above' ? band.limit < range.min : band.limit > range.max;
      if (!never && !always) return [];
      const path = limitPath(config, { ...entry, family }, band);
      const place = path ? '' : `is such that the built-in rule '${band.ruleId}' could ${never ? 'never' : 'only'} fire: `;
      const outcome = path ? `, so the rule could ${never ? 'never' : 'do nothing but'} fire` : '';
      const text = `${place}${band.limit} is not within source.physicalLimits of ${signal}, ${range.min} to ${range.max}${outcome}`;
      return [{ path: path ?? ['source', 'physicalLimits', signal], text }];
    });
  });
}

/** A deadband so wide that only readings that are rejected would be clear of it: what it is about would stay open for ever. */
export function deadbandProblems(
  config: Config,
  entries: readonly PlacedFamily[],
  physicalLimits: Readonly<Record<string, { min: number; max: number }>>,
): Problem[] {
  return entries.flatMap((entry) => {
    const { family } = entry;
    const range = family ? physicalLimits[family.signal] : undefined;
    if (family === null || range === undefined) return [];
    const { signal, side, deadband, bands } = family;
    const [mildest] = bands;
    const clear = side === 'above' ? mildest.limit - deadband : mildest.limit + deadband;
    const canClear = side === 'above' ? clear > range.min : clear < range.max;
    // A limit that is itself outside is told already.
    const isWithin = mildest.limit > range.min && mildest.limit < range.max;
    if (canClear || !isWithin) return [];
    const beyond = side === 'above' ? `below ${clear}` : `above ${clear}`;
    const text = `${deadband} is so wide that '${mildest.ruleId}' could never clear: ${signal} would have to be ${beyond}, and source.physicalLimits has ${range.min} to ${range.max}`;
    return [{ path: deadbandPath(config, entry, deadband), text }];
  });
}

/** Where the deadband in force was given: by the override that made the family what it is or by a wider one, else for the family, else for all. */
function deadbandPath({ rules }: Config, { override, familyId }: PlacedFamily, deadband: number): Path {
  const isSource = (index: number) => rules.overrides[index]?.family === familyId && rules.overrides[index].deadband === deadband;
  const indexes = override === null ? [] : [override, ...rules.overrides.keys()];
  const index = indexes.find(isSource);
  if (index !== undefined) return ['rules', 'overrides', index, 'deadband'];
  const own = Object.hasOwn(rules.families, familyId) ? rules.families[familyId] : undefined;
  return own?.deadband === undefined ? ['rules', 'deadband'] : ['rules', 'families', familyId, 'deadband'];
}

/** A limit above that is no higher than one below: whatever the signal reads between them, or anywhere, is wrong by one or the other. */
export function contradictions(config: Config, fleet: Fleet, entries: readonly PlacedFamily[]): Problem[] {
  const inForce = reachable(fleet, entries);
  const pairs = inForce.flatMap((high) => inForce.map((low) => [high, low] as const));
  return pairs.flatMap(([high, low]) => {
    if (high.family.side !== 'above' || low.family.side !== 'below' || high.family.signal !== low.family.signal) return [];
    const [above, below] = [high.family.bands[0], low.family.bands[0]];
    if (above.limit > below.limit || high.familyId === low.familyId || !canMeet(fleet, entries, high, low)) return [];
    const [highPath, lowPath] = [limitPath(config, high, above), limitPath(config, low, below)];
    const atHigh = lowPath === undefined || (highPath !== undefined && isLater(highPath, lowPath));
    const [path, other] = atHigh ? [highPath, below] : [lowPath, above];
    const side = atHigh ? 'above' : 'below';
    const scopes = [...new Set([high, low].map(({ scope }) => scopeText(scope)))].join(' and ');
    const text = `contradicts rule '${other.ruleId}': ${high.family.signal} would always be wrong, ${side} ${atHigh ? above.limit : below.limit} or ${atHigh ? 'below' : 'above'} ${other.limit}, for ${scopes}`;
    return path === undefined ? [] : [{ path, text }];
  });
}

function isLater(one: Path, other: Path): boolean {
  return one[1] === other[1] ? Number(one[2]) > Number(other[2]) : one[1] === 'overrides';
}

/** Whether some equipment has both: their scopes meet, and where they do nothing more specific comes first. */
function canMeet(fleet: Fleet, entries: readonly PlacedFamily[], one: PlacedFamily, other: PlacedFamily): boolean {
  if (!meet(fleet, one.scope, other.scope)) return false;
  const narrow = holds(fleet, one.scope, other.scope) ? other.scope : one.scope;
  return ![one, other].some((entry) => {
    const place = entries.indexOf(entry);
    return entries.slice(0, place).some((earlier) => earlier.familyId === entry.familyId && holds(fleet, earlier.scope, narrow));
  });
}

/** Problems that several scopes of one rule have alike are one. */
export function withoutRepeats(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify([problem.path, problem.text]), problem])).values()];
}
