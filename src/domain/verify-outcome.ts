import { conditionOf, type DetectedState, type EffectWindow } from './detection.ts';
import { addSeconds, type Instant } from './instant.ts';
import type { Policy } from './policy.ts';
import type { OpenRecommendation, Outcome } from './recommendation.ts';
import { bandFor, type IssueFamily } from './rules.ts';

/** Whether an execution worked, the newest value that says so, and what was expected of it, in the signal's unit. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly value: number | null;
  readonly expected: Expectation;
}

/** The effect that every action is taken for: the signal back on this side of the limit, by the deadband. */
export interface Expectation {
  readonly side: 'below' | 'above';
  readonly limit: number;
}

export function expectationOf({ side, bands: [mildest], deadband }: Pick<IssueFamily, 'side' | 'bands' | 'deadband'>): Expectation {
  return side === 'above' ? { side: 'below', limit: mildest.limit - deadband } : { side: 'above', limit: mildest.limit + deadband };
}

type VerifyPolicy = Pick<Policy, 'settlingSeconds' | 'verifyWindowSeconds'>;

function endOfWindow(executedAt: Instant, policy: VerifyPolicy): Instant {
  return addSeconds(executedAt, Math.max(policy.settlingSeconds, policy.verifyWindowSeconds));
}

/** The readings by which an executed recommendation is judged; null for any other. */
export function effectWindowOf(row: OpenRecommendation, policy: VerifyPolicy): EffectWindow | null {
  const { recommendationId, equipmentId, issueFamily: familyId, status, outcome, executedTimestamp: after } = row;
  if (status !== 'executed' || outcome !== null || after === null) return null;
  return { recommendationId, equipmentId, familyId, after, upTo: endOfWindow(after, policy) };
}

/**
 * Whether an executed recommendation worked, by `state`: the readings of its effect window and no other. Nothing is said before the
 * settling time. Then `effective` once the condition is cleared, `ineffective` where the newest of them, which is no older than that, still violates; in between
 * (inside the deadband, or too few readings) the answer waits until the end of the window. No such reading by then: `unknown`.
 * A cycle that comes after the window, for instance after a downtime, says what one would have said that came with its last reading.
 */
export function outcomeOf(
  executedAt: Instant,
  state: DetectedState | undefined,
  family: IssueFamily,
  now: Instant,
  policy: VerifyPolicy,
  maxAgeSeconds: number,
): Outcome | undefined {
  const settledAt = addSeconds(executedAt, policy.settlingSeconds);
  const endsAt = endOfWindow(executedAt, policy);
  const last = state?.last ?? null;
  // A sensor's clock may be a little ahead: what it says of later than the settling time opens a follow-up, too.
  if (Math.max(now, last?.at ?? now) < settledAt) return undefined;
  const isOver = now >= endsAt;
  if (last === null || last.at <= executedAt || last.at > endsAt) return isOver ? 'unknown' : undefined;
  const condition = conditionOf(state, family, isOver ? Math.max(settledAt, last.at) : now, maxAgeSeconds);
  if (condition === 'cleared') return 'effective';
  // A reading of before the settling time says that it has not helped yet, which is no verdict.
  if (condition === 'holds' && bandFor(family, last.value)) return last.at >= settledAt ? 'ineffective' : isOver ? 'unknown' : undefined;
  if (!isOver) return undefined;
  return conditionOf(state, family, endsAt, maxAgeSeconds) === 'unknown' ? 'unknown' : 'effective';
}
