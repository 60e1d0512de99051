/** What `trim` takes off, white space and ends of lines (ECMA-262, 12.2 and 12.3): for engines whose own TRIM takes off one kind of blank. */
export const BLANKS: readonly number[] = [
  0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a,
  0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff,
];

/** A word that somebody wrote into a column, as it is compared with ours: a pasted one brings tabs and ends of lines along. '' where there is none. */
export function wordOf(text: string | null): string {
  return (text ?? '').trim().toLowerCase();
}
