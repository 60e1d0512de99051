/** Text that is markup already: nothing but `html` makes it, so a value that was read anywhere cannot become an element. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export type Child = Markup | string | number | null | readonly Child[];

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** No character that a page shows: they end a line early, or turn the order in which the rest is read (UAX #9). */
// eslint-disable-next-line no-control-regex -- control characters are what it replaces
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function escaped(text: string): string {
  return text.replaceAll(INVISIBLE, '\ufffd').replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

function textOf(child: Child): string {
  if (child === null) return '';
  if (child instanceof Markup) return child.toString();
  return typeof child === 'string' || typeof child === 'number' ? escaped(String(child)) : child.map(textOf).join('');
}

/**
 * Markup from a template: every value in it is escaped, for text and for attributes in quotes alike, unless it was made by this function.
 * Null is nothing, a list its parts.
 */
export function html(strings: TemplateStringsArray, ...children: readonly Child[]): Markup {
  return new Markup(strings.map((text, index) => `${text}${textOf(children[index] ?? null)}`).join(''));
}

/** A style sheet of our own, which a browser reads as it is: nothing in it is escaped, so nothing that was read may be in it. */
export function styleSheet(css: string): Markup {
  return new Markup(`<style>${css}</style>`);
}
