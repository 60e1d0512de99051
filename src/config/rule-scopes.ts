import { covers, overlap } from '../domain/patterns.ts';
import type { EquipmentEntry, Scope } from '../domain/rule-book.ts';

/** What is known of the equipment without looking at any. */
export interface Fleet {
  readonly entries: readonly EquipmentEntry[];
  /** Patterns of what is watched. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** The classes that the equipment of a pattern can have; null stands for none. */
export function classesWithin({ entries }: Fleet, pattern: string): ReadonlySet<string | null> {
  const classes = new Set<string | null>();
  for (const entry of entries) {
    if (!overlap(entry.pattern, pattern)) continue;
    classes.add(entry.equipmentClass);
    // The first entry that matches counts, so nothing of the pattern gets further than one that holds it whole.
    if (covers(entry.pattern, pattern)) return classes;
  }
  return classes.add(null);
}

/** Whether every equipment of `narrow` certainly is one of `wide`. */
export function holds(fleet: Fleet, wide: Scope, narrow: Scope): boolean {
  if (wide.kind === 'all') return true;
  if (wide.kind === 'class') {
    if (narrow.kind === 'class') return narrow.equipmentClass === wide.equipmentClass;
    const patterns = narrow.kind === 'all' ? fleet.include : [narrow.pattern];
    return patterns.every((pattern) => [...classesWithin(fleet, pattern)].every((each) => each === wide.equipmentClass));
  }
  const patterns = patternsOf(fleet, narrow);
  return patterns.length > 0 && patterns.every((pattern) => covers(wide.pattern, pattern));
}

/** Whether some equipment can be in both. */
export function meet(fleet: Fleet, one: Scope, other: Scope): boolean {
  if (one.kind === 'all' || other.kind === 'all') return true;
  if (one.kind === 'class') {
    if (other.kind === 'class') return one.equipmentClass === other.equipmentClass;
    return classesWithin(fleet, other.pattern).has(one.equipmentClass);
  }
  return other.kind === 'class' ? meet(fleet, other, one) : overlap(one.pattern, other.pattern);
}

/** Patterns that together hold every equipment of a scope. */
function patternsOf(fleet: Fleet, scope: Scope): readonly string[] {
  if (scope.kind === 'equipment') return [scope.pattern];
  if (scope.kind === 'all') return fleet.include;
  return fleet.entries.filter((entry) => entry.equipmentClass === scope.equipmentClass).map((entry) => entry.pattern);
}

/** Why no equipment that is watched can match; undefined when some might. */
export function neverWatched({ include, exclude }: Fleet, pattern: string): string | undefined {
  const excluding = exclude.find((each) => covers(each, pattern));
  if (excluding !== undefined) return `source.equipment.exclude leaves out all of '${pattern}' by '${excluding}'`;
  return include.some((each) => overlap(each, pattern)) ? undefined : `source.equipment.include watches nothing of '${pattern}'`;
}

export function scopeText(scope: Scope): string {
  switch (scope.kind) {
    case 'all':
      return 'all equipment';
    case 'class':
      return `class ${scope.equipmentClass}`;
    case 'equipment':
      return `equipment '${scope.pattern}'`;
  }
}
