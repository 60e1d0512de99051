/**
 * A number in (−1, 1), around 0 and triangular, that depends on the key only: no state to carry between processes.
 * The text is hashed with FNV-1a and drawn from with mulberry32, both public domain.
 */
export function noise(key: string): number {
  const next = mulberry32(fnv1a(key));
  return next() + next() - 1;
}

/** Uniform in [0, 1), and by the key only, as noise() is. */
export function uniform(key: string): number {
  return mulberry32(fnv1a(key))();
}

/** Uniform in [0, 1), the same sequence for the same seed. Not for secrets. */
export function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}
