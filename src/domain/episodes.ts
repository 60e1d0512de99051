import type { DetectedState } from './detection.ts';
import { AgentError } from './errors.ts';
import type { Instant } from './instant.ts';
import type { Proposal } from './proposal.ts';
import type { FamilyHistory, OpenRecommendation } from './recommendation.ts';
import { bandFor } from './rules.ts';
import { isWorse } from './severity.ts';
import type { Decision, DecisionContext, Situation } from './situation.ts';
import { isUndecided } from './transitions.ts';

/** What the violations of a state propose. @throws AgentError bug where there are none */
export function proposalOf(situation: Situation, state: DetectedState, predecessor: FamilyHistory | null, accountedTo: Instant): Proposal {
  const { raised } = state;
  const band = raised ? bandFor(situation.family, raised.peak.value) : undefined;
  if (!raised || !band) throw new AgentError('bug', `a proposal for ${state.equipmentId} without a violation`);
  const { equipmentId, family } = situation;
  return { equipmentId, family, band, peak: raised.peak, firstDetectedAt: raised.firstAt, accountedTo, predecessor };
}

/**
 * Up to when a row that began at `began` accounts for violations that were seen up to `seen`. With a backlog nothing has been read between the
 * slice and now: a row of before the slice's end accounts for what the slices have passed, so that what lies between still counts.
 */
export function accountedBy(began: Instant, seen: Instant, backlogUpTo: Instant | null): Instant {
  return backlogUpTo === null || began > backlogUpTo ? seen : Math.min(seen, backlogUpTo);
}

/** What violations that are worse than an open row make of it; undefined where they are not, or where it is too late for a change. */
export function escalationOf(
  situation: Situation,
  row: OpenRecommendation,
  state: DetectedState,
  { backlogUpTo }: DecisionContext,
): Extract<Decision, { kind: 'escalate' | 'open' }> | undefined {
  const band = state.raised ? bandFor(situation.family, state.raised.peak.value) : undefined;
  if (!state.raised || !band || !isWorse(band.severity, row.severity)) return undefined;
  const { firstAt, lastAt } = state.raised;
  if (isUndecided(row.status)) {
    const accountedTo = Math.max(row.lastAccountedTimestamp, accountedBy(row.firstDetectedTimestamp, lastAt, backlogUpTo));
    return { kind: 'escalate', row, proposal: proposalOf(situation, state, null, accountedTo) };
  }
  if (row.status === 'approved') {
    const accountedTo = accountedBy(firstAt, lastAt, backlogUpTo);
    return { kind: 'open', proposal: proposalOf(situation, state, row, accountedTo), supersedes: row };
  }
  // Executing: what is being written is not changed under way; the family's next row says what is left.
  return undefined;
}

/** All that the slice saw is later than what this cycle deals with: the next slice sees it whole. */
export function waits({ raised }: DetectedState, { backlogUpTo }: DecisionContext): boolean {
  return raised !== null && raised.firstAt > (backlogUpTo ?? raised.firstAt);
}

/** What came and went while the sensor was not to be believed is no episode, or the rest of one that is on record. */
export function wasDisbelieved(
  { equipmentId, family }: Situation,
  raised: { readonly firstAt: Instant; readonly lastAt: Instant },
  context: DecisionContext,
) {
  return context.disbelief?.(equipmentId, family.signal, raised.firstAt, raised.lastAt) ?? false;
}
