import { stringify } from 'csv-stringify/sync';

/** A line of names. */
export function csvHeader(columns: readonly string[]): string {
  return stringify([columns]);
}

/**
 * What a spreadsheet may run as a formula: https://owasp.org/www-community/attacks/CSV_Injection, a line feed and a byte order mark, behind
 * which some look for one, and the full-width signs. With apostrophes before it, it looks like what we make of it.
 */
const FORMULA = /^'*[=+\-@\t\r\n\ufeff\uff1d\uff0b\uff0d\uff20]/;

/**
 * Lines of CSV (RFC 4180 with line feeds). A text that a spreadsheet would run as a formula gets an apostrophe before it, so that such a
 * cell is not the very text that is stored. One apostrophe less, where a cell fits FORMULA, is.
 */
export function csvLines(rows: readonly (readonly (string | number | null)[])[]): string {
  return stringify(
    rows.map((row) => row.map((cell) => (typeof cell === 'string' && FORMULA.test(cell) ? `'${cell}` : cell))),
    // A carriage return alone ends a line for some readers.
    { quoted_match: /[\r\n]/ },
  );
}
