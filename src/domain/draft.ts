import type { Command } from './command.ts';
import { AgentError } from './errors.ts';
import { type AgentEvent, eventOf, type EventRun, type EventText } from './event.ts';
import { type FamilyHistory, type OpenRecommendation, type Recommendation, type StoredRecommendation, typed } from './recommendation.ts';
import { setAside } from './set-aside.ts';
import type { Ticket } from './ticket.ts';
import {
  COMMAND_TRANSITIONS,
  type CommandStatus,
  isRecommendationStatus,
  isTerminal,
  mayBecome,
  type RecommendationStatus,
} from './transitions.ts';
import type { CommandChange, DraftContents, RecommendationChange } from './changes.ts';
import type { WorkOrderChange } from './work-order.ts';

/**
 * What a cycle means to write, before it writes any of it. Phases read rows as they will be, so that a later
 * phase builds on an earlier one's decision, and each row is written once, guarded by the status it was read with.
 */
export class Draft {
  readonly #run: EventRun;
  readonly #rows = new Map<string, OpenRecommendation>();
  /** What the store's guards compare with: the statuses as they are there, which need not be statuses at all, and the places. */
  readonly #stored: Map<string, Pick<StoredRecommendation, 'status' | 'guardedStatus' | 'equipmentId' | 'issueFamily'>>;
  readonly #tickets: ReadonlyMap<string, Ticket | null>;
  readonly #commands = new Map<string, Command>();
  /** Which commands a recommendation has: asked for each of thousands of rows. */
  readonly #commandIds = new Map<string, Set<string>>();
  readonly #rowChanges = new Map<string, RecommendationChange>();
  readonly #commandChanges = new Map<string, CommandChange>();
  readonly #onlyRecords = new Set<string>();
  #events: AgentEvent[] = [];
  #workOrders: WorkOrderChange[] = [];

  constructor(run: EventRun, stored: readonly StoredRecommendation[], commands: readonly Command[]) {
    this.#run = run;
    this.#stored = new Map(stored.map((row) => [row.recommendationId, row]));
    for (const row of stored) this.#rows.set(row.recommendationId, typed(row));
    for (const command of commands) this.#setCommand(command);
    this.#tickets = new Map(stored.map((row) => [row.recommendationId, row.ticket]));
  }

  get rows(): readonly OpenRecommendation[] {
    return [...this.#rows.values()];
  }

  row(recommendationId: string): OpenRecommendation | undefined {
    return this.#rows.get(recommendationId);
  }

  /** The status that the store has of a row, which need not be one; undefined for a row that is not there yet. */
  storedStatus(recommendationId: string): string | undefined {
    return this.#stored.get(recommendationId)?.status;
  }

  get commands(): readonly Command[] {
    return [...this.#commands.values()];
  }

  commandsOf(recommendationId: string): readonly Command[] {
    const commands = [...(this.#commandIds.get(recommendationId) ?? [])].flatMap((id) => this.#commands.get(id) ?? []);
    return commands.toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0));
  }

  #setCommand(command: Command): void {
    this.#commands.set(command.commandId, command);
    if (command.recommendationId === null) return;
    const ids = this.#commandIds.get(command.recommendationId) ?? new Set();
    this.#commandIds.set(command.recommendationId, ids.add(command.commandId));
  }

  /** The ticket that a row had when the cycle began. */
  ticketAsRead(recommendationId: string): Ticket | null {
    return this.#tickets.get(recommendationId) ?? null;
  }

  /** How many recommendations the next write changes. */
  get changedRecommendations(): number {
    return this.#rowChanges.size;
  }

  /** The rows that the next write makes. */
  get created(): readonly OpenRecommendation[] {
    const made = [...this.#rowChanges.values()].filter(({ expected }) => expected === null);
    return made.flatMap(({ recommendationId }) => this.#rows.get(recommendationId) ?? []);
  }

  /**
   * Whether what is written of a row only says what was over. Somebody who edited it can make the store refuse that in every cycle: readings
   * need not wait for it.
   */
  isOnlyRecord(recommendationId: string): boolean {
    return this.#onlyRecords.has(recommendationId);
  }

  /** Whether the next write changes this recommendation. */
  isChanged(recommendationId: string): boolean {
    return this.#rowChanges.has(recommendationId);
  }

  note(event: EventText): void {
    this.#events.push(eventOf(this.#run, event));
  }

  /**
   * Makes a row, unless its family would then have two open ones: where the row before it cannot end in this write (see
   * `update`), its successor waits as well. @returns whether the row was made
   */
  create(row: OpenRecommendation, event: EventText, isBeside = false): boolean {
    if (!isTerminal(row.status) && this.#hasOpenRowLike(row)) return false;
    // The id is on record: a row of the chain that ends in this write cannot be made in it as well.
    if (this.#rowChanges.has(row.recommendationId)) return false;
    const { ticket: _ticket, lastDecision: _lastDecision, ...columns } = row;
    if (isBeside) this.#onlyRecords.add(row.recommendationId);
    this.#rows.set(row.recommendationId, row);
    this.#rowChanges.set(row.recommendationId, { recommendationId: row.recommendationId, expected: null, columns });
    this.note(event);
    return true;
  }

  #hasOpenRowLike({ equipmentId, issueFamily }: OpenRecommendation): boolean {
    return this.rows.some((row) => row.equipmentId === equipmentId && row.issueFamily === issueFamily && !isTerminal(row.status));
  }

  /**
   * Changes a row; a status must be reachable from the one it has, unless the agent's own last status is put back.
   * One write takes a row one step: a second step that the store's guard would refuse together with the first (restored, then
   * withdrawn) waits for the next write, without an event. Merging them would lose both, in every cycle again.
   * @returns whether the row was changed
   */
  update(row: OpenRecommendation, columns: Partial<OpenRecommendation>, event: EventText): boolean {
    const { recommendationId } = row;
    const current = this.#rows.get(recommendationId) ?? row;
    const { status } = columns;
    if (status !== undefined && status !== current.status && status !== current.guardedStatus && !mayBecome(current.status, status))
      throw new AgentError('bug', `recommendation ${recommendationId} may not go from ${current.status} to ${status}`);
    const earlier = this.#rowChanges.get(recommendationId);
    const stored = this.#stored.get(recommendationId) ?? row;
    const isNew = earlier?.expected === null;
    if (status !== undefined && !isNew && !isOneStep(stored, status)) return false;
    const { ticket: _ticket, lastDecision: _lastDecision, ...written } = columns;
    this.#rowChanges.set(recommendationId, {
      recommendationId,
      expected: isNew ? null : stored.status,
      columns: { ...earlier?.columns, ...written },
    });
    this.#rows.set(recommendationId, { ...current, ...columns });
    this.note(event);
    return true;
  }

  /** A row that need not be open, with what the next write changes of it. */
  asItWillBe(row: FamilyHistory): FamilyHistory {
    return this.#rows.get(row.recommendationId) ?? { ...row, ...this.#rowChanges.get(row.recommendationId)?.columns };
  }

  /** Puts right what a row says about its readings; its status, which may be an end, stays as it is. */
  amend(row: FamilyHistory, columns: Partial<Omit<Recommendation, 'status' | 'guardedStatus'>>, event: EventText): void {
    const { recommendationId, status } = row;
    const current = this.#rows.get(recommendationId);
    if (current) {
      this.update(current, columns, event);
      return;
    }
    const earlier = this.#rowChanges.get(recommendationId)?.columns;
    this.#onlyRecords.add(recommendationId);
    this.#rowChanges.set(recommendationId, { recommendationId, expected: status, columns: { ...earlier, ...columns } });
    this.note(event);
  }

  createCommand(command: Command, event: EventText): void {
    this.#setCommand(command);
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
      // A claim once asked for stays asked for: another run may have claimed the command meanwhile.
      claimedBy: claimedBy ?? earlier?.claimedBy ?? null,
      columns: { ...earlier?.columns, ...columns },
    });
    this.#setCommand({ ...current, ...columns });
    this.note(event);
  }

  /** One change of one work order in a write, with its event. */
  changeWorkOrder(change: WorkOrderChange, event: EventText): void {
    this.#workOrders.push(change);
    this.note(event);
  }

  /** What the store now holds about a command that this run claimed: read, not to be written. */
  observe(command: Command): void {
    this.#setCommand(command);
  }

  /** Hands over everything not yet written and starts afresh from the rows as they will be. */
  take(): DraftContents {
    const { changes, events } = setAside([...this.#rowChanges.values()], this.#stored, (id) => this.#rows.get(id));
    for (const event of events) this.note(event);
    const contents = {
      events: this.#events,
      recommendations: changes,
      commands: [...this.#commandChanges.values()],
      workOrders: this.#workOrders,
    };
    this.#events = [];
    this.#workOrders = [];
    for (const { recommendationId, columns } of contents.recommendations) {
      const before = this.#stored.get(recommendationId) ?? this.#rows.get(recommendationId);
      if (!before) continue;
      const { status, guardedStatus, equipmentId, issueFamily } = { ...before, ...columns };
      this.#stored.set(recommendationId, { status, guardedStatus, equipmentId, issueFamily });
    }
    this.#rowChanges.clear();
    this.#commandChanges.clear();
    return contents;
  }
}

/** Whether the store's guard lets a row go to `status` in one write: by the table, or back to the agent's own last status. */
function isOneStep(stored: Pick<StoredRecommendation, 'status' | 'guardedStatus'>, status: RecommendationStatus): boolean {
  if (stored.status === status || stored.guardedStatus === status) return true;
  return isRecommendationStatus(stored.status) && mayBecome(stored.status, status);
}
