import type { Command } from '../domain/command.ts';
import { type Control, type ControlKind, isKillSwitch, isOrder } from '../domain/control.ts';
import type { AgentEvent } from '../domain/event.ts';
import type { AgentHealth } from '../domain/health.ts';
import { AgentError, asAgentError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import type { OutcomeCounts } from '../domain/outcomes.ts';
import type { QueueDay } from '../domain/queue-kpis.ts';
import type { Recommendation } from '../domain/recommendation.ts';
import type { SigningFacts } from '../domain/row-signatures.ts';
import type { ListedWorkOrder } from '../domain/work-order.ts';
import type {
  OperatorDecision,
  OperatorStore,
  RecommendationFilter,
  StatusFigures,
  StoredEvent,
  WorkOrderFilter,
} from '../ports/operator-store.ts';
import type { AuditLog } from './audit-log.ts';
import { read, type SqlValue, type Statement, write } from './connection.ts';
import { EVENTS_BETWEEN, isAnswered, isInForce, isPossible, notApplied } from './decisions-in-force.ts';
import type { Dialect } from './dialect.ts';
import { readFigures, readQueue, readQueueDay } from './queue-figures.ts';
import { fromRow } from './row-mapping.ts';
import type { Session } from './session.ts';
import { signingFactsIn } from './signing-facts.ts';
import { readControls, readKeyedControls } from './sql-cycle-store.ts';
import { OPEN } from './statements/open-statuses.ts';
import { replaceControlStatement, strengthenControlStatement } from './statements/controls.ts';
import { decisionStatement, revertStatement } from './statements/decisions.ts';
import { controlEventsStatement, subjectsStatement } from './statements/events.ts';
import { signingStatement } from './statements/signing.ts';
import { countOutcomes } from './sql-outcomes.ts';
import { listWorkOrders } from './sql-work-orders.ts';
import { COMMANDS, EVENTS, HEALTH, RECOMMENDATIONS, type Table } from './tables.ts';

/** What operators ask for and decide, for every engine. */
export class SqlOperatorStore implements OperatorStore {
  readonly #session: Session;
  readonly #audit: AuditLog;

  constructor(session: Session, audit: AuditLog) {
    this.#session = session;
    this.#audit = audit;
  }

  get #dialect(): Dialect {
    return this.#session.dialect;
  }

  #columns(table: Table): string {
    const d = this.#dialect;
    return table.columns.map(({ name }) => `${d.wholeText(`x.${d.quote(name)}`)} AS ${d.quote(name)}`).join(', ');
  }

  async #rows<T>(table: Table, statement: Statement): Promise<readonly T[]> {
    const { rows } = await this.#session.run(statement);
    return rows.map((row) => fromRow<T>(table, row, this.#dialect));
  }

  listRecommendations(filter: RecommendationFilter): Promise<readonly Recommendation[]> {
    const params: Record<string, SqlValue> = { limit: filter.limit };
    const conditions = ['true'];
    if (filter.statuses.length > 0) {
      conditions.push(`x.status IN (SELECT value FROM ${this.#dialect.jsonList('statuses')} l)`);
      params['statuses'] = JSON.stringify(filter.statuses);
    }
    if (filter.equipmentId !== null) {
      conditions.push('x.equipment_id = :equipment');
      params['equipment'] = filter.equipmentId;
    }
    return this.#rows(
      RECOMMENDATIONS,
      read(
        `SELECT ${this.#columns(RECOMMENDATIONS)} FROM agent_recommendations x WHERE ${conditions.join(' AND ')}
ORDER BY CASE WHEN x.status IN ${OPEN} THEN 0 ELSE 1 END,
  CASE WHEN x.status IN ${OPEN} THEN -COALESCE(x.priority, 0) ELSE 0 END,
  CASE WHEN x.status IN ${OPEN} THEN x.created_timestamp END, x.created_timestamp DESC LIMIT :limit`,
        params,
      ),
    );
  }

  findRecommendations(prefix: string): Promise<readonly Recommendation[]> {
    return this.#rows(
      RECOMMENDATIONS,
      read(
        `SELECT ${this.#columns(RECOMMENDATIONS)} FROM agent_recommendations x WHERE substr(x.recommendation_id, 1, :length) = :prefix
ORDER BY x.recommendation_id LIMIT 2`,
        { prefix, length: prefix.length },
      ),
    );
  }

  listCommands(filter: Parameters<OperatorStore['listCommands']>[0]): Promise<readonly Command[]> {
    const params: Record<string, SqlValue> = { limit: filter.limit };
    const conditions = ['true'];
    if (filter.recommendationId !== null) {
      conditions.push('x.recommendation_id = :recommendation');
      params['recommendation'] = filter.recommendationId;
    }
    if (filter.statuses.length > 0) {
      conditions.push(`x.status IN (SELECT value FROM ${this.#dialect.jsonList('statuses')} l)`);
      params['statuses'] = JSON.stringify(filter.statuses);
    }
    return this.#rows(
      COMMANDS,
      read(
        `SELECT ${this.#columns(COMMANDS)} FROM agent_commands x WHERE ${conditions.join(' AND ')}
ORDER BY x.created_timestamp DESC, x.recommendation_id, x.sequence LIMIT :limit`,
        params,
      ),
    );
  }

  listWorkOrders(filter: WorkOrderFilter): Promise<readonly ListedWorkOrder[]> {
    return listWorkOrders(this.#session, filter);
  }

  async findSubjects(prefix: string): Promise<readonly string[]> {
    const { rows } = await this.#session.run(subjectsStatement(prefix));
    return rows.map((row) => String(row['subject_id']));
  }

  listEvents(filter: { readonly subjectId: string | null; readonly limit: number }): Promise<readonly StoredEvent[]> {
    const at = this.#dialect.quote('at');
    const condition = filter.subjectId === null ? 'true' : 'x.subject_id = :subject';
    return this.#rows(
      EVENTS,
      read(
        `SELECT ${this.#columns(EVENTS)} FROM agent_events x WHERE ${condition} ORDER BY x.${at} DESC, x.ordinal DESC LIMIT :limit`,
        filter.subjectId === null ? { limit: filter.limit } : { limit: filter.limit, subject: filter.subjectId },
      ),
    );
  }

  listControlEvents(limit: number): Promise<readonly StoredEvent[]> {
    return this.#rows(EVENTS, controlEventsStatement(this.#columns(EVENTS), limit, this.#dialect));
  }

  async readSigning(agentId: string): Promise<SigningFacts> {
    const { rows } = await this.#session.run(signingStatement(agentId, this.#dialect));
    return signingFactsIn(rows[0] ?? {}, this.#dialect);
  }

  async readHealth(): Promise<{ readonly now: Instant; readonly health: readonly AgentHealth[] }> {
    const now = await this.#now();
    return { now, health: await this.#rows(HEALTH, read(`SELECT ${this.#columns(HEALTH)} FROM agent_health x ORDER BY x.agent_id`)) };
  }

  async #now(): Promise<Instant> {
    return (await readControls(this.#session)).now;
  }

  async readFigures(): Promise<StatusFigures> {
    return readFigures(this.#session, await this.#now());
  }

  readQueue(): ReturnType<OperatorStore['readQueue']> {
    return readQueue(this.#session);
  }

  countOutcomes(since: Instant): Promise<readonly OutcomeCounts[]> {
    return countOutcomes(this.#session, since);
  }

  readQueueDay(): Promise<QueueDay> {
    return readQueueDay(this.#session);
  }

  readControls(): Promise<{ readonly now: Instant; readonly controls: readonly Control[] }> {
    return readControls(this.#session);
  }

  async #recommendation(id: string): Promise<Recommendation> {
    const [row] = await this.findRecommendations(id);
    if (!row) throw new AgentError('not_found', `recommendation ${id} is gone`, 'list them: ops-agent recommendations');
    return row;
  }

  async decide(decision: OperatorDecision, event: AgentEvent): Promise<{ readonly decided: boolean; readonly status: string }> {
    const before = await this.#recommendation(decision.recommendationId);
    // A decision that is void from the start leaves no trace of having been made.
    if (!isPossible(before, decision)) return { decided: false, status: before.status };
    await this.#audit.append([event], null);
    await this.#session.run(decisionStatement(decision, this.#dialect));
    // After a retry a row count means nothing: what the row says now decides.
    const after = await this.#recommendation(decision.recommendationId);
    const decided = isInForce(after, decision, before);
    if (!decided) await this.#audit.append([notApplied(event, after.status)], null);
    return { decided, status: after.status };
  }

  async requestRevert(recommendationId: string, by: string, event: AgentEvent): Promise<boolean> {
    await this.#audit.append([event], null);
    await this.#session.run(revertStatement(recommendationId, by));
    // After a retry a row count means nothing: what the row says now decides, or that a cycle has answered already.
    const { revertRequestedBy, status } = await this.#recommendation(recommendationId);
    const isAsked =
      revertRequestedBy === by || isAnswered(event, await this.listEvents({ subjectId: recommendationId, limit: EVENTS_BETWEEN }));
    if (!isAsked) await this.#audit.append([notApplied(event, status)], null);
    return isAsked;
  }

  async setControl(control: Control, event: AgentEvent): Promise<AgentError | null> {
    const d = this.#dialect;
    if (isKillSwitch(control)) {
      // After a retry it replaces itself: whether it wrote a row says whether it is in force.
      const { changes } = await this.#session.run(strengthenControlStatement(control, d));
      if (changes > 0) return this.#untold(event);
    }
    await this.#audit.append([event], null);
    await this.#session.run(replaceControlStatement(control, d));
    return null;
  }

  /** @returns why the audit could not be told, else null */
  async #untold(event: AgentEvent): Promise<AgentError | null> {
    try {
      await this.#audit.append([event], null);
      return null;
    } catch (thrown) {
      return asAgentError(thrown);
    }
  }

  async clearControl(kind: ControlKind, scope: string, event: AgentEvent): Promise<number> {
    await this.#audit.append([event], null);
    // Written by hand it may be spelt otherwise, and more than once: the domain says which rows are this order.
    const found = (await readKeyedControls(this.#session)).orders.filter(({ control }) => isOrder(control, kind, scope));
    let lifted = 0;
    for (const { key } of found) {
      const statement = `DELETE FROM agent_controls WHERE control_id = ${this.#dialect.ofExactKey('key')}`;
      lifted += (await this.#session.run(write(statement, { key }))).changes;
    }
    return lifted;
  }
}
