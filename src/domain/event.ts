import { eventIdOf, lastingEventIdOf } from './ids.ts';

export type SubjectType = 'recommendation' | 'command' | 'agent' | 'control' | 'feed' | 'queue' | 'session' | 'work_order';

/**
 * Events that say which ticket is in force: the copy in `after.ticket` of the newest one decides what an approval covers.
 * `not_applied` takes back a ticket that was announced and never stored: its copy is the one that stayed in force. Without a copy, as a run
 * says it that lost its lease, it judges nothing.
 */
export const TICKET_EVENTS = ['created', 'escalated', 'renewed', 'corrected', 'not_applied'] as const;

/** Whether an event says which ticket is in force. */
export function judgesTicket({ event, after }: Pick<AgentEvent, 'event' | 'after'>): boolean {
  return TICKET_EVENTS.some((kind) => kind === event) && (event !== 'not_applied' || after !== null);
}

/** Events that end a recommendation. An approval on record does not outlive them, whatever the row says. */
export const ENDING_EVENTS = ['withdrawn', 'expired', 'cancelled', 'executed', 'failed'] as const;

export function isEnding(event: string | undefined): boolean {
  return ENDING_EVENTS.some((ending) => ending === event);
}

/** Events that say what is validly decided, with the decision's columns in `after.decision`. */
export const DECISION_EVENTS = [
  'approved',
  'first_approved',
  'rejected',
  'deferred',
  'resumed',
  'reopened',
  'refused',
  'lapsed',
  'renewed',
  'escalated',
  'created',
  ...ENDING_EVENTS,
] as const;

/** Events with which the agent takes an operator's decision over, as an operator's session counts them. */
export const APPROVING_EVENTS = ['approved', 'first_approved'] as const;
export const REJECTING_EVENTS = ['rejected'] as const;

/**
 * What became of a command, by its newest event: the judge of a row that says 'pending'. `not_applied` takes nothing back here: what was
 * sent stays sent, whatever became of its row.
 */
export const COMMAND_EVENTS = ['derived', 'dispatching', 'returned', 'executed', 'failed', 'unknown', 'cancelled', 'refused'] as const;

/** One row of the append-only audit. It is written before the effect that it tells of. */
export interface AgentEvent {
  readonly eventId: string;
  readonly agentId: string;
  readonly runId: string;
  /** Who did it: the agent's id, or a person with the way they came. */
  readonly actor: string;
  readonly subjectType: SubjectType;
  readonly subjectId: string;
  readonly event: string;
  readonly fromStatus: string | null;
  readonly toStatus: string | null;
  readonly reason: string | null;
  readonly before: unknown;
  readonly after: unknown;
  /** The operator's session in which the decision was made; null where there was none, and for what no operator decided. */
  readonly sessionId: string | null;
}

export interface EventText {
  readonly subjectType: SubjectType;
  readonly subjectId: string;
  readonly event: string;
  readonly fromStatus?: string | null;
  readonly toStatus?: string | null;
  readonly reason?: string;
  readonly actor?: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly sessionId?: string | null;
  /** Tells repeated events of one kind about one subject in one run apart. */
  readonly step?: string;
  /** True for what is told once, whichever run tells it: a killed cycle and its repetition give one event. */
  readonly once?: boolean;
}

/** The part of an event that says which recommendation it is about, and from which status. */
export function about(row: { readonly recommendationId: string; readonly status: string }) {
  return { subjectType: 'recommendation' as const, subjectId: row.recommendationId, fromStatus: row.status };
}

/** Who records. The lease's epoch tells the cycles of a run id apart that a scheduler gives twice. */
export interface EventRun {
  readonly agentId: string;
  readonly runId: string;
  readonly epoch?: number;
}

/** An event of one run, with its deterministic id: recording it again is a no-op. */
export function eventOf(run: EventRun, text: EventText): AgentEvent {
  const cycle = run.epoch === undefined ? run.runId : `${run.runId}/${run.epoch}`;
  const { subjectId, event, step = '-' } = text;
  return {
    eventId: text.once === true ? lastingEventIdOf(subjectId, event, step) : eventIdOf(cycle, subjectId, event, step),
    agentId: run.agentId,
    runId: run.runId,
    actor: text.actor ?? run.agentId,
    subjectType: text.subjectType,
    subjectId: text.subjectId,
    event: text.event,
    fromStatus: text.fromStatus ?? null,
    toStatus: text.toStatus ?? null,
    reason: text.reason ?? null,
    before: text.before ?? null,
    after: text.after ?? null,
    sessionId: text.sessionId ?? null,
  };
}
