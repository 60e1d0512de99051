import { randomUUID } from 'node:crypto';
import type { Command } from '../domain/command.ts';
import { type Control, controlInForce, type StoredControl } from '../domain/control.ts';
import type { CommandChange, RecommendationChange } from '../domain/changes.ts';
import { AgentError } from '../domain/errors.ts';
import type { AgentEvent } from '../domain/event.ts';
import type { Instant } from '../domain/instant.ts';
import type { KeyRing } from '../domain/key-ring.ts';
import { COMMAND_TRANSITIONS, isTerminal, RECOMMENDATION_TRANSITIONS } from '../domain/transitions.ts';
import type { WorkOrderChange } from '../domain/work-order.ts';
import type { ChainPlace, Claim, TicketedCommand, CycleStore, Heartbeat, LastChange, OpenWork } from '../ports/cycle-store.ts';
import type { Lease, LeaseRequest } from '../ports/lease.ts';
import { type AuditLog, tailIn } from './audit-log.ts';
import { type HolderLock, read, write } from './connection.ts';
import type { Dialect } from './dialect.ts';
import { commandsNow, lastChanges, overtakenIn, placesIn } from './last-changes.ts';
import { oneEach } from './one-each.ts';
import { OpenWorkRows, ticketedCommandIn } from './open-work-rows.ts';
import { fromRow, jsonParts, objectIn, toRow } from './row-mapping.ts';
import type { Session } from './session.ts';
import { claimedStatement, claimStatement } from './statements/commands.ts';
import { endCycleStatement } from './statements/end-cycle.ts';
import { LEASE_GUARD, leaseParams, offlineStatement, takeLeaseStatement, takeOverSql } from './statements/lease.ts';
import { ONE_OPEN_PER_FAMILY } from './statements/open-statuses.ts';
import { rowJson } from './statements/newest-event.ts';
import { openWorkStatement } from './statements/open-work.ts';
import { countDecisionsStatement } from './statements/sessions.ts';
import { COMMANDS, CONTROLS, RECOMMENDATIONS, WORK_ORDERS } from './tables.ts';
import { saveWorkOrders } from './sql-work-orders.ts';

type Row = Readonly<Record<string, unknown>>;

function pairsOf(transitions: Readonly<Record<string, readonly string[]>>): readonly string[] {
  return Object.entries(transitions).flatMap(([from, reachable]) => reachable.map((to) => `${from}>${to}`));
}

const RECOMMENDATION_PAIRS = pairsOf(RECOMMENDATION_TRANSITIONS);
const COMMAND_PAIRS = pairsOf(COMMAND_TRANSITIONS);

/** What closes a row goes first: another row may open, or be put back, only where the family has no open one. */
function placeOf({ expected, columns: { status } }: RecommendationChange): number {
  if (expected === null) return 2;
  return status === undefined || !isTerminal(status) ? 1 : 0;
}

/** The cycle's half of the store, for every engine. */
export class SqlCycleStore implements CycleStore {
  readonly provesHolderDead: boolean;
  readonly holderId = randomUUID();
  readonly #session: Session;
  readonly #audit: AuditLog;
  readonly #keys: KeyRing;
  readonly #lock: HolderLock | null;

  constructor(session: Session, audit: AuditLog, keys: KeyRing, lock: HolderLock | null) {
    this.#session = session;
    this.#keys = keys;
    this.#audit = audit;
    this.#lock = lock;
    this.provesHolderDead = lock !== null;
  }

  get statements(): number {
    return this.#session.statements;
  }

  get #dialect(): Dialect {
    return this.#session.dialect;
  }

  async takeLease(request: LeaseRequest): Promise<boolean> {
    if (this.#lock && !(await this.#lock.acquire())) return false;
    await this.#session.run(takeLeaseStatement({ ...request, holderId: this.holderId }, this.#lock !== null, this.#dialect));
    return true;
  }

  async readOpenWork(agentId: string, sessionSeconds = 0, accountedSeconds = 0): Promise<OpenWork> {
    const asked = { agentId, isKeyless: this.#keys.length === 0, sessionSeconds, accountedSeconds };
    const { rows } = await this.#session.run(openWorkStatement(this.#dialect, asked));
    const found = new OpenWorkRows(rows, this.#keys, this.#dialect);
    const work = found.work();
    this.#expectTail(agentId, found.tail());
    return work;
  }

  /** Before anything is in a chain the first append has to look how many rows are older. */
  #expectTail(agentId: string, row: Row): void {
    const unchained = Number(row['unchained'] ?? 0);
    this.#audit.expect(agentId, unchained > 0 ? null : tailIn(row));
  }

  appendEvents(events: readonly AgentEvent[], at: Instant, lease?: Lease): Promise<boolean> {
    return this.#audit.append(events, at, lease);
  }

  saveRecommendations(lease: Lease, changes: readonly RecommendationChange[]): Promise<number> {
    const ordered = changes.toSorted((a, b) => placeOf(a) - placeOf(b));
    const rows = ordered.map((change) => ({
      ...toRow(RECOMMENDATIONS, change.columns, this.#dialect),
      recommendation_id: change.recommendationId,
      guard_status: change.expected,
    }));
    const guarded = { table: RECOMMENDATIONS, key: 'recommendation_id', transitions: RECOMMENDATION_PAIRS, restorable: 'guarded_status' };
    return this.#save(lease, this.#dialect.guardedWrite({ ...guarded, onlyOneOpen: ONE_OPEN_PER_FAMILY }, LEASE_GUARD), rows);
  }

  saveCommands(lease: Lease, changes: readonly CommandChange[]): Promise<number> {
    const rows = changes.map((change) => ({
      ...toRow(COMMANDS, change.columns, this.#dialect),
      command_id: change.commandId,
      guard_status: change.expected,
      guard_claimed_by: change.claimedBy,
    }));
    const guarded = { table: COMMANDS, key: 'command_id', transitions: COMMAND_PAIRS, restorable: null, onlyOneOpen: null };
    return this.#save(lease, this.#dialect.guardedWrite(guarded, LEASE_GUARD), rows);
  }

  saveWorkOrders(lease: Lease, changes: readonly WorkOrderChange[]): Promise<number> {
    return saveWorkOrders(this.#session, lease, changes);
  }

  #save(lease: Lease, sql: string, rows: readonly object[]): Promise<number> {
    const parts = jsonParts(rows, this.#dialect.maxParameterBytes);
    return this.#session.runParts(parts.map((part) => write(sql, { ...leaseParams(lease), rows: part })));
  }

  async claimCommands(lease: Lease, claim: Claim): Promise<void> {
    await this.#session.run(claimStatement(lease, claim, this.#dialect));
  }

  async readClaimed(lease: Lease): Promise<readonly TicketedCommand[]> {
    const { rows } = await this.#session.run(claimedStatement(lease, this.#dialect));
    const claimed = rows.map((row) => ticketedCommandIn(row, row, this.#keys, this.#dialect));
    return oneEach(claimed, ({ command }) => command.commandId);
  }

  async countDecisions(lease: Lease, sessionIds: readonly string[]): Promise<void> {
    await this.#session.run(countDecisionsStatement(lease, sessionIds, this.#dialect));
  }

  readCommands(commandIds: readonly string[]): Promise<ReadonlyMap<string, Command>> {
    return commandsNow(this.#session, commandIds);
  }

  readLastChanges(recommendationIds: readonly string[]): Promise<ReadonlyMap<string, LastChange>> {
    return lastChanges(this.#session, RECOMMENDATIONS, recommendationIds);
  }

  readOvertaken(lease: Lease, subjectIds: readonly string[], at: Instant): Promise<ReadonlySet<string>> {
    return overtakenIn(this.#session, lease, subjectIds, at);
  }

  readPlaces(recommendationIds: readonly string[]): Promise<ReadonlyMap<string, ChainPlace>> {
    return placesIn(this.#session, recommendationIds);
  }

  readLastWorkOrderChanges(workOrderIds: readonly string[]): Promise<ReadonlyMap<string, LastChange>> {
    return lastChanges(this.#session, WORK_ORDERS, workOrderIds);
  }

  async readControls(): Promise<{ readonly now: Instant; readonly controls: readonly Control[] }> {
    return readControls(this.#session);
  }

  async endCycle(lease: Lease, heartbeat: Heartbeat): Promise<void> {
    await this.#session.run(endCycleStatement(lease, heartbeat, this.#audit.tailOf(lease.agentId), this.#dialect));
  }

  async releaseLock(): Promise<void> {
    await this.#lock?.release();
  }

  async markOffline(agentId: string, processId: string | null): Promise<void> {
    await this.#session.run(offlineStatement(agentId, processId, this.#dialect));
  }

  async takeOver(agentId: string): Promise<void> {
    await this.#session.runAll([
      write(takeOverSql(this.#dialect), { agent: agentId }),
      write('DELETE FROM agent_health WHERE agent_id <> :agent', { agent: agentId }),
    ]);
  }
}

/** An order, with the key of the row that says it. */
interface KeyedControl {
  readonly control: Control;
  readonly key: string;
}

/** The standing orders and the store's clock: asked by cycles and by operators alike. */
export async function readControls(session: Session): Promise<{ readonly now: Instant; readonly controls: readonly Control[] }> {
  const { now, orders } = await readKeyedControls(session);
  return { now, controls: orders.map(({ control }) => control) };
}

export async function readKeyedControls(session: Session): Promise<{ readonly now: Instant; readonly orders: readonly KeyedControl[] }> {
  const d = session.dialect;
  // As the open work has them: a text with U+0000 in it may end there for who reads the column itself.
  const columns = `${rowJson(d, 'k', CONTROLS.columns)} AS content, ${d.exactKey('k.control_id')} AS control_key`;
  const { rows } = await session.runUncounted(
    read(
      `SELECT c.clock, k.control_id IS NOT NULL AS is_order, ${columns} FROM (SELECT ${d.now} AS clock) c LEFT JOIN agent_controls k ON true`,
    ),
  );
  const now = d.decodeTime(rows[0]?.['clock']);
  if (now === null) throw new AgentError('bug', 'the store did not say what time it is');
  const found = rows.filter((row) => Number(row['is_order']) === 1);
  const orders = found.map((row) => ({
    control: controlInForce(fromRow<StoredControl>(CONTROLS, objectIn(row['content']) ?? {}, d)),
    key: String(row['control_key']),
  }));
  return { now, orders };
}
