import type { KnownFamily } from './detection.ts';
import type { Instant } from './instant.ts';
import type { FamilyHistory } from './recommendation.ts';
import { familyFor, type RuleBook } from './rule-book.ts';
import { limitAbove } from './rules.ts';
import { isWorse } from './severity.ts';
import { isTerminal } from './transitions.ts';

/** What the engine has to know to count violations once: of the newest row of each family, only what can matter to readings after `oldest`. */
export function knownFamilies(rules: RuleBook, histories: readonly FamilyHistory[], oldest: Instant): readonly KnownFamily[] {
  const matters = (history: FamilyHistory) =>
    isWatched(history) || (history.quietUntil ?? 0) > oldest || history.lastAccountedTimestamp > oldest;
  return histories.filter(matters).flatMap((history) => {
    const family = familyFor(rules, history.equipmentId, history.issueFamily);
    if (!family) return [];
    return {
      equipmentId: history.equipmentId,
      familyId: history.issueFamily,
      accountedTo: history.lastAccountedTimestamp,
      quietUntil: history.quietUntil,
      breakLimit: limitAbove(family, history.severity, isWorse) ?? null,
      worseFrom: worseFrom(history),
      report: isWatched(history),
    };
  });
}

/**
 * What is worse counts from the row's beginning on, also when it arrives late and the row has ended: nobody saw it. Not after a command:
 * what was measured before it says nothing about what it did.
 */
function worseFrom({ status, firstDetectedTimestamp, lastAccountedTimestamp }: FamilyHistory): Instant {
  const isActedOn = status === 'executing' || status === 'executed' || status === 'failed';
  if (isActedOn) return lastAccountedTimestamp;
  // The last violation of an episode that is recorded beside the row is on record, although it may be worse than the row.
  return firstDetectedTimestamp <= lastAccountedTimestamp ? firstDetectedTimestamp : lastAccountedTimestamp + 1;
}

/** Open, or executed and not verified: its state is wanted even when nothing violates. */
function isWatched(history: FamilyHistory): boolean {
  return !isTerminal(history.status) || (history.status === 'executed' && history.outcome === null);
}
