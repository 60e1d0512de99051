import { type Instant, isoOf } from '../../../domain/instant.ts';
import { html, type Markup } from './markup.ts';

/** A time for people and for programs; a dash where there is none. */
export function timeMarkup(at: Instant | null): Markup {
  if (at === null) return html`-`;
  const iso = isoOf(at);
  // The day may stand above the time where there is little room, and nothing else is ever broken.
  return html`<time datetime="${iso}"><span>${iso.slice(0, 10)}</span> <span>${iso.slice(11)}</span></time>`;
}
