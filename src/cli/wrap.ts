import { stripVTControlCharacters } from 'node:util';

/** Where the rest of a line goes on that a terminal is too narrow for. */
export const HANGING = 6;

/** How many characters a line of the terminal has; without a terminal there is no width to keep to, and lines can be searched. */
export function terminalWidth(): number {
  return process.stdout.isTTY && process.stdout.columns > 0 ? process.stdout.columns : Number.POSITIVE_INFINITY;
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/**
 * A line broken between words where it is longer than `width`, its further lines indented. A word that is too long stands alone and is left
 * to the terminal: an id or a hash must stay in one piece to be copied.
 */
export function wrapped(line: string, width: number, indent: number): string {
  if (widthOf(line) <= width) return line;
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(/(?<=\S)(?= )/)) {
    if (current.trim() === '' || widthOf(current + word) <= width) current += word;
    else {
      lines.push(current);
      current = `${' '.repeat(indent)}${word.trimStart()}`;
    }
  }
  return [...lines, current].join('\n');
}
