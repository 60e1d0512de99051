import { stringify } from 'csv-stringify/sync';

/** A line of names. */
export function csvHeader(columns: readonly string[]): string {
  return stringify([columns]);
}

/**
 * Lines of CSV (RFC 4180 with line feeds). A text that a spreadsheet would run as a formula gets an apostrophe before it, so that such a
 * cell is not the very text that is stored.
 */
export function csvLines(rows: readonly (readonly (string | number | null)[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    { escape_formulas: true },
  );
}
