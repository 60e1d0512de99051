/** A pattern of the configuration for `LIKE … ESCAPE '!'` over a lower-case id: `*` is any run of characters, everything else stands for itself. */
export function like(pattern: string): string {
  return pattern.toLowerCase().replace(/[!%_]/g, '!$&').replaceAll('*', '%');
}
