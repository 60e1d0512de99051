import { conditionOf } from './detection.ts';
import { HOUR_MS, type Instant } from './instant.ts';
import type { Situation } from './situation.ts';
import type { DetectionWindow } from './window.ts';

/** A slice gets at least this far, whatever is on at its end: catching up must not become slower than time passes. */
const LEAST_PROGRESS_MS = HOUR_MS / 4;

/**
 * How far a cycle deals with the past; null without a backlog. That is the slice's end, unless an episode is still on there that is not
 * the one of the present, which is open already or opens now: cut in two, neither half would tell how bad it was, and when it was over. The next slice then begins
 * right before it and sees it whole. What lasts longer than three quarters of an hour is cut all the same.
 */
export function dealtUpTo({ watermark, backlog }: DetectionWindow, situations: readonly Situation[]): Instant | null {
  if (backlog === null) return null;
  const begun = situations.flatMap((situation) => unfinishedSince(situation, backlog.upTo) ?? []);
  const whole = begun.filter((since) => since > watermark + LEAST_PROGRESS_MS);
  return Math.min(backlog.upTo, ...whole.map((since) => since - 1));
}

/** The first violation of an episode that is on at the slice's end, where the one of the present began only after it. */
function unfinishedSince({ backlog, live, earlier, family, newest, open }: Situation, sliceEnd: Instant): Instant | null {
  const isBeforeNewest = (newest?.firstDetectedTimestamp ?? 0) > sliceEnd;
  const past = isBeforeNewest ? earlier?.backlog : backlog;
  const isAnother = isBeforeNewest || (!open && Boolean(live?.raised));
  if (!past?.raised || !isAnother) return null;
  return conditionOf(past, family, 0, 0) === 'cleared' ? null : past.raised.firstAt;
}
