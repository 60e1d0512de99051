/** Where a value stands in the configuration: keys, and positions in lists. */
export type Path = readonly PropertyKey[];

/** `rules.bands[0].actions[1].set`, as problems name it. */
export function pathText(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

/** Node's code of an error; by its shape, because under Jest its errors are no instances of this realm's Error. */
export function codeOf(thrown: unknown): string {
  return isRecord(thrown) && 'code' in thrown ? String(thrown['code']) : 'unknown';
}

function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return value !== null && typeof value === 'object';
}

/** The value at `path`, or undefined when there is none. Own keys only: `toString` is not a key of the file. */
export function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const part of path) {
    if (!isRecord(current) || !Object.hasOwn(current, part)) return undefined;
    current = current[part];
  }
  return current;
}

/**
 * Puts a value under a dotted path, in place, making the sections that are missing. Where the file has something
 * else than a section in the way, nothing is changed: the check of the whole then names that.
 */
export function putAt(root: unknown, path: string, value: unknown): void {
  const parts = path.split('.');
  const last = parts.pop();
  let current = root;
  for (const part of parts) {
    if (!isRecord(current) || Array.isArray(current)) return;
    if (!Object.hasOwn(current, part)) current[part] = {};
    current = current[part];
  }
  if (last !== undefined && isRecord(current) && !Array.isArray(current)) current[last] = value;
}
