import { judgesTicket } from '../domain/event.ts';
import { bearsSignature, keyIdOf, SIGNING_KEY_VARIABLE } from '../domain/key-ring.ts';
import type { StoredEvent } from '../ports/operator-store.ts';
import type { CliContext } from './context.ts';
import { plain } from './output.ts';

/** Warns whoever decides without a key about what is signed: what they decide may count, and their row of the audit proves nothing. */
export async function warnOfMissingKey(context: CliContext, newestFirst: readonly StoredEvent[]): Promise<void> {
  const { signingKeys } = await context.settings();
  const signature = newestFirst.find(judgesTicket)?.signature ?? null;
  if (signingKeys.length > 0 || !bearsSignature(signature)) return;
  context.out.note(
    `ops-agent: warning: the ticket is signed with the key '${plain(keyIdOf(signature))}', and ${SIGNING_KEY_VARIABLE} holds none here: whether the agent accepts it is not known, and this decision is told to the audit without a signature`,
  );
}
