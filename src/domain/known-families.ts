import type { KnownFamily } from './detection.ts';
import type { Instant } from './instant.ts';
import { isAhead } from './known-time.ts';
import type { FamilyHistory } from './recommendation.ts';
import { familyFor, type RuleBook } from './rule-book.ts';
import { isTerminal } from './transitions.ts';

/**
 * What the engine has to be told of the newest row of each family: those to report, and those that began after `oldest`, before which
 * nothing is read. A row that says to have begun later than now cannot have, and splits nothing.
 */
export function knownFamilies(rules: RuleBook, newest: readonly FamilyHistory[], oldest: Instant, now: Instant): readonly KnownFamily[] {
  return newest.flatMap((history) => {
    const { equipmentId, issueFamily: familyId, firstDetectedTimestamp: first } = history;
    const began = first > oldest && !isAhead(first, now) ? first : null;
    const report = isWatched(history);
    const isWanted = (report || began !== null) && familyFor(rules, equipmentId, familyId) !== undefined;
    return isWanted ? [{ equipmentId, familyId, began, report }] : [];
  });
}

/** Open, or executed and not verified: its state is wanted even when nothing violates. */
function isWatched(history: FamilyHistory): boolean {
  return !isTerminal(history.status) || (history.status === 'executed' && history.outcome === null);
}
