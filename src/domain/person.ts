/** A name as a person reads it: characters that show nothing, and wider blanks, make no other name. */
export function nameOf(text: string | null): string {
  return (
    (text ?? '')
      // Braille's blank cell is the one blank that Unicode calls a symbol.
      .replaceAll(/[\s\u2800]+/gu, ' ')
      .replaceAll(/[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '')
      .replaceAll(/ +/g, ' ')
      .trim()
  );
}

/**
 * What two spellings of one person's name have in common: composed or not, wide or narrow, in any case (UAX #15 NFKC; through upper
 * case for ß and its like, and there from lower case for ẞ); all dashes are one. Letters of another alphabet that look alike stay different: only who is logged in can tell those people apart.
 */
export function personKey(text: string | null): string {
  const composed = nameOf(nameOf(text).normalize('NFKC')).replaceAll(/[\p{Pd}\u2212]/gu, '-');
  return composed.toLowerCase().toUpperCase().toLowerCase().normalize('NFKC').replaceAll('\u0307', '');
}

/** Who decided and the way they came, as the audit spells an actor. Plain SQL leaves no way on record. */
export function actorOf(name: string, via: string | null): string {
  return `${name} via ${via ?? 'sql'}`;
}
