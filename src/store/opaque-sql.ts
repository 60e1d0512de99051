import type { Dialect } from './dialect.ts';

type Engine = Dialect['name'];

const COMMENT = /^(?:--|\/\*)/;
export const MARK = '\u0000';

/** Text that must not be looked into: string literals, quoted identifiers, comments; of a comment that may hold others the beginning alone. */
const OPAQUE: Readonly<Record<Engine, RegExp>> = {
  embedded: /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\//g,
  // A backslash escapes, except in r'raw strings'. Brackets hold an index. A line's comment ends with either end of a line.
  databricks: /\br(?:'[^']*'|"[^"]*")|'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"|`(?:[^`]|``)*`|--(?:\\\n|[^\r\n])*|\/\*/gi,
};

/** Where the comment ends that begins there; one within it has an end of its own. */
function endOfComment(sql: string, start: number): number {
  const edges = /\/\*|\*\//g;
  edges.lastIndex = start;
  for (let depth = 0, edge = edges.exec(sql); edge; edge = edges.exec(sql)) {
    depth += edge[0] === '/*' ? 1 : -1;
    if (depth === 0) return edges.lastIndex;
  }
  return sql.length;
}

/** The opaque parts of a statement, and the statement with a numbered mark in each one's place. */
export function splitOpaque(sql: string, engine: Engine): { readonly bare: string; readonly opaque: readonly string[] } {
  const opaque: string[] = [];
  const text = sql.replaceAll(MARK, '');
  const parts = new RegExp(OPAQUE[engine]);
  let bare = '';
  let from = 0;
  for (let found = parts.exec(text); found; found = parts.exec(text)) {
    if (found[0] === '/*') parts.lastIndex = endOfComment(text, found.index);
    bare += `${text.slice(from, found.index)}${MARK}${opaque.push(text.slice(found.index, parts.lastIndex)) - 1}${MARK}`;
    from = parts.lastIndex;
  }
  return { bare: bare + text.slice(from), opaque };
}

/** The same without comments: a blank stands in each one's place. */
export function splitWithoutComments(sql: string, engine: Engine): ReturnType<typeof splitOpaque> {
  const { bare, opaque } = splitOpaque(sql, engine);
  const said = bare.replace(new RegExp(`${MARK}(\\d+)${MARK}`, 'g'), (found, index: string) =>
    COMMENT.test(opaque[Number(index)] ?? '') ? ' ' : found,
  );
  return { bare: said, opaque };
}

/** Puts the opaque parts back where they were. */
export function joinOpaque(bare: string, opaque: readonly string[]): string {
  return bare.replace(new RegExp(`${MARK}(\\d+)${MARK}`, 'g'), (_found, index: string) => opaque[Number(index)] ?? '');
}

/**
 * How many statements a text holds, comments and empty ones not counted: drivers take the first and say nothing about the
 * rest. The semicolons inside of a trigger's body do not end it.
 */
export function countStatements(sql: string, engine: Engine): number {
  const { bare } = splitWithoutComments(sql, engine);
  if (/^\s*CREATE\s+(?:TEMP(?:ORARY)?\s+)?TRIGGER\b/i.test(bare)) return 1;
  return bare.split(';').filter((statement) => statement.trim() !== '').length;
}

/** Whether a statement only asks, so that it matters to nobody how often it is sent. What begins with anything else may write. */
export function isQuestion(sql: string, engine: Engine): boolean {
  return /^\s*(?:SELECT|VALUES|SHOW|DESC|DESCRIBE|EXPLAIN)\b/i.test(splitWithoutComments(sql, engine).bare);
}
