/** What a header of HTTP takes as one word; with anything else a client fails in the middle of a request, or sends another header. */
const HEADER_TOKEN = /^[\x21-\x7e]+$/;

/** Who writes a token's file anew and does not rename one into its place empties it first: how long is waited for what follows, milliseconds. */
export const REWRITE_WAITS_MS: readonly number[] = [20, 80, 400];

/** Whether a secret can stand in a header of HTTP. */
export function isHeaderToken(text: string): boolean {
  return HEADER_TOKEN.test(text);
}

/** Far more than the longest token, which is a JWT; else a wrong path would be read whole with every request. In bytes. */
const LONGEST_FILE = 16 * 1024;

/** What is wrong with a token's file before it is read, to stand behind its name: a pipe would never come to its end. */
export function tokenFileFault({ isFile, size }: { readonly isFile: boolean; readonly size: number }): string | null {
  if (!isFile) return 'is no regular file, nor a link to one';
  return size > LONGEST_FILE ? `is larger than ${LONGEST_FILE / 1024} kB, and so holds more than a token` : null;
}

/** As of a shell's `export TOKEN="…"`: no token of Databricks has quotes, and with them it is refused. */
export function isQuoted(text: string): boolean {
  return /^["']|["']$/.test(text);
}
