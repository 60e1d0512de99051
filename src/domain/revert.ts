import { judgeSeal } from './check-dispatch.ts';
import type { Command } from './command.ts';
import { commandIdOf, recommendationIdOf } from './ids.ts';
import type { KeyRing } from './key-ring.ts';
import type { LiveValues } from './live-values.ts';
import type { Recommendation } from './recommendation.ts';
import { mayHaveWritten } from './sent.ts';
import { judgeTag, judgeValue, type TagPolicy } from './tags.ts';
import { MOST_ACTIONS, type ResolvedAction, type Ticket } from './ticket.ts';

/** The steps that put back what was written, or why there are none: a sentence for the operator who asked. */
export type Revert = { readonly actions: readonly ResolvedAction[] } | { readonly refused: string };

/** The step back from one that was approved, permitted by what permitted it; null where the value before it is not on record. */
function stepBack(step: ResolvedAction, sequence: number, live: LiveValues): ResolvedAction | null {
  const { tag, type, unit, old: value, permissives } = step;
  if (value === null) return null;
  const direction = value < step.value ? 'decrease' : 'increase';
  return { sequence, tag, value, type, unit, direction, old: live.get(tag) ?? null, ...(permissives && { permissives }) };
}

interface WithTicket {
  readonly command: Command;
  readonly ticket: Ticket | null;
}

interface RevertContext {
  readonly live: LiveValues;
  readonly tags: TagPolicy;
  readonly keys: KeyRing;
}

function byStep({ command: a }: WithTicket, { command: b }: WithTicket): number {
  return (a.sequence ?? 0) - (b.sequence ?? 0);
}

/**
 * The steps back from what the commands of one recommendation wrote, the last one first. They pass the same limits as every other step: a
 * tag that may only be decreased is not raised again by the agent, whoever asks.
 */
export function revertOf(commands: readonly WithTicket[], { live, tags, keys }: RevertContext): Revert {
  const written = commands.filter(({ command }) => mayHaveWritten(command));
  if (written.length === 0) return { refused: 'nothing was written that could be put back' };
  const actions: ResolvedAction[] = [];
  for (const [index, { command, ticket }] of written.toSorted(byStep).toReversed().entries()) {
    // The value to go back to is an operator's to believe: only what was approved says it.
    const seal = judgeSeal(command, ticket, keys);
    if ('broken' in seal) return { refused: `a command of it ${seal.broken}` };
    const action = stepBack(seal.action, index + 1, live);
    if (!action) return { refused: `the value of '${command.tagPath ?? '?'}' before the write is not on record` };
    const tag = judgeTag(action.tag, tags);
    const verdict = tag.allowed ? judgeValue({ ...tag.tag, path: action.tag }, action.value, action.direction, live.get(action.tag)) : tag;
    if (!verdict.allowed) return { refused: `${action.tag} = ${action.value}: ${verdict.reason}` };
    actions.push(action);
  }
  return { actions };
}

/** More follow-ups in a row that had nothing to write than anybody approves. */
const MOST_LINKS = 32;

type Link = Pick<Recommendation, 'recommendationId' | 'equipmentId' | 'issueFamily' | 'followsRecommendationId'>;

/**
 * The recommendations between the row and the one that it says it follows, oldest first; null where it does not come after that one at all.
 * An id is made from the one before it, of the same equipment and family: the column that names the one to put back can be edited, the ids
 * cannot. Whether nothing was written in between is for their commands to say, see commandIdsOf.
 */
export function linksBetween({ recommendationId, equipmentId, issueFamily, followsRecommendationId }: Link): readonly string[] | null {
  if (followsRecommendationId === null) return null;
  const between: string[] = [];
  let id = recommendationIdOf(equipmentId, issueFamily, followsRecommendationId);
  while (id !== recommendationId) {
    between.push(id);
    if (between.length > MOST_LINKS) return null;
    id = recommendationIdOf(equipmentId, issueFamily, id);
  }
  return between;
}

/** Every id that a command of these recommendations can have. */
export function commandIdsOf(recommendationIds: readonly string[]): readonly string[] {
  return recommendationIds.flatMap((id) => Array.from({ length: MOST_ACTIONS }, (_none, index) => commandIdOf(id, index + 1)));
}

/** Why the row cannot put back what it names; undefined where it can. `between` are the commands of the links. */
export function linkFault(links: readonly string[] | null, between: readonly Command[]): string | undefined {
  if (links === null) return 'it follows another recommendation than the one that it names';
  return between.some(mayHaveWritten) ? 'something else was written after what it names' : undefined;
}

/** Whether a ticket is a way back, and no cure: that the condition goes on is no fault of it. It is sealed with that, whatever its row says. */
export function isRevert(ticket: Pick<Ticket, 'turn'> | null | undefined): boolean {
  return ticket?.turn === 'back';
}

/** What the operator is asked to approve, in words. */
export function describeRevert(actions: readonly ResolvedAction[], followedId: string): string {
  const steps = actions.map(({ tag, value, unit }) => `${tag} = ${value}${unit === '' ? '' : ` ${unit}`}`);
  return `Put back what ${followedId.slice(0, 8)} wrote: ${steps.join(', ')}`;
}
