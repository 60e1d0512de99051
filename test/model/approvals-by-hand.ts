import type { RowSeen } from './seen.ts';

/**
 * When an approval counts, said once more and otherwise than the product says it: from the rules that operators are told. Nothing of the
 * product is called here.
 */

/** What a person agreed to. */
export interface Approval {
  readonly by: string;
  readonly at: number;
  readonly hash: string;
  readonly severity: string;
  readonly actions: readonly Step[];
}

export interface Step {
  readonly sequence: number;
  readonly tag: string;
  readonly value: number;
  readonly old: number | null;
  readonly direction: string;
}

/** What the agent itself last wrote of a row: whatever else the row says, somebody else has put there. */
export interface Truth {
  readonly status: string;
  readonly hash: string;
  readonly actions: string;
  readonly severity: string;
  /** When the operators could first see this ticket; null for the row's first one, which nobody can have seen otherwise. */
  readonly changedAt: number | null;
}

/** What the command line put into a row. */
export interface CommandLineDecision {
  readonly by: string;
  readonly at: number;
}

export interface Bench {
  readonly now: number;
  readonly agent: string;
  readonly fourEyes: boolean;
  readonly approvalMs: number;
  /** The first of two that counts already. */
  readonly first: Approval | null;
  readonly byCommandLine: CommandLineDecision | undefined;
}

export type Judged = { readonly kind: 'only' | 'first' | 'second'; readonly approval: Approval } | null;

const GRACE_MS = 5000;
const CLOCK_GRAIN_MS = 1000;

/** One person, however the name is spelt: here only in case and blanks. */
export function person(name: string): string {
  return name.trim().toLowerCase();
}

export function stepsOf(actions: string): readonly Step[] {
  try {
    return JSON.parse(actions) as readonly Step[]; // only what the agent wrote itself is looked at
  } catch {
    return [];
  }
}

export function needsTwo(severity: string, fourEyes: boolean): boolean {
  return fourEyes && (severity === 'high' || severity === 'critical');
}

/** The approval that a row carries at this moment, by what the agent has made of the row so far; null where there is none that counts. */
export function approvalIn(row: RowSeen, truth: Truth, bench: Bench): Judged {
  const isSecond = truth.status === 'awaiting_second';
  if (row.status !== 'approved' || !(isSecond || truth.status === 'pending' || truth.status === 'deferred')) return null;
  if (row.rejectedBy.trim() !== '' || row.rejectedAt !== '') return null;
  // Nobody is the second before there is a first.
  if (!isSecond && row.second.trim() !== '') return null;
  if (row.hash !== truth.hash || row.actions !== truth.actions) return null;
  const by = person(isSecond && row.second.trim() !== '' ? row.second : row.approvedBy);
  if (by === '' || by === person(bench.agent)) return null;
  const at = row.approvedAt;
  if (at === null || !isInTime(at, row, truth, bench)) return null;
  const approval: Approval = { by, at, hash: truth.hash, severity: truth.severity, actions: stepsOf(truth.actions) };
  if (!isSecond) return { kind: needsTwo(truth.severity, bench.fourEyes) ? 'first' : 'only', approval };
  return isAnswerTo(approval, bench) ? { kind: 'second', approval } : null;
}

function isInTime(at: number, row: RowSeen, truth: Truth, { now, approvalMs, byCommandLine }: Bench): boolean {
  if (at < (row.createdAt ?? 0) - CLOCK_GRAIN_MS || at > now + GRACE_MS || now >= at + approvalMs) return false;
  const isBound =
    byCommandLine !== undefined &&
    row.via !== '' &&
    row.updatedAt === at &&
    byCommandLine.at === at &&
    person(byCommandLine.by) === person(row.second || row.approvedBy);
  return isBound || truth.changedAt === null || at >= truth.changedAt + GRACE_MS;
}

function isAnswerTo({ by, at }: Approval, { first, approvalMs }: Bench): boolean {
  return first !== null && first.by !== by && at >= first.at - CLOCK_GRAIN_MS && at !== first.at && at < first.at + approvalMs;
}
