import { conditionOf, type DetectedState } from './detection.ts';
import { escalationOf, proposalOf, waits, wasDisbelieved } from './episodes.ts';
import type { FamilyHistory } from './recommendation.ts';
import { bandFor } from './rules.ts';
import { isWorse } from './severity.ts';
import type { Decision, DecisionContext, Situation } from './situation.ts';

/**
 * What violations mean that are older than the family's newest row and that no row accounts for: they came late, or a slice has only now
 * reached them. What was over before that row began is another episode, recorded beside it however bad it was: the operator decides about
 * what is on now. What was not over is the row's own episode, which began earlier than it says, and may be worse.
 */
export function decideEarlier(situation: Situation, context: DecisionContext): readonly Decision[] {
  const row = situation.open ?? situation.newest;
  const { late, backlog, live } = situation.earlier ?? {};
  if (!row) return [];
  const decisions: Decision[] = [];
  for (const part of [late, backlog, live]) {
    const decision = part && decidePart(situation, row, part, context);
    // The parts come in the order of their times: the first one says when it began.
    const isSaid = decision?.kind === 'extend' && decisions.some(({ kind }) => kind === 'extend');
    if (decision && !isSaid) decisions.push(decision);
    // The row is another one then, for which the next cycle looks at the rest.
    if (decision?.kind === 'escalate' || decision?.kind === 'open') break;
  }
  return decisions;
}

function decidePart(situation: Situation, row: FamilyHistory, part: DetectedState, context: DecisionContext): Decision | undefined {
  const { family, open } = situation;
  const { raised } = part;
  if (!raised) return undefined;
  // Rows that came in time are not among the late ones, so that these cannot tell whether it was on until the row began.
  const isOver = part.part === 'late' || conditionOf(part, family, 0, 0) === 'cleared';
  // While there is a backlog, what lies before the live range is not read yet: the slices will tell.
  if (part.part === 'live' ? isOver && context.backlogUpTo !== null : waits(part, context)) return undefined;
  if (isOver) return wasDisbelieved(situation, raised, context) ? undefined : recordOf(situation, row, part);
  const goesOn = part.part === 'live' || row.firstDetectedTimestamp <= (context.backlogUpTo ?? Infinity);
  const worse = open && escalationOf(situation, open, part, context);
  if (worse) return goesOn ? worse : withoutBeginning(worse, row);
  const band = bandFor(family, raised.peak.value);
  // What has ended keeps its severity: how bad it had been is on record beside it.
  if (!open && band && isWorse(band.severity, row.severity)) return recordOf(situation, row, part);
  return goesOn ? { kind: 'extend', row, firstDetectedAt: raised.firstAt } : undefined;
}

/**
 * The first part of an episode that a slice cuts in two because it lasts too long. Nothing says that it went on until the row began: it can
 * make the row worse, and its last part will be recorded when a slice has seen the end of it.
 */
function withoutBeginning<T extends Extract<Decision, { kind: 'escalate' | 'open' }>>(decision: T, row: FamilyHistory): T {
  const { firstDetectedTimestamp: firstDetectedAt, lastAccountedTimestamp: accountedTo } = row;
  return { ...decision, proposal: { ...decision.proposal, firstDetectedAt, accountedTo } };
}

function recordOf(situation: Situation, row: FamilyHistory, part: DetectedState): Decision {
  const lastAt = part.raised?.lastAt ?? 0;
  return { kind: 'record', proposal: { ...proposalOf(situation, part, null, lastAt), beside: row } };
}
