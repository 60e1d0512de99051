import type { Settings } from '../config/settings.ts';
import type { Control } from '../domain/control.ts';
import type { Detection } from '../domain/detection.ts';
import type { Draft } from '../domain/draft.ts';
import type { AgentHealth } from '../domain/health.ts';
import type { Instant } from '../domain/instant.ts';
import type { QueueFacts } from '../domain/queue.ts';
import type { OperatorSession } from '../domain/operator-session.ts';
import type { FamilyHistory } from '../domain/recommendation.ts';
import type { Disbelief, Distrust } from '../domain/sensor-faults.ts';
import type { DetectionWindow } from '../domain/window.ts';
import type { OpenedFor, WorkOrder } from '../domain/work-order.ts';
import type { TicketedCommand } from '../ports/cycle-store.ts';
import type { Lease } from '../ports/lease.ts';
import type { Announcements } from './announcements.ts';
import type { CycleClock } from './clock.ts';
import type { CyclePorts } from './ports.ts';
import type { CycleReport } from './report.ts';
import { type SituationIndex } from './situations.ts';
import type { Verdict } from '../domain/verify-outcome.ts';

/** What the phases hand on to each other. Each field is set by the phase that its comment names. */
export interface Cycle {
  readonly ports: CyclePorts;
  readonly settings: Settings;
  readonly signal: AbortSignal;
  readonly report: CycleReport;
  /** begin */
  readonly lease: Lease;
  readonly clock: CycleClock;
  /** The time of events that are recorded now. */
  readonly eventsAt: () => Instant;
  readonly health: AgentHealth;
  readonly families: readonly FamilyHistory[];
  readonly followedCommands: readonly TicketedCommand[];
  /** Open commands of which the audit says, or may say, that they were announced as sent. */
  readonly announced: ReadonlySet<string>;
  readonly queue: QueueFacts;
  readonly sessions: readonly OperatorSession[];
  readonly workOrders: readonly WorkOrder[];
  readonly openedFor: OpenedFor;
  readonly newestOrderAt: Instant | null;
  readonly draft: Draft;
  readonly announcements: Announcements;
  /** For how long from now on this run may still be sure of its lease, ms; less than 0 when it may not. */
  readonly sendableMs: () => number;
  /** True once this run may no longer be sure of its lease: nothing is claimed or sent any more. */
  readonly leaseRunsOut: () => boolean;
  /** begin, then every write that is sent: how many went to the plant within the last minute, or a little more. */
  recentWrites: number;
  /** begin; read again while commands are dispatched */
  controls: readonly Control[];
  /** detect; null when this cycle could not detect */
  detected: { readonly window: DetectionWindow; readonly detection: Detection; readonly dealtUpTo: Instant | null } | null;
  situations: SituationIndex;
  /** begin, by what is on record; recommend, by what is decided: signals whose readings are not to be believed. */
  distrust: Distrust;
  /** recommend: when they were not. */
  disbelief: Disbelief;
  /** recommend: whether earlier executions worked; verify stores it. Null until then. */
  verdicts: ReadonlyMap<string, Verdict> | null;
  /** recommend: how much of what was found has been dealt with; the watermark moves only after all of it. */
  decided: 'none' | 'some' | 'all';
  /** approve: what was decided is in the store. */
  recorded: boolean;
  /** begin, then approve: sessions with decisions on record that nobody has counted yet. */
  uncountedSessions: readonly string[];
  /** approve: whether there were changes of work orders. */
  hasOrders: boolean;
  /** end: whether no decision is left to count. */
  counted: boolean;
  /** approve: what execute may claim. */
  claims: readonly { readonly commandId: string; readonly approvalEnds: Instant }[];
}
