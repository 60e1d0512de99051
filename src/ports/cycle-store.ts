import type { CommandChange, RecommendationChange } from '../domain/changes.ts';
import type { Command } from '../domain/command.ts';
import type { Control } from '../domain/control.ts';
import type { AgentEvent } from '../domain/event.ts';
import type { AgentHealth } from '../domain/health.ts';
import type { Instant } from '../domain/instant.ts';
import type { OperatorSession } from '../domain/operator-session.ts';
import type { QueueFacts } from '../domain/queue.ts';
import type { FamilyHistory, StoredRecommendation } from '../domain/recommendation.ts';
import type { Ticket } from '../domain/ticket.ts';
import type { OpenedFor, WorkOrder, WorkOrderChange } from '../domain/work-order.ts';
import type { Lease, LeaseRequest } from './lease.ts';

/** Everything that a cycle has to know before it looks at readings, as of one moment of the store. */
export interface OpenWork {
  /** The store's clock. */
  readonly now: Instant;
  /** Every row of agent_health: one, or the tables belong to somebody else as well. */
  readonly health: readonly AgentHealth[];
  readonly controls: readonly Control[];
  /** Open rows, rows whose status somebody else changed, executed ones without an outcome. */
  readonly recommendations: readonly StoredRecommendation[];
  /** The newest row of every (equipment, family), whatever became of it, and every row that accounts for readings of lately. */
  readonly families: readonly FamilyHistory[];
  /** Commands that have not ended, and all commands of executing recommendations. */
  readonly commands: readonly Command[];
  /** All commands of what open rows follow that somebody asks to put back. */
  readonly followedCommands: readonly TicketedCommand[];
  /** The agent's own work orders that have not ended, and the newest of every sensor, whatever became of it. */
  readonly workOrders: readonly WorkOrder[];
  /** Of those, by the newest event 'opened' of each. */
  readonly openedFor: OpenedFor;
  /** When the agent made its newest order of all, as it is stored; not later than now. */
  readonly newestOrderAt: Instant | null;
  /** The latest time that any event has. */
  readonly newestEventAt: Instant | null;
  /** The newest event about each pending command, by its id. */
  readonly commandEvents: ReadonlyMap<string, string>;
  /** Whether the store was opened without a signing key, and the agent's newest rows in the audit are signed, or some of them. */
  readonly lacksKey: boolean;
  /** How many dispatches the audit was told of within the last minute. */
  readonly recentWrites: number;
  /** Open rows without an id, because somebody stored bytes in its place: they are in nothing of this. */
  readonly leftOut: readonly { readonly table: string; readonly rows: number }[];
  readonly queue: QueueFacts;
  /** Operators' sessions that are open, or ended no longer ago than was asked for. */
  readonly sessions: readonly OperatorSession[];
  /** The ids of sessions, open or ended, in which somebody decided since a cycle counted last. */
  readonly uncountedSessions: readonly string[];
}

/** A command with what the audit trail says about its ticket. */
export interface TicketedCommand {
  readonly command: Command;
  readonly ticket: Ticket | null;
}

/** What the store says of a row's last change. */
export interface LastChange {
  readonly status: string | null;
  /** When the agent, or an operator by the command line, changed it last; plain SQL leaves it as it was. */
  readonly updatedTimestamp: Instant | null;
}

/** Where a recommendation stands among those of its equipment and family. */
export type ChainPlace = Pick<StoredRecommendation, 'equipmentId' | 'issueFamily' | 'status'> & {
  /** Null where somebody removed it. */
  readonly createdTimestamp: Instant | null;
};

export interface Claim {
  /** The command and the end of its approval. */
  readonly commands: readonly { readonly commandId: string; readonly approvalEnds: Instant }[];
  /** How long before the end of the lease the last of them may be written, whenever they are claimed; bounds `not_after`. */
  readonly marginSeconds: number;
}

export interface Heartbeat {
  /** 'offline' holds only where no other process has promised a heartbeat. */
  readonly status: 'online' | 'offline';
  /** Null for a run that stands alone, see CycleOptions. */
  readonly processId: string | null;
  readonly detected: boolean;
  /** Whether all decisions that are on record are counted in their sessions. */
  readonly counted: boolean;
  readonly watermark: Instant | null;
  readonly newestReadingAt: Instant | null;
  readonly nextDueInSeconds: number;
  readonly cycleMs: number;
  readonly lastError: string | null;
  readonly rulesHash: string;
  readonly version: string;
}

/** What a cycle needs of the store. Statements are counted, see `statements`. */
export interface CycleStore {
  /** Statements sent since the store was opened, without retries, BEGIN and COMMIT. */
  readonly statements: number;
  /** True where a held lock proves that every earlier holder is dead (the embedded store). */
  readonly provesHolderDead: boolean;

  /** Tells this process from another one that was given the same run id: what a lease that it takes says in `lease_holder`. */
  readonly holderId: string;

  /**
   * Takes the agent's lease if nobody holds it; the same run may take its own again. Who has it is read
   * back with the open work, since after a retry a row count means nothing. False: another holder was seen at once.
   * @throws AgentError not_set_up, store_unavailable
   */
  takeLease(request: LeaseRequest): Promise<boolean>;

  /**
   * One statement; changes nothing. Sessions that ended up to `sessionSeconds` ago come too, and rows that account for readings of up to
   * `accountedSeconds` before the watermark. @throws AgentError store_unavailable
   */
  readOpenWork(agentId: string, sessionSeconds?: number, accountedSeconds?: number): Promise<OpenWork>;

  /**
   * Appends to the audit, in order, at the end of the agent's chain; an event whose id is there already is left alone, so repeating is a
   * no-op. With a lease only while it is held: what a run announces after another one took over would pass for the newest word about its
   * subject. @returns false where that lease was lost, and nothing was appended
   * @throws AgentError store_unavailable, also where other writers come first again and again
   */
  appendEvents(events: readonly AgentEvent[], at: Instant, lease?: Lease): Promise<boolean>;

  /**
   * Inserts new rows and changes existing ones, each only while the lease is ours, its status is the expected one and
   * the table of transitions has the change. Rows that fail a guard are left alone. Repeating is a no-op.
   * @returns how many rows were written; after a retry it can be fewer than really were.
   */
  saveRecommendations(lease: Lease, changes: readonly RecommendationChange[]): Promise<number>;

  /** As saveRecommendations, for commands. */
  saveCommands(lease: Lease, changes: readonly CommandChange[]): Promise<number>;

  /** As saveRecommendations, for work orders: their statuses are people's words, so that the expected one alone guards a change. */
  saveWorkOrders(lease: Lease, changes: readonly WorkOrderChange[]): Promise<number>;

  /** These commands as they are now: asked when fewer were written than meant. */
  readCommands(commandIds: readonly string[]): Promise<ReadonlyMap<string, Command>>;

  /** As readLastChanges, for work orders. */
  readLastWorkOrderChanges(workOrderIds: readonly string[]): Promise<ReadonlyMap<string, LastChange>>;

  /**
   * Claims pending commands for this run in one statement: none while an advisory order over everything is in force.
   * What was claimed is read back with readClaimed.
   */
  claimCommands(lease: Lease, claim: Claim): Promise<void>;

  /** The commands that this run holds, with the ticket on record; one statement. */
  readClaimed(lease: Lease): Promise<readonly TicketedCommand[]>;

  /**
   * Counts in each of these operators' sessions the recommendations that were approved and rejected in it, from the audit: one statement,
   * and repeating it gives the same. What was announced and not applied does not count.
   */
  countDecisions(lease: Lease, sessionIds: readonly string[]): Promise<void>;

  /** What tells whether these rows took what they were to become: asked when fewer rows were written than meant. */
  readLastChanges(recommendationIds: readonly string[]): Promise<ReadonlyMap<string, LastChange>>;

  /**
   * Of these subjects of the audit, those of which another run told last, of what was told up to `at`; none while `lease` is held. Asked of
   * rows that look as this run meant them as of `at`: two runs may come to the same in the same millisecond.
   */
  readOvertaken(lease: Lease, subjectIds: readonly string[], at: Instant): Promise<ReadonlySet<string>>;

  /** Where rows stand whose ids were to be given a second time: asked when that happened, which only edited rows bring about. */
  readPlaces(recommendationIds: readonly string[]): Promise<ReadonlyMap<string, ChainPlace>>;

  /** The controls in the store now. Not counted: it is asked again and again while commands are dispatched. */
  readControls(): Promise<{ readonly now: Instant; readonly controls: readonly Control[] }>;

  /** Writes the heartbeat and gives the lease back, if it is still this run's. Last statement of a cycle. */
  endCycle(lease: Lease, heartbeat: Heartbeat): Promise<void>;

  /** Frees what proves this process alive (the embedded store's lock). Safe to call twice. */
  releaseLock(): Promise<void>;

  /**
   * Marks the agent offline: this process stops on purpose. Nothing happens where another one has had its heartbeat since, or has
   * promised one for later.
   */
  markOffline(agentId: string, processId: string | null): Promise<void>;

  /** Makes this agent the owner of the tables, whoever was. One row is left. */
  takeOver(agentId: string): Promise<void>;
}
