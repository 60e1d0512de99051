import { type DoctorFinding, ok, skipped, warning } from './doctor-finding.ts';
import { type Instant, SECOND_MS } from './instant.ts';
import { FUTURE_TOLERANCE_SECONDS } from './window.ts';

/** A question to the store for its time, between two moments of this machine's clock. */
export interface ClockLook {
  readonly sentAt: Instant;
  /** By a clock that nobody sets meanwhile: sentAt plus a measured duration. */
  readonly answeredAt: Instant;
  readonly storeNow: Instant;
}

function secondsText(ms: number): string {
  return (ms / SECOND_MS).toFixed(ms < 10 * SECOND_MS ? 2 : 0);
}

/**
 * How far this machine's clock is from the store's. The store took its time somewhere between question and answer, so that half of the round trip
 * is what nobody knows. @see FUTURE_TOLERANCE_SECONDS for the limit
 */
export function clockFinding({ sentAt, answeredAt, storeNow }: ClockLook): DoctorFinding {
  const uncertaintyMs = (answeredAt - sentAt) / 2;
  const skewMs = storeNow - (sentAt + answeredAt) / 2;
  const facts = { skew_s: skewMs / SECOND_MS, uncertainty_s: uncertaintyMs / SECOND_MS };
  const limitMs = FUTURE_TOLERANCE_SECONDS * SECOND_MS;
  const side = skewMs < 0 ? 'behind' : 'ahead of';
  const found = `the store's clock is ${secondsText(Math.abs(skewMs))} s (± ${secondsText(uncertaintyMs)} s) ${side} this machine's`;
  if (Math.abs(skewMs) - uncertaintyMs > limitMs)
    return warning(
      'clock',
      `${found}, more than ${FUTURE_TOLERANCE_SECONDS} s`,
      "set this machine's clock by NTP; stored times are the store's, and those of whoever writes readings must agree with it",
      facts,
    );
  if (uncertaintyMs > limitMs)
    return skipped('clock', `not known: the answer took ${secondsText(answeredAt - sentAt)} s`, 'run it again', facts);
  return ok('clock', found, facts);
}
