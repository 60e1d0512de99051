import { type KeyRing, parseKeyRing } from '../../src/domain/key-ring.ts';

/** The ring that a text of the environment is; one that is none fails the test. */
export function ringOf(text: string | undefined): KeyRing {
  const parsed = parseKeyRing(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.ring;
}
