/** What a header of HTTP takes as one word; with anything else a client fails in the middle of a request, or sends another header. */
const HEADER_TOKEN = /^[\x21-\x7e]+$/;

/** Whether a secret can stand in a header of HTTP. */
export function isHeaderToken(text: string): boolean {
  return HEADER_TOKEN.test(text);
}
