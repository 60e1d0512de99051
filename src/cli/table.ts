import { Table } from 'console-table-printer';

import { plain } from './output.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Longer cells are wrapped. */
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

/** A table for people; rows of `cells` in the order of the columns. Control characters in a cell become blanks. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  const drawn = new Table({
    style: FRAME,
    shouldDisableColors: true,
    columns: columns.map(({ title, align, maxLength = Number.POSITIVE_INFINITY }, index) => ({
      name: String(index),
      title,
      alignment: align ?? 'left',
      // The library makes a column with a limit as wide as the limit, so only one that needs it gets it.
      ...(rows.some((row) => cellLength(row[index]) > maxLength) ? { maxLen: maxLength } : {}),
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
