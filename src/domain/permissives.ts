import { assertNever } from './errors.ts';
import type { Permissive } from './rules.ts';
import { isAbsoluteTagPath } from './tags.ts';
import type { Action, Refusal } from './ticket.ts';

/** Of the greater of the two numbers: what arithmetic and text forms may cost on the way from the plant. */
const RELATIVE_TOLERANCE = 1e-9;

export function isMet({ comparison, value }: Permissive, found: number): boolean {
  switch (comparison) {
    case 'equals':
      return Math.abs(found - value) <= RELATIVE_TOLERANCE * Math.max(Math.abs(found), Math.abs(value));
    case 'above':
      return found > value;
    case 'below':
      return found < value;
    default:
      return assertNever(comparison, 'comparison of a permissive');
  }
}

function wantedOf({ comparison, value }: Permissive): string {
  return comparison === 'equals' ? `be ${value}` : `be ${comparison} ${value}`;
}

/** The tags that a step's permissives look at. They are only read, so they need not be on the allow list. */
export function permissiveTags({ permissives = [] }: Pick<Action, 'permissives'>): readonly string[] {
  return permissives.map(({ tag }) => tag);
}

interface UnmetPermissive extends Refusal {
  readonly code: 'permissive_not_readable' | 'permissive_not_met';
}

/** What now forbids the step, by good live values; undefined when nothing does. A tag that cannot be read forbids it. */
export function unmetPermissive(
  { permissives = [] }: Pick<Action, 'permissives'>,
  live: ReadonlyMap<string, number>,
): UnmetPermissive | undefined {
  for (const permissive of permissives) {
    const found = live.get(permissive.tag);
    const must = `'${permissive.tag}' must ${wantedOf(permissive)}`;
    if (found === undefined) return { code: 'permissive_not_readable', reason: `${must} and cannot be read` };
    if (!isMet(permissive, found)) return { code: 'permissive_not_met', reason: `${must} and is ${found}` };
  }
  return undefined;
}

/** A permissive that no plant can answer; undefined when every tag is an absolute path. */
export function invalidPermissive(action: Pick<Action, 'permissives'>): Refusal | undefined {
  const tag = permissiveTags(action).find((path) => !isAbsoluteTagPath(path));
  return tag === undefined
    ? undefined
    : { code: 'tag_invalid', reason: `a permissive's tag path '${tag}' is not an absolute [provider]Folder/Tag` };
}
