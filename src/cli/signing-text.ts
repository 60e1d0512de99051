import { isoOf } from '../domain/instant.ts';
import { SIGNING_KEY_VARIABLE } from '../domain/key-ring.ts';
import { signingOf, type SigningFacts } from '../domain/row-signatures.ts';

/** What is to be said of it to people; null where there is nothing to say. The row may be an old one: what the agent runs with now is not on record. */
export function signingText(facts: SigningFacts): string | null {
  if (signingOf(facts) !== 'stopped') return null;
  const when = facts.newestAt === null ? 'whose time is none' : `of ${isoOf(facts.newestAt)}`;
  return `the agent's newest row in the audit, ${when}, bears no signature, and rows before it do: it was written without ${SIGNING_KEY_VARIABLE}`;
}
