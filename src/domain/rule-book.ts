import { type NormalRange, specifiedNormal } from './behaviour.ts';
import type { CauseRule, ClassCause } from './causes.ts';
import type { IssueFamily, Signal } from './rules.ts';
import { matchesPattern } from './tags.ts';
import { TREND_SECONDS } from './trend.ts';

/** Which equipment a rule is for. A pattern is as in `source.equipment`: `*` is any run of characters, case does not matter. */
export type Scope =
  | { readonly kind: 'all' }
  | { readonly kind: 'class'; readonly equipmentClass: string }
  | { readonly kind: 'equipment'; readonly pattern: string };

/** One way in which a family is in force somewhere; `family` null: there it is switched off. */
export interface ScopedFamily {
  readonly scope: Scope;
  readonly familyId: string;
  readonly family: IssueFamily | null;
}

/** What kind of equipment an id is, and where its signals normally are. */
export interface EquipmentEntry {
  readonly pattern: string;
  readonly equipmentClass: string;
  /** Of a signal that is not named nothing is known. */
  readonly normal?: Readonly<Record<Signal, NormalRange>>;
}

/** Every rule in force, for every equipment. */
export interface RuleBook {
  /** The first entry whose pattern matches says the class; without one the class is not known. */
  readonly equipment: readonly EquipmentEntry[];
  /** The most specific first: of each family the first whose scope includes the equipment is in force. */
  readonly families: readonly ScopedFamily[];
  /** Probable causes for equipment whose class is not known, and where no class cause applies. */
  readonly causes: readonly CauseRule[];
  /** Probable causes by class, the most telling first. */
  readonly classCauses: readonly ClassCause[];
}

function entryOf(book: RuleBook, equipmentId: string): EquipmentEntry | undefined {
  return book.equipment.find(({ pattern }) => matchesPattern(pattern, equipmentId));
}

/** The class of an equipment, or null where the configuration does not say one. */
export function classOf(book: RuleBook, equipmentId: string): string | null {
  return entryOf(book, equipmentId)?.equipmentClass ?? null;
}

/** Where a signal of an equipment normally is: as configured, else by the specification's limits; undefined where neither says. */
export function normalOf(book: RuleBook, equipmentId: string, signal: Signal): NormalRange | undefined {
  const normal = entryOf(book, equipmentId)?.normal;
  return normal && Object.hasOwn(normal, signal) ? normal[signal] : specifiedNormal(signal);
}

function includes(book: RuleBook, scope: Scope, equipmentId: string): boolean {
  switch (scope.kind) {
    case 'all':
      return true;
    case 'class':
      return classOf(book, equipmentId) === scope.equipmentClass;
    case 'equipment':
      return matchesPattern(scope.pattern, equipmentId);
  }
}

/** An (equipment, family) as a key of maps. */
export function familyKey(equipmentId: string, familyId: string): string {
  return JSON.stringify([equipmentId, familyId]);
}

/** The family as it is in force for one equipment; undefined where it is unknown or switched off. */
export function familyFor(book: RuleBook, equipmentId: string, familyId: string): IssueFamily | undefined {
  const scoped = book.families.find((each) => each.familyId === familyId && includes(book, each.scope, equipmentId));
  return scoped?.family ?? undefined;
}

/**
 * Whether a rule was written for every equipment: then a class knows better. A rule that the site wrote for a class or an equipment knows
 * better than any class cause; rule ids are unique, so one that an override only adjusted is found among those for all.
 */
export function isGeneral(book: RuleBook, ruleId: string): boolean {
  return book.families.some(({ scope, family }) => scope.kind === 'all' && family?.bands.some((band) => band.ruleId === ruleId));
}

/** Every way in which a family is in force, without those that are switched off. */
export function activeFamilies(book: RuleBook): readonly IssueFamily[] {
  return book.families.flatMap(({ family }) => family ?? []);
}

/** Rules that are the same for every equipment. */
export function unscopedRules(families: readonly IssueFamily[], causes: readonly CauseRule[] = []): RuleBook {
  const scoped = families.map((family) => ({ scope: { kind: 'all' as const }, familyId: family.id, family }));
  return { equipment: [], families: scoped, causes, classCauses: [] };
}

/** How far back readings must be read for what the causes want to know; only causes by class read trends. */
export function trendReachSeconds(book: RuleBook): number {
  return book.classCauses.length > 0 && book.equipment.length > 0 ? TREND_SECONDS : 0;
}
