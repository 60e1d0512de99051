/**
 * The first of those that have the same id. Delta has no keys: a row that was inserted a second time, by a restore for instance, is still one
 * recommendation or one command, and what is decided about it is decided once. Writes change all of its copies.
 */
export function oneEach<T>(items: readonly T[], idOf: (item: T) => string | null): readonly T[] {
  const seen = new Set<string | null>();
  return items.filter((item) => {
    const id = idOf(item);
    const isFirst = !seen.has(id);
    seen.add(id);
    return isFirst;
  });
}
