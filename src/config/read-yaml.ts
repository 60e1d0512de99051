import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type YAMLError } from 'yaml';

import { pathText, type Path } from './paths.ts';
import { type LooseProblem, problemsError } from './problems.ts';

export interface YamlFile {
  /** Plain data; an empty file is an empty section. */
  readonly value: unknown;
  /** Line and column of the key or entry at `path`, or of the nearest thing around it that the file has; both from 1. */
  readonly locate: (path: Path) => YamlPlace | undefined;
  /** What does not keep the rest from being checked: keys that stand twice. */
  readonly problems: readonly LooseProblem[];
}

export interface YamlPlace {
  readonly line: number;
  readonly column: number;
}

/** `line L, column C` */
export function placeText(place: YamlPlace): string {
  return `line ${place.line}, column ${place.column}`;
}

/** Reads a YAML text with positions. Throws AgentError 'usage' naming every place where it is no YAML. */
export function readYaml(text: string, file: string): YamlFile {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true });
  const place = (offset: number): YamlPlace => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  const entries = entriesOf(document.contents, []);
  const pathAt = (error: YAMLError) => pathText(entries.find((entry) => entry.offset === error.pos[0])?.path ?? []);
  const described = document.errors.map((error) => {
    const at = place(error.pos[0]);
    const path = pathAt(error);
    const where = path === '' ? placeText(at) : `${path} (${placeText(at)})`;
    return {
      where,
      line: at.line,
      text: error.code === 'DUPLICATE_KEY' ? 'stands twice in its section' : `is not valid YAML: ${oneLine(error.message)}`,
    };
  });
  // After a syntax error the rest of the tree is guesswork, and its problems would be noise.
  if (document.errors.some((error) => error.code !== 'DUPLICATE_KEY')) throw problemsError(file, described);
  return { value: dataOf(document, file, place), locate: locator(entries, place), problems: described };
}

function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ').trim();
}

/** Conversion throws for an alias without an anchor, without saying where, and for one that would expand without end. */
function dataOf(document: ReturnType<typeof parseDocument>, file: string, place: (offset: number) => YamlPlace): unknown {
  const orphans: LooseProblem[] = [];
  visit(document, {
    Alias(_key, alias) {
      const where = placeText(place(alias.range?.[0] ?? 0));
      if (alias.resolve(document) === undefined) orphans.push({ where, text: `'*${alias.source}' has no anchor before it` });
    },
  });
  if (orphans.length > 0) throw problemsError(file, orphans);
  try {
    // The library types its result as `any`.
    const value = document.toJS() as unknown;
    return value ?? {};
  } catch (error) {
    throw problemsError(file, [
      { where: '', text: `is not valid YAML: ${oneLine(error instanceof Error ? error.message : String(error))}` },
    ]);
  }
}

interface Entry {
  readonly path: Path;
  readonly offset: number;
}

/** Every key and list entry with its place. Aliases are not entered: what is in them stands elsewhere, perhaps around us. */
function entriesOf(node: unknown, path: Path): Entry[] {
  if (isAlias(node)) return [];
  if (isMap(node)) {
    return node.items.flatMap(({ key, value }) => {
      if (!isScalar(key)) return [];
      const own = [...path, String(key.value)];
      return [{ path: own, offset: key.range?.[0] ?? 0 }, ...entriesOf(value, own)];
    });
  }
  if (!isSeq(node)) return [];
  return node.items.flatMap((item, index) => {
    const own = [...path, index];
    const offset = typeof item === 'object' && item !== null && 'range' in item && Array.isArray(item.range) ? Number(item.range[0]) : 0;
    return [{ path: own, offset }, ...entriesOf(item, own)];
  });
}

function locator(entries: readonly Entry[], place: (offset: number) => YamlPlace): YamlFile['locate'] {
  // Of a key that stands twice the last one counts, as in the data.
  const offsets = new Map(entries.map((entry) => [pathText(entry.path), entry.offset]));
  return (path) => {
    for (let length = path.length; length > 0; length -= 1) {
      const offset = offsets.get(pathText(path.slice(0, length)));
      if (offset !== undefined) return place(offset);
    }
    return undefined;
  };
}
