import { conditionOf, type DetectedState } from './detection.ts';
import { escalationOf, settlePast, waits } from './episodes.ts';
import type { FamilyHistory } from './recommendation.ts';
import { bandFor } from './rules.ts';
import { isWorse } from './severity.ts';
import type { Decided, Decision, DecisionContext, Situation } from './situation.ts';

/**
 * What violations mean that are older than the family's newest row and that no row accounts for: they came late, or a slice has only now
 * reached them. What was over before that row began is no part of it, however bad it was: the operator decides about what is on now. What was
 * not over is the open row's own episode, which began earlier than it says, and may be worse.
 */
export function decideEarlier(situation: Situation, context: DecisionContext): Decided {
  const row = situation.open ?? situation.newest;
  const { late, backlog, live } = situation.earlier ?? {};
  const decisions: Decision[] = [];
  const parts = [late, backlog, live].filter((part) => part !== undefined);
  for (const [index, part] of parts.entries()) {
    const decision = row && decidePart(situation, row, part, context);
    if (decision) decisions.push(decision);
    // The row is another one then, for which the next cycle looks at the rest.
    if (decision?.kind === 'escalate' || decision?.kind === 'open') return { decisions, isWhole: index === parts.length - 1 };
  }
  return { decisions, isWhole: true };
}

function decidePart(situation: Situation, row: FamilyHistory, part: DetectedState, context: DecisionContext): Decision | undefined {
  const { family, open } = situation;
  const { raised } = part;
  if (!raised) return undefined;
  // Rows that came in time are not among the late ones, so that these cannot tell whether it was on until the row began.
  const isOver = part.part === 'late' || conditionOf(part, family, 0, 0) === 'cleared';
  // While there is a backlog, what lies before the live range is not read yet: the slices will tell.
  if (part.part === 'live' ? isOver && context.backlogUpTo !== null : waits(part, context)) return undefined;
  // A slice that ends before the row began does not tell whether it went on until then.
  const goesOn = !isOver && (part.part === 'live' || row.firstDetectedTimestamp <= (context.backlogUpTo ?? Infinity));
  if (!open || !goesOn) return settlePast(situation, part, { predecessor: null, beside: row }, context);
  const band = bandFor(family, raised.peak.value);
  // What is being carried out does not change any more.
  const settled = () => settlePast(situation, part, { predecessor: null, beside: row }, context);
  if (band && isWorse(band.severity, open.severity)) return escalationOf(situation, open, part, context) ?? settled();
  return { kind: 'extend', row: open, from: raised.firstAt, upTo: open.lastAccountedTimestamp };
}
