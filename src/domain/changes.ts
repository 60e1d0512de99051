import type { Command } from './command.ts';
import type { AgentEvent } from './event.ts';
import type { Recommendation } from './recommendation.ts';
import type { CommandStatus } from './transitions.ts';
import type { WorkOrderChange } from './work-order.ts';

/** One row to write: inserted when `expected` is null, else changed only while its stored status is `expected`. */
export interface RecommendationChange {
  readonly recommendationId: string;
  readonly expected: string | null;
  readonly columns: Partial<Recommendation>;
}

export interface CommandChange {
  readonly commandId: string;
  readonly expected: CommandStatus | null;
  /** Set where only the run that claimed the command may change it. */
  readonly claimedBy: string | null;
  readonly columns: Partial<Command>;
}

export interface DraftContents {
  readonly events: readonly AgentEvent[];
  readonly recommendations: readonly RecommendationChange[];
  readonly commands: readonly CommandChange[];
  readonly workOrders: readonly WorkOrderChange[];
}
