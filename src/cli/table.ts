import { Table } from 'console-table-printer';

import { plain } from './output.ts';
import { terminalWidth } from './wrap.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Longer cells are wrapped; where a terminal is too narrow for the table, earlier. */
  readonly maxLength?: number;
}

export interface PaintedCell {
  readonly text: string;
  readonly paint: (text: string) => string;
}

export type Cell = string | number | null | PaintedCell;

/** No lines: rows can be cut and grepped. */
const NO_LINE = { left: '', mid: '', right: '', other: '' };
const FRAME = {
  headerTop: NO_LINE,
  headerBottom: NO_LINE,
  tableBottom: NO_LINE,
  vertical: '',
  rowSeparator: NO_LINE,
};

/** Between two columns. */
const GAP = 2;
/** Narrower than this a text is no longer read, but spelled. */
const LEAST_WIDTH = 10;

/** How wide each column is: as wide as its cells and its limit say, and of a table too wide for the terminal the widest texts less. */
function widthsOf(columns: readonly Column[], rows: readonly (readonly Cell[])[], terminal: number): readonly number[] {
  const widths = columns.map(({ title, maxLength = Number.POSITIVE_INFINITY }, index) =>
    Math.max(title.length, Math.min(maxLength, Math.max(0, ...rows.map((row) => cellLength(row[index]))))),
  );
  const total = () => widths.reduce((sum, width) => sum + width, GAP * (columns.length - 1));
  while (total() > terminal) {
    const wide = widths.map((width, index) => {
      const { title, maxLength } = columns[index] ?? { title: '' };
      return maxLength !== undefined && width > Math.max(LEAST_WIDTH, title.length) ? width : 0;
    });
    const widest = Math.max(...wide);
    if (widest === 0) break;
    widths[wide.indexOf(widest)] = widest - 1;
  }
  return widths;
}

/**
 * A table for people; rows of `cells` in the order of the columns. Control characters in a cell become blanks.
 * @param terminal how many characters a line has; without a terminal there is no width to keep to
 */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], terminal = terminalWidth()): string {
  const widths = widthsOf(columns, rows, terminal);
  const drawn = new Table({
    style: FRAME,
    shouldDisableColors: true,
    columns: columns.map(({ title, align }, index) => ({
      name: String(index),
      title,
      alignment: align ?? 'left',
      // The library makes a column with a limit as wide as the limit, so only one that needs it gets it.
      ...(rows.some((row) => cellLength(row[index]) > (widths[index] ?? 0)) ? { maxLen: widths[index] ?? 0 } : {}),
    })),
  });
  for (const row of rows) drawn.addRow(Object.fromEntries(row.map((cell, index) => [String(index), cellText(cell)])));
  const lines = drawn.render().split('\n');
  return lines
    .map((line) => line.replace(/^ /, '').trimEnd())
    .filter((line) => line !== '')
    .join('\n');
}

function cellLength(cell: Cell | undefined): number {
  return typeof cell === 'object' && cell !== null ? cell.text.length : String(cell ?? '').length;
}

function cellText(cell: Cell): string {
  if (cell === null) return '-';
  if (typeof cell !== 'object') return plain(String(cell));
  return cell.paint(plain(cell.text));
}
