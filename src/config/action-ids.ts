import { classOf, type RuleBook, type Scope } from '../domain/rule-book.ts';
import { EQUIPMENT_ID, matchesPattern, tagFor, type TagPolicy } from '../domain/tags.ts';
import type { Fleet } from './rule-scopes.ts';

/** Stands for any id when a path is judged; an id that no pattern would name on purpose. */
export const SOME_EQUIPMENT = 'X';
/** What a `*` is taken for, one after the other: an id made with one of them may be another rule's. */
const ANY_RUNS = [SOME_EQUIPMENT, '0', 'Q-7'];

/** For which equipment an action is: of a scope, as far as its rule is in force there. */
export interface ActionPlace {
  readonly scope: Scope;
  readonly isInForce: (equipmentId: string) => boolean;
}

/**
 * Ids of the equipment that an action is for, each of them certainly one of it: what the scope's patterns name or may match, and what the
 * allow list names. Empty where none was found, which says nothing.
 */
export function idsFor(template: string, { scope, isInForce }: ActionPlace, fleet: Fleet, tags: TagPolicy, book: RuleBook): string[] {
  const own = patternsOf(scope, fleet);
  const listed = tags.allow.flatMap(({ path }) => listedId(template, path) ?? []);
  // What both name: `*_A` and `R_*` meet in `R_X_A`.
  const both = listed.flatMap((pattern) => own.map((other) => pattern.replace('*', other)));
  const ids = [...own, ...listed, ...both].flatMap((pattern) => ANY_RUNS.map((run) => pattern.replaceAll('*', run)));
  const isOne = (id: string) => EQUIPMENT_ID.test(id) && isWatched(fleet, id) && isIn(book, scope, id) && isInForce(id);
  return [...new Set(ids)].filter(isOne);
}

function patternsOf(scope: Scope, { entries, include }: Fleet): readonly string[] {
  switch (scope.kind) {
    case 'all':
      return include;
    case 'class':
      return entries.filter((entry) => entry.equipmentClass === scope.equipmentClass).map(({ pattern }) => pattern);
    case 'equipment':
      return [scope.pattern];
  }
}

function isIn(book: RuleBook, scope: Scope, id: string): boolean {
  if (scope.kind === 'equipment') return matchesPattern(scope.pattern, id);
  return scope.kind === 'all' || classOf(book, id) === scope.equipmentClass;
}

function isWatched({ include, exclude }: Fleet, id: string): boolean {
  return include.some((pattern) => matchesPattern(pattern, id)) && !exclude.some((pattern) => matchesPattern(pattern, id));
}

/** The id with which a template becomes a listed path, with `*` where the path has its `{id}`; undefined where none does. */
function listedId(template: string, path: string): string | undefined {
  const [before = '', ...rest] = template.split('{equipment_id}');
  if (rest.length === 0) return undefined;
  const pattern = path.replaceAll('{id}', '*');
  const length = (pattern.length - before.length - rest.join('').length) / rest.length;
  const id = pattern.slice(before.length, before.length + length);
  return tagFor(template, id) === pattern ? id : undefined;
}
