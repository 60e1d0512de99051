import { AgentError } from '../domain/errors.ts';
import type { Recommendation } from '../domain/recommendation.ts';
import type { OperatorStore } from '../ports/operator-store.ts';
import { plain } from './output.ts';

/** Shorter ones would be guesses: a prefix of 4 hexadecimal digits already is one of 65,536. */
const SHORTEST_PREFIX = 4;

/** How ids are shown where space is short. */
export function shortId(id: string): string {
  return plain(id.slice(0, 8));
}

/**
 * The one recommendation whose id begins with `prefix`.
 * @throws AgentError usage for a prefix that is too short, not_found, conflict for one that several share.
 */
export async function findRecommendation(store: OperatorStore, prefix: string): Promise<Recommendation> {
  const wanted = prefix.trim().toLowerCase();
  if (wanted.length < SHORTEST_PREFIX)
    throw new AgentError('usage', `'${prefix}' is too short for an id`, `give ${SHORTEST_PREFIX} characters or more`);
  const rows = await store.findRecommendations(wanted);
  const [found] = rows;
  if (found === undefined)
    throw new AgentError('not_found', `there is no recommendation '${prefix}'`, 'list them: ops-agent recommendations');
  refuseAmbiguous(
    prefix,
    wanted,
    rows.map(({ recommendationId }) => recommendationId),
  );
  return found;
}

/** @throws AgentError conflict where several of the ids that were found, in order, begin with what was given, and none is it. */
export function refuseAmbiguous(given: string, wanted: string, [found = '', another]: readonly string[]): void {
  if (another === undefined || found === wanted) return;
  throw new AgentError(
    'conflict',
    `'${plain(given)}' is the beginning of more than one id: ${plain(found)}, ${plain(another)}`,
    'give more characters',
  );
}
