import type { AuditRow } from '../domain/audit-chain.ts';
import type { Command } from '../domain/command.ts';
import type { Control, ControlKind } from '../domain/control.ts';
import type { AgentError } from '../domain/errors.ts';
import type { AgentEvent } from '../domain/event.ts';
import type { AgentHealth } from '../domain/health.ts';
import type { Instant } from '../domain/instant.ts';
import type { OutcomeCounts } from '../domain/outcomes.ts';
import type { QueueDay } from '../domain/queue-kpis.ts';
import type { QueueFacts } from '../domain/queue.ts';
import type { Recommendation } from '../domain/recommendation.ts';
import type { SigningFacts } from '../domain/row-signatures.ts';
import type { ListedWorkOrder } from '../domain/work-order.ts';

/** An operator's decision about one recommendation. */
export type OperatorDecision = {
  readonly recommendationId: string;
  readonly by: string;
  readonly via: string;
} & (
  | { readonly kind: 'approve'; readonly seenHash: string }
  | { readonly kind: 'reject'; readonly reason: string }
  | { readonly kind: 'defer'; readonly until: Instant; readonly reason: string | null }
);

export interface RecommendationFilter {
  readonly statuses: readonly string[];
  readonly equipmentId: string | null;
  readonly limit: number;
}

export interface WorkOrderFilter {
  /** As they are stored, in any case; empty for all. */
  readonly statuses: readonly string[];
  readonly equipmentId: string | null;
  readonly limit: number;
}

export interface StatusFigures {
  readonly now: Instant;
  readonly total: number;
  readonly pending: number;
  readonly commandsExecuted: number;
  /** Every severity, also those of which nothing is open; `other` only where something open has none of them. */
  readonly openBySeverity: Readonly<Record<string, number>>;
  readonly oldestOpenAt: Instant | null;
  readonly createdLast10Minutes: number;
  /** Open for more than 24 hours. */
  readonly stale: number;
}

/** A row as a table holds it, with JSON, numbers and times in their JSON spelling: what `--json` prints. */
export type TableRow = Readonly<Record<string, unknown>>;

export type StoredEvent = AuditRow;

/** What operators and engineers ask of the store. */
export interface OperatorStore {
  /** Open ones first, by priority then age. */
  listRecommendations(filter: RecommendationFilter): Promise<readonly Recommendation[]>;
  /** All whose id starts with `prefix`, at most two. */
  findRecommendations(prefix: string): Promise<readonly Recommendation[]>;
  listCommands(filter: {
    readonly recommendationId: string | null;
    readonly statuses: readonly string[];
    readonly limit: number;
  }): Promise<readonly Command[]>;
  /** The agent's and people's; what has not ended first, then the newest. */
  listWorkOrders(filter: WorkOrderFilter): Promise<readonly ListedWorkOrder[]>;
  /** What there are events about: the ids that begin with `prefix`, in order, at most two. */
  findSubjects(prefix: string): Promise<readonly string[]>;
  /** Newest first. */
  listEvents(filter: { readonly subjectId: string | null; readonly limit: number }): Promise<readonly StoredEvent[]>;
  /** Orders that people gave and lifted, newest first. */
  listControlEvents(limit: number): Promise<readonly StoredEvent[]>;
  /** Whether the agent signs, by its own rows among the newest of its chain; one statement, and one row of it. */
  readSigning(agentId: string): Promise<SigningFacts>;
  readHealth(): Promise<{ readonly now: Instant; readonly health: readonly AgentHealth[] }>;
  readFigures(): Promise<StatusFigures>;
  /** What says whether there is a flood, as a cycle reads it; one statement. */
  readQueue(): Promise<{ readonly now: Instant; readonly queue: QueueFacts }>;
  /** The last 24 hours of the queue; one statement. */
  readQueueDay(): Promise<QueueDay>;
  /** What came of executions that were judged later than `since`, by rule, action and cause, most judged first; one statement. */
  countOutcomes(since: Instant): Promise<readonly OutcomeCounts[]>;
  readControls(): Promise<{ readonly now: Instant; readonly controls: readonly Control[] }>;
  /**
   * Writes the decision while the recommendation is undecided and, for an approval, its ticket is the one seen.
   * The audit row comes first. @returns the status found afterwards and whether the decision is in force.
   */
  decide(decision: OperatorDecision, event: AgentEvent): Promise<{ readonly decided: boolean; readonly status: string }>;
  /**
   * Asks that what the followed recommendation wrote be put back; the cycle answers with another ticket, or with why not. The audit row comes
   * first. @returns whether the row was undecided, follows another one and now says so
   */
  requestRevert(recommendationId: string, by: string, event: AgentEvent): Promise<boolean>;
  /**
   * Adds a control, or replaces the one of the same kind and scope. The audit row comes first, and nothing changes where it cannot be
   * written; but a kill switch that ends no earlier than the one in its place is set first, and then told. @returns why the audit could
   * not be told of that, else null
   */
  setControl(control: Control, event: AgentEvent): Promise<AgentError | null>;
  /** @returns how many controls were lifted. */
  clearControl(kind: ControlKind, scope: string, event: AgentEvent): Promise<number>;
}
