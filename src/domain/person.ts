/** A name as a person reads it: characters that show nothing make no other name. */
export function nameOf(text: string | null): string {
  return (text ?? '').replaceAll(/\p{Cf}/gu, '').trim();
}

/** What two spellings of one person's name have in common. */
export function personKey(text: string | null): string {
  return nameOf(text).toLowerCase();
}

/** Who decided and the way they came, as the audit spells an actor. Plain SQL leaves no way on record. */
export function actorOf(name: string, via: string | null): string {
  return `${name} via ${via ?? 'sql'}`;
}
