import { conditionOf, type DetectedState } from './detection.ts';
import { addSeconds, type Instant } from './instant.ts';
import type { Policy } from './policy.ts';
import type { Outcome } from './recommendation.ts';
import { bandFor, type IssueFamily } from './rules.ts';

/**
 * Whether an executed recommendation worked. Nothing is said before the settling time. Then `effective` once the
 * condition is cleared by readings later than the execution, `ineffective` while the newest of them still violates; in between
 * (inside the deadband, or too few readings) the answer waits until the end of the verify window. No reading by then: `unknown`.
 */
export function outcomeOf(
  executedAt: Instant,
  state: DetectedState | undefined,
  family: IssueFamily,
  now: Instant,
  policy: Pick<Policy, 'settlingSeconds' | 'verifyWindowSeconds'>,
  maxAgeSeconds: number,
): Outcome | undefined {
  if (now < addSeconds(executedAt, policy.settlingSeconds)) return undefined;
  const windowIsOver = now >= addSeconds(executedAt, Math.max(policy.settlingSeconds, policy.verifyWindowSeconds));
  const condition = conditionOf(state, family, now, maxAgeSeconds);
  const last = state?.last ?? null;
  if (condition === 'unknown' || last === null || last.at <= executedAt) return windowIsOver ? 'unknown' : undefined;
  if (condition === 'cleared') return 'effective';
  if (bandFor(family, last.value)) return 'ineffective';
  return windowIsOver ? 'effective' : undefined;
}
