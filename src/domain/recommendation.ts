import type { Instant } from './instant.ts';
import type { Severity } from './severity.ts';
import type { Action, Ticket, Turn } from './ticket.ts';
import { isRecommendationStatus, type RecommendationStatus } from './transitions.ts';

export type Outcome = 'effective' | 'ineffective' | 'unknown';

/** A row of agent_recommendations in the domain's spelling. Times are on the store's clock. */
export interface Recommendation {
  readonly recommendationId: string;
  readonly equipmentId: string;
  readonly issueType: string;
  readonly issueFamily: string;
  readonly severity: Severity;
  readonly priority: number;
  readonly ruleId: string;
  readonly rulesHash: string;
  readonly temperatureReading: number | null;
  readonly pressureReading: number | null;
  readonly flowRateReading: number | null;
  readonly peakValue: number;
  readonly rootCauseAnalysis: string;
  readonly recommendedAction: string;
  readonly confidenceScore: number;
  readonly status: RecommendationStatus;
  /** The last status that the agent wrote itself; where `status` differs, somebody else changed it. */
  readonly guardedStatus: RecommendationStatus | null;
  /** As stored: what an editor left there need not be actions any more. */
  readonly actions: unknown;
  readonly actionHash: string | null;
  readonly createdByAgent: string | null;
  readonly createdTimestamp: Instant;
  readonly firstDetectedTimestamp: Instant;
  /** The row has its violations up to and including this moment on record. */
  readonly lastAccountedTimestamp: Instant;
  /** Until then the family opens nothing new, unless a reading is worse than this row's severity, or follows a later write. */
  readonly quietUntil: Instant | null;
  readonly escalatedTimestamp: Instant | null;
  readonly predecessorId: string | null;
  readonly followsRecommendationId: string | null;
  /** What was written before and did not help, in words; null where nothing was. */
  readonly triedBefore: string | null;
  /** Who asks that what was written for the followed recommendation be put back; null once that was answered. */
  readonly revertRequestedBy: string | null;
  readonly approvedTimestamp: Instant | null;
  readonly approvedByOperator: string | null;
  readonly approvedVia: string | null;
  /** The hash that the approval names; null where it names none. */
  readonly approvedHash: string | null;
  readonly secondApprover: string | null;
  readonly operatorNotes: string | null;
  readonly rejectedTimestamp: Instant | null;
  readonly rejectedByOperator: string | null;
  readonly rejectionReason: string | null;
  readonly deferUntil: Instant | null;
  readonly expiresTimestamp: Instant | null;
  readonly executedTimestamp: Instant | null;
  readonly executionResult: string | null;
  readonly outcome: Outcome | null;
  readonly verifiedTimestamp: Instant | null;
  readonly updatedTimestamp: Instant | null;
  /** A value reached the plant for it, or may have. */
  readonly mayHaveWritten: boolean;
  /** When its condition was first seen to come and go 3 times or more within a minute; null while it has not. */
  readonly chatteringTimestamp: Instant | null;
}

/** The columns that a decision fills; restored together when somebody tampered with the status. */
export interface DecisionColumns {
  readonly approvedTimestamp: Instant | null;
  readonly approvedByOperator: string | null;
  readonly approvedVia: string | null;
  readonly approvedHash: string | null;
  readonly secondApprover: string | null;
  readonly rejectedTimestamp: Instant | null;
  readonly rejectedByOperator: string | null;
  readonly rejectionReason: string | null;
  readonly deferUntil: Instant | null;
}

export const NO_DECISION: DecisionColumns = {
  approvedTimestamp: null,
  approvedByOperator: null,
  approvedVia: null,
  approvedHash: null,
  secondApprover: null,
  rejectedTimestamp: null,
  rejectedByOperator: null,
  rejectionReason: null,
  deferUntil: null,
};

export function decisionOf(row: DecisionColumns): DecisionColumns {
  return {
    approvedTimestamp: row.approvedTimestamp,
    approvedByOperator: row.approvedByOperator,
    approvedVia: row.approvedVia,
    approvedHash: row.approvedHash,
    secondApprover: row.secondApprover,
    rejectedTimestamp: row.rejectedTimestamp,
    rejectedByOperator: row.rejectedByOperator,
    rejectionReason: row.rejectionReason,
    deferUntil: row.deferUntil,
  };
}

/** What the audit trail says was last validly decided about a recommendation. */
export interface LastDecision {
  readonly event: string;
  readonly columns: DecisionColumns;
  /** Of an approval: the hash of the ticket that was approved; null for what names none. */
  readonly actionHash: string | null;
}

/** What the command line told the audit of a decision before it wrote it. */
export interface GivenDecision {
  readonly event: string;
  readonly actor: string;
}

/** What an escalation changes of a row beside its ticket. */
export type Assessment = Pick<
  Recommendation,
  | 'issueType'
  | 'temperatureReading'
  | 'pressureReading'
  | 'flowRateReading'
  | 'peakValue'
  | 'rootCauseAnalysis'
  | 'recommendedAction'
  | 'confidenceScore'
  | 'firstDetectedTimestamp'
  | 'lastAccountedTimestamp'
>;

/** A recommendation with what the audit trail says about it. */
export interface OpenRecommendation extends Recommendation {
  /** The copy in the newest event that issued a ticket; null for a row that the agent did not make. */
  readonly ticket: Ticket | null;
  /** With signing keys: there is such an event, and nobody with a key wrote it; then there is no ticket. */
  readonly isTicketUnsigned?: true;
  /** The newest such event by its time is not the newest by the chain: a time was moved, or a clock was far ahead; then there is no ticket. */
  readonly isTicketOvertaken?: true;
  readonly lastDecision: LastDecision | null;
  /** Beside the ticket, where an escalation issued it. */
  readonly announced?: Assessment | null;
  /** What the command line announced about it, where its way is to be judged. */
  readonly given?: readonly GivenDecision[];
}

/** The same as the store holds it: anybody may have written anything into its status. */
export interface StoredRecommendation extends Omit<OpenRecommendation, 'status' | 'guardedStatus'> {
  readonly status: string;
  readonly guardedStatus: string | null;
}

/** The row with a status that the types allow; `guarded` stands in for a text that is no status. */
export function typed(row: StoredRecommendation): OpenRecommendation {
  const guardedStatus = row.guardedStatus !== null && isRecommendationStatus(row.guardedStatus) ? row.guardedStatus : null;
  const status = isRecommendationStatus(row.status) ? row.status : (guardedStatus ?? 'withdrawn');
  return { ...row, status, guardedStatus };
}

/** A row of an (equipment, family), whatever became of it: what readings and successors have to respect. */
export type FamilyHistory = Pick<
  Recommendation,
  | 'recommendationId'
  | 'equipmentId'
  | 'issueFamily'
  | 'status'
  | 'severity'
  | 'createdTimestamp'
  | 'firstDetectedTimestamp'
  | 'lastAccountedTimestamp'
  | 'quietUntil'
  | 'outcome'
  | 'mayHaveWritten'
  | 'updatedTimestamp'
  | 'executionResult'
  | 'predecessorId'
  | 'followsRecommendationId'
  | 'triedBefore'
> & {
  /** The one on record, where it was looked for. */
  readonly ticket?: Pick<Ticket, 'turn'> | null;
};

export function ticketOf(
  row: Pick<Recommendation, 'recommendationId' | 'equipmentId' | 'issueFamily' | 'severity' | 'ruleId'>,
  actions: readonly Action[],
  { fourEyes, turn }: { readonly fourEyes?: boolean | undefined; readonly turn?: Turn | undefined } = {},
): Ticket {
  const { recommendationId, equipmentId, issueFamily, severity, ruleId } = row;
  return { recommendationId, equipmentId, issueFamily, severity, ruleId, actions, ...(fourEyes && { fourEyes }), ...(turn && { turn }) };
}
