/** What a header of HTTP takes as one word; with anything else a client fails in the middle of a request, or sends another header. */
const HEADER_TOKEN = /^[\x21-\x7e]+$/;

/** Who writes a token's file anew and does not rename one into its place empties it first: how long is waited for what follows, milliseconds. */
export const REWRITE_WAITS_MS: readonly number[] = [20, 80, 400];

/** Whether a secret can stand in a header of HTTP. */
export function isHeaderToken(text: string): boolean {
  return HEADER_TOKEN.test(text);
}
