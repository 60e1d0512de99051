import type { Instant } from '../domain/instant.ts';
import { asAgentError } from '../domain/errors.ts';

export const PHASES = ['begin', 'detect', 'recommend', 'approve', 'execute', 'verify', 'end'] as const;
export type Phase = (typeof PHASES)[number];

export interface PhaseError {
  readonly phase: Phase;
  /** An ErrorCode; as text, because reports also come back from JSON. */
  readonly code: string;
  readonly message: string;
}

/** What one cycle did. `run-once --json` prints it with the keys in snake_case. */
export interface CycleReport {
  readonly agentId: string;
  readonly runId: string;
  /** completed: every phase did its work; partial: some failed, the rest went on; skipped: another holds the lease; failed: nothing could be done. */
  outcome: 'completed' | 'partial' | 'skipped' | 'failed';
  skippedReason: string | null;
  startedAt: Instant | null;
  durationMs: number;
  statements: number;
  readings: { accepted: number; violations: number; rejected: number; rejectedByReason: Record<string, number>; newestAgeS: number | null };
  recommendations: { created: number; escalated: number; withdrawn: number; expired: number };
  commands: { created: number; refused: number; executed: number; failed: number; unknown: number };
  outcomes: { effective: number; ineffective: number; unknown: number };
  workOrders: { opened: number; closed: number };
  errors: PhaseError[];
  /** What was thrown first, for the log at level debug; not part of the JSON. */
  cause: unknown;
}

export function newReport(agentId: string, runId: string): CycleReport {
  return {
    agentId,
    runId,
    outcome: 'completed',
    skippedReason: null,
    startedAt: null,
    durationMs: 0,
    statements: 0,
    readings: { accepted: 0, violations: 0, rejected: 0, rejectedByReason: {}, newestAgeS: null },
    recommendations: { created: 0, escalated: 0, withdrawn: 0, expired: 0 },
    commands: { created: 0, refused: 0, executed: 0, failed: 0, unknown: 0 },
    outcomes: { effective: 0, ineffective: 0, unknown: 0 },
    workOrders: { opened: 0, closed: 0 },
    errors: [],
    cause: undefined,
  };
}

export function noteError(report: CycleReport, phase: Phase, thrown: unknown): void {
  const error = asAgentError(thrown);
  // A plant that is asked again and again says the same again and again.
  if (report.errors.some((known) => known.phase === phase && known.message === error.message)) return;
  report.errors.push({ phase, code: error.code, message: error.message });
}
