/**
 * The one table of state changes. The code, the guards inside SQL statements and the tests are made from it:
 * a change that is not listed here is refused by every store, whoever asks.
 */
export const RECOMMENDATION_TRANSITIONS = {
  pending: ['approved', 'awaiting_second', 'rejected', 'deferred', 'withdrawn'],
  awaiting_second: ['approved', 'pending', 'rejected', 'withdrawn'],
  deferred: ['pending', 'approved', 'awaiting_second', 'rejected', 'withdrawn'],
  // Back to awaiting_second where an operator's approval is the first of two, or does not count as the second.
  approved: ['executing', 'pending', 'awaiting_second', 'expired', 'cancelled'],
  executing: ['executed', 'failed'],
  executed: [],
  failed: [],
  rejected: [],
  withdrawn: [],
  expired: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export type RecommendationStatus = keyof typeof RECOMMENDATION_TRANSITIONS;

export const COMMAND_TRANSITIONS = {
  pending: ['executing', 'cancelled', 'failed'],
  // Back to pending, or cancelled, only by the holder that claimed it and did not send it.
  executing: ['pending', 'cancelled', 'executed', 'failed', 'unknown'],
  unknown: ['executed', 'failed'],
  executed: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export type CommandStatus = keyof typeof COMMAND_TRANSITIONS;

export function isRecommendationStatus(text: string): text is RecommendationStatus {
  return Object.hasOwn(RECOMMENDATION_TRANSITIONS, text);
}

export function isCommandStatus(text: string): text is CommandStatus {
  return Object.hasOwn(COMMAND_TRANSITIONS, text);
}

export function mayBecome(from: RecommendationStatus, to: RecommendationStatus): boolean {
  // Somebody may have written another word into the row; from there nothing leads anywhere.
  const reachable: readonly RecommendationStatus[] = isRecommendationStatus(from) ? RECOMMENDATION_TRANSITIONS[from] : [];
  return reachable.includes(to);
}

/** Whether an operator's decision may start here. What is deferred may be deferred anew: the later word counts. */
export function mayBeDecided(from: RecommendationStatus, to: RecommendationStatus): boolean {
  return from !== 'approved' && (mayBecome(from, to) || (from === 'deferred' && to === 'deferred'));
}

/** A text that is no status counts as ended: a row that somebody else put there must not stop the others. */
export function isTerminal(status: string): boolean {
  return !isRecommendationStatus(status) || RECOMMENDATION_TRANSITIONS[status].length === 0;
}

/** Undecided: an operator may still approve, reject or defer it. */
export function isUndecided(status: RecommendationStatus): boolean {
  return status === 'pending' || status === 'awaiting_second' || status === 'deferred';
}

const STATUSES = Object.keys(RECOMMENDATION_TRANSITIONS).filter(isRecommendationStatus);

/** What a family has at most one of at a time. */
export const OPEN_STATUSES: readonly RecommendationStatus[] = STATUSES.filter((status) => !isTerminal(status));
export const UNDECIDED_STATUSES: readonly RecommendationStatus[] = STATUSES.filter(isUndecided);
/** Where the operators' last word was an approval: of two, the second. Whoever only waits for one, or was withdrawn before it, has none. */
export const APPROVED_STATUSES: readonly RecommendationStatus[] = STATUSES.filter(
  (status) => !isUndecided(status) && status !== 'rejected' && status !== 'withdrawn',
);

/** Commands whose fate is not known yet. */
export const OPEN_COMMAND_STATUSES: readonly CommandStatus[] = Object.keys(COMMAND_TRANSITIONS)
  .filter(isCommandStatus)
  .filter((status) => COMMAND_TRANSITIONS[status].length > 0);
