/** `1 row`, `2 rows`; `plural` where it is made another way than by an s. */
export function counted(count: number, what: string, plural = `${what}s`): string {
  return `${count} ${count === 1 ? what : plural}`;
}
