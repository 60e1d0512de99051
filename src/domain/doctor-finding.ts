import type { ErrorCode } from './errors.ts';

/** What a check looks at, in the words of `doctor --json`. */
export type CheckName =
  | 'configuration'
  | 'rules'
  | 'signing'
  | 'warehouse'
  | 'store'
  | 'schema'
  | 'access'
  | 'clock'
  | 'source'
  | 'readings'
  | 'equipment'
  | 'plant'
  | 'controls'
  | 'lease'
  | 'heartbeat'
  | 'errors'
  | 'notifications'
  | 'polling'
  | 'versions';

/** Why something failed: as an error of a command of its own would say it, or because what was found is not as it should be. */
export type FailureCode = ErrorCode | 'unhealthy';

/** Figures for programs, by the names that JSON has. */
export type Facts = Readonly<Record<string, string | number | boolean | null>>;

interface Said {
  readonly check: CheckName;
  /** Which of several it is about, such as a tag; null where there is one. */
  readonly subject: string | null;
  readonly found: string;
  /** What to do about it; empty where there is nothing to do. */
  readonly remedy: string;
  readonly facts: Facts;
}

export type FailedFinding = Said & { readonly status: 'failed'; readonly code: FailureCode };

/** `skipped`: nothing is known, which is never the same as ok. */
export type DoctorFinding = FailedFinding | (Said & { readonly status: 'ok' | 'warning' | 'skipped' });

export type FindingStatus = DoctorFinding['status'];

export function ok(check: CheckName, found: string, facts: Facts = {}): DoctorFinding {
  return { check, subject: null, status: 'ok', found, remedy: '', facts };
}

export function warning(check: CheckName, found: string, remedy: string, facts: Facts = {}): DoctorFinding {
  return { check, subject: null, status: 'warning', found, remedy, facts };
}

export function skipped(check: CheckName, found: string, remedy = '', facts: Facts = {}): DoctorFinding {
  return { check, subject: null, status: 'skipped', found, remedy, facts };
}

/** Takes an AgentError as it is. */
export function failed(
  check: CheckName,
  { code, message, remedy }: { readonly code: FailureCode; readonly message: string; readonly remedy: string },
  facts: Facts = {},
): DoctorFinding {
  return { check, subject: null, status: 'failed', code, found: message, remedy, facts };
}

export function about(subject: string, finding: DoctorFinding): DoctorFinding {
  return { ...finding, subject };
}

/** The worst of them. What was skipped makes nothing worse: whatever it waits for has a finding of its own. */
export function worstOf(findings: readonly DoctorFinding[]): 'ok' | 'warning' | 'failed' {
  const has = (status: FindingStatus) => findings.some((finding) => finding.status === status);
  return has('failed') ? 'failed' : has('warning') ? 'warning' : 'ok';
}
