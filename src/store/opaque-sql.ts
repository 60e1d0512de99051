/** Text that must not be looked into: string literals, quoted identifiers, comments. */
const OPAQUE = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\//g;
const COMMENT = /^(?:--|\/\*)/;
export const MARK = '\u0000';

/** The opaque parts of a statement, and the statement with a numbered mark in each one's place. */
export function splitOpaque(sql: string): { readonly bare: string; readonly opaque: readonly string[] } {
  const opaque: string[] = [];
  const bare = sql.replaceAll(MARK, '').replace(OPAQUE, (found) => `${MARK}${opaque.push(found) - 1}${MARK}`);
  return { bare, opaque };
}

/** The same without comments: a blank stands in each one's place. */
export function splitWithoutComments(sql: string): ReturnType<typeof splitOpaque> {
  const { bare, opaque } = splitOpaque(sql);
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
export function countStatements(sql: string): number {
  const { bare } = splitWithoutComments(sql);
  if (/^\s*CREATE\s+(?:TEMP(?:ORARY)?\s+)?TRIGGER\b/i.test(bare)) return 1;
  return bare.split(';').filter((statement) => statement.trim() !== '').length;
}

/** Whether a statement only asks, so that it matters to nobody how often it is sent. What begins with anything else may write. */
export function isQuestion(sql: string): boolean {
  return /^\s*(?:SELECT|VALUES|SHOW|DESC|DESCRIBE|EXPLAIN)\b/i.test(splitWithoutComments(sql).bare);
}
