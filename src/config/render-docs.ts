import { AgentError } from '../domain/errors.ts';
import type { ConfigKey } from './describe.ts';

const BEGIN = '<!-- keys: generated from src/config/schema.ts -->';
const END = '<!-- /keys -->';

/** The document with the table of keys between its two marks made anew. Throws AgentError 'bug' when a mark is missing. */
export function withKeyTables(document: string, keys: readonly ConfigKey[]): string {
  return withBetween(document, BEGIN, END, keyTables(keys));
}

/** The document with `text` in the place of what stands between two marks. Throws AgentError 'bug' when a mark is missing. */
export function withBetween(document: string, beginMark: string, endMark: string, text: string): string {
  const begin = document.indexOf(beginMark);
  const end = document.indexOf(endMark);
  if (begin < 0 || end < begin) throw new AgentError('bug', `the document lacks the marks ${beginMark} and ${endMark}`);
  return `${document.slice(0, begin + beginMark.length)}\n\n${text}\n\n${document.slice(end)}`;
}

function keyTables(keys: readonly ConfigKey[]): string {
  const scalars = keys.filter((key) => key.environment !== null);
  const structures = keys.filter((key) => key.environment === null);
  return [
    '### Single values',
    table(['key', 'default', 'environment', 'meaning'], scalars.map(scalarRow)),
    '### Lists and maps (file only)',
    table(['key', 'default', 'meaning'], structures.map(structureRow)),
  ].join('\n\n');
}

function scalarRow(key: ConfigKey): string[] {
  return [code(key.path), defaultOf(key), code(key.environment ?? ''), `${key.description}${optionsOf(key)}`];
}

function structureRow(key: ConfigKey): string[] {
  return [code(key.path), defaultOf(key), key.description];
}

function optionsOf(key: ConfigKey): string {
  return key.options.length === 0 ? ` (${key.type}${key.nullable ? ' or `null`' : ''})` : ` (one of ${key.options.map(code).join(', ')})`;
}

function defaultOf(key: ConfigKey): string {
  if (key.default === undefined) return key.defaultText;
  return code(typeof key.default === 'string' ? key.default : key.defaultText);
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Columns padded as prettier pads them, so that formatting and this agree. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  const [first = [], ...rest] = cells;
  return [line(first), line(rule), ...rest.map(line)].join('\n');
}
