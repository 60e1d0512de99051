/** Words of the domain's own, as the list of an IN: never what somebody else wrote. */
export function wordList(words: readonly string[]): string {
  return `(${words.map((word) => `'${word}'`).join(', ')})`;
}
