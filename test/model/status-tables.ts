/** The table of state changes as it is designed, written down by hand: the product's own is under test. */
const RECOMMENDATION: Readonly<Record<string, readonly string[]>> = {
  pending: ['approved', 'awaiting_second', 'rejected', 'deferred', 'withdrawn'],
  awaiting_second: ['approved', 'pending', 'rejected', 'withdrawn'],
  deferred: ['pending', 'approved', 'awaiting_second', 'rejected', 'withdrawn'],
  approved: ['executing', 'pending', 'awaiting_second', 'expired', 'cancelled'],
  executing: ['executed', 'failed'],
};
const COMMAND: Readonly<Record<string, readonly string[]>> = {
  pending: ['executing', 'cancelled', 'failed'],
  executing: ['pending', 'cancelled', 'executed', 'failed', 'unknown'],
  unknown: ['executed', 'failed'],
};
/** What people write into a row that waits for their decision. */
const DECISIONS = ['approved', 'rejected', 'deferred'];

/**
 * Whether the agent may write `to` over a row. `own` is the status that it wrote last: that one may always be put back, and a decision may be
 * taken one step further. Where somebody wrote `guarded_status`, the agent believes it of a row that is open; never of one that has ended
 * and still says so, unless the audit about it was forged as well: then nothing tells what it was, and the table is all that is left.
 */
export function isRecommendationStep(
  own: string,
  found: { readonly status: string; readonly guarded: string },
  to: string,
  isForged: boolean,
): boolean {
  const reachable = RECOMMENDATION[own] ?? [];
  if (to === own || reachable.includes(to)) return true;
  const isNextStep = (RECOMMENDATION[found.status] ?? []).includes(to);
  const hasEnded = reachable.length === 0 && found.status === own && !isForged;
  if (isForged && isNextStep) return true;
  if (found.guarded !== own && !hasEnded) return to === found.guarded || isNextStep;
  return isNextStep && DECISIONS.includes(found.status) && reachable.includes(found.status);
}

export function isCommandStep(found: string, to: string): boolean {
  return found === to || (COMMAND[found] ?? []).includes(to);
}

/** What nothing may be left in when all is quiet: an approval that was taken over and has come to no end, a command without one. */
export const UNENDED_RECOMMENDATIONS: readonly string[] = ['approved', 'executing'];
export const UNENDED_COMMANDS: readonly string[] = ['pending', 'executing', 'unknown'];
