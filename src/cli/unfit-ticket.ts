import { AgentError } from '../domain/errors.ts';
import { judgesTicket } from '../domain/event.ts';
import { keyIdOf, SIGNING_KEY_VARIABLE } from '../domain/key-ring.ts';
import { judgeRowSignature } from '../domain/row-signatures.ts';
import type { StoredEvent } from '../ports/operator-store.ts';
import type { CliContext } from './context.ts';
import { shortId } from './find-recommendation.ts';
import { plain } from './output.ts';

/** Whether an event issued a ticket after this one, by the chain: a time that somebody edited makes an older row the newest. */
function standsBehind(event: StoredEvent, { agentId, chainSeq }: StoredEvent): boolean {
  return judgesTicket(event) && event.agentId === agentId && (event.chainSeq ?? 0) > (chainSeq ?? Number.POSITIVE_INFINITY);
}

/**
 * Why the next cycle would end the recommendation instead of judging an approval of it, by the rule of the cycle itself: its ticket is not
 * the last of its chain, or not signed with a key of these. Undefined where it is, or where no key is given, so that nobody can say.
 * `newestFirst` are the row's events.
 */
export async function unfitTicket(
  context: CliContext,
  recommendationId: string,
  newestFirst: readonly StoredEvent[],
): Promise<AgentError | undefined> {
  const { signingKeys: keys } = await context.settings();
  const issued = newestFirst.find(judgesTicket);
  if (issued === undefined) return undefined;
  const about = `the ticket of recommendation ${shortId(recommendationId)}`;
  if (newestFirst.some((event) => standsBehind(event, issued)))
    return new AgentError(
      'conflict',
      `${about} is the newest by its time and not the last of its chain: the next cycle ends it`,
      'look at: ops-agent audit verify',
    );
  if (keys.length === 0) return undefined;
  switch (judgeRowSignature(issued, keys)) {
    case 'valid':
      return undefined;
    case 'missing':
      return new AgentError(
        'conflict',
        `${about} bears no signature (it is of before there were keys, or nobody who has one wrote it): the next cycle ends it`,
        'run a cycle with the key; while the condition holds it is recommended anew',
      );
    case 'unknown_key':
      return new AgentError(
        'conflict',
        `${about} is signed with the key '${plain(keyIdOf(issued.signature ?? ''))}', which ${SIGNING_KEY_VARIABLE} does not hold: the next cycle would end it`,
        `give the agent and the command line the same keys, the older ones behind the new one`,
      );
    case 'invalid':
      return new AgentError(
        'conflict',
        `${about} bears a signature that is not right: somebody changed it`,
        'look at: ops-agent audit verify',
      );
  }
}
