import type { FamilyHistory, Recommendation } from './recommendation.ts';
import { isRevert } from './revert.ts';

/** Between what was tried first and what was tried after it. */
const THEN = '; then ';
/** Of a longer history an operator reads the latest part; the rest is in the rows that this one follows. */
const MOST_TRIED = 3;
/** As ids are shown to people. */
const ID_LENGTH = 8;

function outcomeText({ recommendationId, status, outcome, ticket }: FamilyHistory, ineffective: ReadonlySet<string> | undefined): string {
  // A way back was no cure: that the condition goes on says nothing of it.
  if (isRevert(ticket) && status === 'executed') return 'put back';
  if (ineffective?.has(recommendationId)) return 'executed without effect';
  if (outcome === 'ineffective') return 'executed without effect';
  return status;
}

/**
 * What was written for the recommendation that this one follows, how it went, and what was tried before that: an operator who is asked
 * again must know that it is not the first time. `ineffective` are rows of which this very cycle says so.
 */
export function triedBefore(followed: FamilyHistory, ineffective: ReadonlySet<string> | undefined): string {
  const result = followed.executionResult ?? 'no result is on record';
  const last = `${followed.recommendationId.slice(0, ID_LENGTH)} ${outcomeText(followed, ineffective)}: ${result}`;
  const earlier = followed.triedBefore === null ? [] : followed.triedBefore.split(THEN);
  return [...earlier, last].slice(-MOST_TRIED).join(THEN);
}

/** Between the cause and what was tried, in the column that an HMI shows. */
export const BEFORE_HISTORY = '. Tried before: ';

/** The cause as an operator of an HMI reads it: with what was tried. */
export function causeWithHistory(rootCause: string, tried: string | null): string {
  return tried === null ? rootCause : `${rootCause}${BEFORE_HISTORY}${tried}`;
}

/** The cause alone: of a row that has what was tried in a column of its own. */
export function causeAlone({ rootCauseAnalysis, triedBefore: tried }: Pick<Recommendation, 'rootCauseAnalysis' | 'triedBefore'>): string {
  const history = tried === null ? '' : `${BEFORE_HISTORY}${tried}`;
  return history !== '' && rootCauseAnalysis.endsWith(history) ? rootCauseAnalysis.slice(0, -history.length) : rootCauseAnalysis;
}
