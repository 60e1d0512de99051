import type { Command } from './command.ts';
import { AgentError } from './errors.ts';
import { type AgentEvent, type EventText, eventOf } from './event.ts';
import { type OpenRecommendation, type Recommendation, type StoredRecommendation, typed } from './recommendation.ts';
import { COMMAND_TRANSITIONS, type CommandStatus, isRecommendationStatus, mayBecome } from './transitions.ts';

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
}

/**
 * What a cycle means to write, before it writes any of it. Phases read rows as they will be, so that a later
 * phase builds on an earlier one's decision, and each row is written once, guarded by the status it was read with.
 */
export class Draft {
  readonly #run: { readonly agentId: string; readonly runId: string };
  readonly #rows = new Map<string, OpenRecommendation>();
  /** The statuses as the store has them, which need not be statuses at all. */
  readonly #stored: ReadonlyMap<string, string>;
  readonly #commands = new Map<string, Command>();
  readonly #rowChanges = new Map<string, RecommendationChange>();
  readonly #commandChanges = new Map<string, CommandChange>();
  readonly #written = new Set<string>();
  #events: AgentEvent[] = [];

  constructor(run: { readonly agentId: string; readonly runId: string }, stored: readonly StoredRecommendation[], commands: readonly Command[]) {
    this.#run = run;
    this.#stored = new Map(stored.map((row) => [row.recommendationId, row.status]));
    for (const row of stored) this.#rows.set(row.recommendationId, typed(row));
    for (const command of commands) this.#commands.set(command.commandId, command);
  }

  get rows(): readonly OpenRecommendation[] {
    return [...this.#rows.values()];
  }

  row(recommendationId: string): OpenRecommendation | undefined {
    return this.#rows.get(recommendationId);
  }

  get commands(): readonly Command[] {
    return [...this.#commands.values()];
  }

  commandsOf(recommendationId: string): readonly Command[] {
    return this.commands
      .filter((command) => command.recommendationId === recommendationId)
      .toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0));
  }

  /** How many recommendations the next write changes. */
  get changedRecommendations(): number {
    return this.#rowChanges.size;
  }

  note(event: EventText): void {
    this.#events.push(eventOf(this.#run, event));
  }

  create(row: OpenRecommendation, event: EventText): void {
    const { ticket: _ticket, lastDecision: _lastDecision, ...columns } = row;
    this.#rows.set(row.recommendationId, row);
    this.#rowChanges.set(row.recommendationId, { recommendationId: row.recommendationId, expected: null, columns });
    this.note(event);
  }

  /** Changes a row; a status must be reachable from the one it has, unless the agent's own last status is put back. */
  update(row: OpenRecommendation, columns: Partial<OpenRecommendation>, event: EventText): void {
    const current = this.#rows.get(row.recommendationId) ?? row;
    const { status } = columns;
    if (status !== undefined && status !== current.status && status !== current.guardedStatus && !mayBecome(current.status, status))
      throw new AgentError('bug', `recommendation ${row.recommendationId} may not go from ${current.status} to ${status}`);
    const { ticket: _ticket, lastDecision: _lastDecision, ...written } = columns;
    const earlier = this.#rowChanges.get(row.recommendationId);
    this.#rowChanges.set(row.recommendationId, {
      recommendationId: row.recommendationId,
      expected: earlier ? earlier.expected : this.#statusInStore(current),
      columns: { ...earlier?.columns, ...written },
    });
    this.#rows.set(row.recommendationId, { ...current, ...columns });
    this.note(event);
  }

  #statusInStore(row: OpenRecommendation): string {
    const found = this.#stored.get(row.recommendationId);
    return found !== undefined && !isRecommendationStatus(found) && !this.#written.has(row.recommendationId) ? found : row.status;
  }

  createCommand(command: Command, event: EventText): void {
    this.#commands.set(command.commandId, command);
    this.#commandChanges.set(command.commandId, { commandId: command.commandId, expected: null, claimedBy: null, columns: command });
    this.note(event);
  }

  updateCommand(command: Command, columns: Partial<Command>, event: EventText, claimedBy: string | null = null): void {
    const current = this.#commands.get(command.commandId) ?? command;
    const { status } = columns;
    const reachable: readonly CommandStatus[] = COMMAND_TRANSITIONS[current.status];
    if (status !== undefined && status !== current.status && !reachable.includes(status))
      throw new AgentError('bug', `command ${command.commandId} may not go from ${current.status} to ${status}`);
    const earlier = this.#commandChanges.get(command.commandId);
    this.#commandChanges.set(command.commandId, {
      commandId: command.commandId,
      expected: earlier ? earlier.expected : current.status,
      claimedBy,
      columns: { ...earlier?.columns, ...columns },
    });
    this.#commands.set(command.commandId, { ...current, ...columns });
    this.note(event);
  }

  /** What the store now holds about a command that this run claimed: read, not to be written. */
  observe(command: Command): void {
    this.#commands.set(command.commandId, command);
  }

  /** Hands over everything not yet written and starts afresh from the rows as they will be. */
  take(): DraftContents {
    const contents = {
      events: this.#events,
      recommendations: [...this.#rowChanges.values()],
      commands: [...this.#commandChanges.values()],
    };
    this.#events = [];
    for (const id of this.#rowChanges.keys()) this.#written.add(id);
    this.#rowChanges.clear();
    this.#commandChanges.clear();
    return contents;
  }
}
