import { escapedJson, onItsLines, onOneLine } from '../domain/printable.ts';

/** Results go to stdout, everything else to stderr, so that a result can be piped. */
export interface Output {
  /** One line, or several; the line break at the end is added. */
  print(text: string): void;
  /** One JSON value, indented. */
  json(value: unknown): void;
  /** A part of a long result, as it is. Resolves once it is handed on; false when nobody reads any more. */
  write(text: string): Promise<boolean>;
  /** Words for people that are no result. */
  note(text: string): void;
}

/** As picocolors paints; parted by it, a text has its colours at the odd places. */
// eslint-disable-next-line no-control-regex -- colours are control characters
const COLOURS = /(\u001b\[\d+(?:;\d+)*m)/;

/** The last sieve before a terminal: whatever a page forgot to make printable is made so here, colours excepted where there are any. */
function printable(text: string, areColoursWanted: boolean): string {
  if (!areColoursWanted) return onItsLines(text);
  return text
    .split(COLOURS)
    .map((part, index) => (index % 2 === 1 ? part : onItsLines(part)))
    .join('');
}

/** @param areColoursWanted whether what is printed may have colours of ours */
export function outputOf(areColoursWanted: boolean): Output {
  return {
    print: (text) => void process.stdout.write(`${printable(text, areColoursWanted)}\n`),
    json: (value) => void process.stdout.write(`${escapedJson(JSON.stringify(value, null, 2))}\n`),
    write: (text) => new Promise((resolve) => process.stdout.write(text, (error) => resolve(!error))),
    note: (text) => void process.stderr.write(`${printable(text, areColoursWanted)}\n`),
  };
}

/**
 * Whether stdout gets colours: not with --no-color, NO_COLOR (https://no-color.org: present and not empty), or where it is no terminal.
 */
export function hasColours(globals: { readonly color?: boolean }, env: NodeJS.ProcessEnv): boolean {
  const wanted = globals.color !== false && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return wanted && (process.stdout.isTTY || Boolean(env['FORCE_COLOR']));
}

/** Text from the store or the plant on one line of a terminal: an equipment id must not be able to move the cursor. */
export function plain(text: string): string {
  return onOneLine(text);
}

/** A word of a command line that can be pasted: quoted where a shell would take it apart. */
export function shellWord(text: string): string {
  return /^[\w./@+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
