import type { Severity } from './severity.ts';

/** The operators' rules about approvals and dispatches; seconds and percent. */
export interface Policy {
  readonly approvalTtlSeconds: number;
  readonly holdSeconds: number;
  readonly settlingSeconds: number;
  readonly verifyWindowSeconds: number;
  readonly maxDispatchPerCycle: number;
  /** Writes that may go to the plant within any minute, over all runs and equipment. */
  readonly maxWritesPerMinute: number;
  readonly driftPercent: number;
  /** Whether recommendations of `fourEyesSeverity` or worse need two different people. */
  readonly fourEyes: boolean;
  readonly fourEyesSeverity: Severity;
  /** Whether an approval counts only from an operator who was logged in when it was given. */
  readonly requireSession: boolean;
}

/** One cycle changes at most this many recommendations; the rest wait their turn. */
export const MAX_RECOMMENDATIONS_PER_CYCLE = 500;

/** A plain-SQL approval this soon after an escalation approved what was on the screen before it. */
export const ESCALATION_GRACE_SECONDS = 5;

/** How far before a recommendation's creation its approval may be stamped: SQL clients may cut milliseconds off. */
export const CLOCK_GRAIN_SECONDS = 1;

/** Of these, at most so many open, escalate or end by detection, so that a flood does not starve approvals. */
export const MAX_OPENED_PER_CYCLE = 400;

/** One cycle opens, changes and closes at most so many work orders; the rest are seen again by the next. */
export const MAX_WORK_ORDERS_PER_CYCLE = 500;

/** Before the lease's end nothing new is sent any more: the plant's own timeout, and this. */
export const LEASE_MARGIN_SECONDS = 5;

/** How long before the lease's end the last write may be sent, seconds. */
export function sendingMarginSeconds(plantTimeoutSeconds: number): number {
  return plantTimeoutSeconds + LEASE_MARGIN_SECONDS;
}

/** How long after it asked for the lease a run may still claim and send, seconds. */
export function sendableSeconds(leaseSeconds: number, plantTimeoutSeconds: number): number {
  return leaseSeconds - sendingMarginSeconds(plantTimeoutSeconds);
}

/**
 * Why an approval may end unread: it lives from when it was given, and the next cycle may come a whole interval later. Null where each is read in time.
 */
export function approvalsUnread({ approvalTtlSeconds }: Pick<Policy, 'approvalTtlSeconds'>, intervalSeconds: number): string | null {
  if (approvalTtlSeconds > intervalSeconds) return null;
  return `is ${approvalTtlSeconds}, and a cycle comes every ${intervalSeconds} s: an approval may expire before one reads it`;
}
