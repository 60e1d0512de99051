/**
 * What moves a cursor, rings a bell, begins a line or turns the writing direction: control characters (C0, DEL, C1), the two separators of
 * lines, and the marks of the bidirectional algorithm (Unicode Standard Annex 9), with which a text can be shown as another one.
 */
// eslint-disable-next-line no-control-regex -- control characters are what it finds
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;

/** Text of anybody's on one line of a terminal or a log: it can neither move the cursor nor forge a line. */
export function onOneLine(text: string): string {
  return text.replace(UNPRINTABLE, ' ');
}

/** The same of a text of several lines, whose ends of lines are our own. */
export function onItsLines(text: string): string {
  return text.replace(UNPRINTABLE, (found) => (/^\n+$/.test(found) ? found : found.replace(/[^\n]+/g, ' ')));
}

function escaped(sign: string): string {
  return sign === '\n' ? sign : `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** JSON of the same value: what JSON leaves as it is, and a terminal does not, is escaped. */
export function escapedJson(text: string): string {
  return text.replace(UNPRINTABLE, (found) => found.replace(/./gsu, escaped));
}
