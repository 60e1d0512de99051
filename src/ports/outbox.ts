import type { Instant } from '../domain/instant.ts';
import type { TellingEvent } from '../domain/notification-events.ts';
import type { DueRow, OutboxRow, Told } from '../domain/notification-plan.ts';
import type { NotificationStatus } from '../domain/notification-tries.ts';

/** What one look says: everything that a round of telling begins with. */
export interface OutboxLook {
  /** The store's clock. */
  readonly now: Instant;
  /** The place in the agent's chain up to which events are dealt with; of a new outbox, where it begins. */
  readonly dealtWith: number;
  /** Whether nobody has noted that place yet. */
  readonly isNew: boolean;
  /** Whether a flood was in force at that place. */
  readonly inFlood: boolean;
  /** What is behind it, in its order, as many as one round takes: none that a cycle may still be about to store the effect of. */
  readonly events: readonly TellingEvent[];
  /** Rows whose time has come, and that nobody is sending, the longest waiting first; as many as one round takes. */
  readonly due: readonly DueRow[];
  /** What was told lately of what the events are about. */
  readonly told: readonly Told[];
}

/** How a try ended, for the row. */
export interface TryRecord {
  readonly notificationId: string;
  readonly status: NotificationStatus;
  /** Whether it was tried at all. */
  readonly isTried: boolean;
  /** When it is due again, counted from now; for what is pending. */
  readonly waitSeconds: number;
  readonly lastError: string | null;
}

/** A row as people look at it. */
export interface ListedNotification extends OutboxRow {
  readonly deliveredTimestamp: Instant | null;
  readonly lastError: string | null;
  readonly claimedBy: string | null;
  readonly claimExpiresTimestamp: Instant | null;
}

/** What is not delivered. */
export interface OutboxFigures {
  readonly waiting: number;
  /** Of those that wait, what was tried and not taken: a channel does not work, or did not. */
  readonly failing: number;
  readonly givenUp: number;
}

/** What people are to be told, kept until they were. Its statements are none of a cycle's. */
export interface Outbox {
  /** Statements sent since it was opened, without retries. */
  readonly statements: number;
  /**
   * One statement; changes nothing. @param leaseSeconds how long a cycle may still be writing what it has announced
   * @param quietSeconds what "lately" means @throws AgentError not_set_up, store_unavailable
   */
  look(agentId: string, leaseSeconds: number, quietSeconds: number): Promise<OutboxLook>;
  /**
   * Adds rows that are not there yet, and moves the place: one statement, so that an event is either dealt with and planned or neither.
   * Repeating is a no-op, and the place never goes back.
   */
  save(agentId: string, rows: readonly OutboxRow[], dealtWith: number, now: Instant): Promise<void>;
  /**
   * Claims rows that are due and that nobody else is sending, for so many seconds: two statements. After that they are due again.
   * @returns the ids of those that are this claim's
   */
  claim(claimId: string, notificationIds: readonly string[], seconds: number): Promise<ReadonlySet<string>>;
  /** What came of them: one statement. Rows that are no longer this claim's are left alone. */
  record(claimId: string, tries: readonly TryRecord[]): Promise<void>;
  /** What is not delivered first, then the newest. */
  list(filter: { readonly statuses: readonly string[]; readonly limit: number }): Promise<readonly ListedNotification[]>;
  /** One statement. */
  readFigures(agentId: string): Promise<OutboxFigures>;
}
