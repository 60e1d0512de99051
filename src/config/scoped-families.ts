import { AgentError } from '../domain/errors.ts';
import type { Scope, ScopedFamily } from '../domain/rule-book.ts';
import type { Band, IssueFamily } from '../domain/rules.ts';
import { priorityOf } from '../domain/severity.ts';
import type { Path } from './paths.ts';
import type { Problem } from './problems.ts';
import { type PlacedBand, scopeKey } from './rule-input.ts';
import type { Config } from './schema.ts';

/** A family as it is in force in a scope, with the override that made it so: its place in `rules.overrides`, null for bands as given. */
export interface PlacedFamily extends ScopedFamily {
  readonly override: number | null;
}

interface Built {
  readonly family?: IssueFamily;
  readonly problems: readonly Problem[];
}

export function timingOf({ rules }: Config, familyId: string) {
  const own = Object.hasOwn(rules.families, familyId) ? rules.families[familyId] : undefined;
  return {
    deadband: own?.deadband ?? rules.deadband,
    onDelaySeconds: own?.onDelaySeconds ?? rules.onDelaySeconds,
    offDelaySeconds: own?.offDelaySeconds ?? rules.offDelaySeconds,
    clearReadings: own?.clearReadings ?? rules.clearReadings,
  };
}

/** The bands of one family as the scopes have them, each scope with its own bands only; scopes in the file's order. */
export function variantsOf(config: Config, familyId: string, bands: readonly PlacedBand[]) {
  const scopes = new Map<string, Scope>(bands.flatMap((band) => band.scopes.map((scope) => [scopeKey(scope), scope] as const)));
  const built = [...scopes].map(([key, scope]) => {
    const members = bands.filter((band) => band.scopes.some((each) => scopeKey(each) === key));
    return { scope, ...familyOf(config, familyId, members) };
  });
  const variants = built.flatMap(({ scope, family }): PlacedFamily[] => (family ? [{ scope, familyId, family, override: null }] : []));
  return { variants, problems: built.flatMap((one) => one.problems) };
}

function familyOf(config: Config, id: string, members: readonly PlacedBand[]): Built {
  const [first] = members;
  if (first === undefined) return { problems: [] };
  const mixed = members.filter((band) => band.signal !== first.signal || band.side !== first.side);
  if (mixed.length > 0) {
    const text = `is ${first.signal} ${first.side} in rule '${first.ruleId}': the bands of family '${id}' must share signal and side; give it a family of its own`;
    return { problems: mixed.map((band) => ({ path: bandPath(band.index, band.side), text })) };
  }
  const indexes = new Map(members.map((band) => [band.ruleId, band.index]));
  const bands = mildestFirst(members.map(plainBand), first.side);
  return {
    family: { id, signal: first.signal, side: first.side, bands, ...timingOf(config, id) },
    problems: ladderProblems(bands, (band, key) => bandPath(indexes.get(band.ruleId) ?? 0, key === 'limit' ? first.side : key)),
  };
}

export function bandPath(index: number, key: string): Path {
  return ['rules', 'bands', index, key];
}

function plainBand({ ruleId, limit, severity, issueType, confidence, recommendedAction, actions, fourEyes }: Band): Band {
  return { ruleId, limit, severity, issueType, confidence, recommendedAction, actions, fourEyes };
}

export function mildestFirst(bands: readonly Band[], side: IssueFamily['side']): IssueFamily['bands'] {
  const outwards = side === 'above' ? 1 : -1;
  const [mildest, ...stricter] = bands.toSorted((a, b) => outwards * (a.limit - b.limit));
  if (mildest === undefined) throw new AgentError('bug', 'a family without bands');
  return [mildest, ...stricter];
}

/** One value must mean one severity, and getting worse must never look better. */
export function ladderProblems(sorted: readonly Band[], place: (band: Band, key: 'limit' | 'severity') => Path): Problem[] {
  return sorted.flatMap((band, position) => {
    const milder = sorted[position - 1];
    if (milder === undefined) return [];
    if (milder.limit === band.limit)
      return [
        { path: place(band, 'limit'), text: `has the limit of rule '${milder.ruleId}', ${band.limit}: a family's limits must differ` },
      ];
    if (priorityOf(band.severity) >= priorityOf(milder.severity)) return [];
    const text = `${band.severity} is less than ${milder.severity} of rule '${milder.ruleId}', whose limit is milder`;
    return [{ path: place(band, 'severity'), text }];
  });
}
