import type { AgentEvent } from '../domain/event.ts';
import { ENDED_SESSION_STATUSES, type OperatorSession } from '../domain/operator-session.ts';
import { personKey } from '../domain/person.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { AuditLog } from './audit-log.ts';
import { read, type SqlValue, write } from './connection.ts';
import { fromRow } from './row-mapping.ts';
import type { Session } from './session.ts';
import { isOpen } from './statements/sessions.ts';
import { OPERATOR_SESSIONS } from './tables.ts';

const OPEN = 'active';
const [CLOSED] = ENDED_SESSION_STATUSES;

/** The operators' sessions, for every engine. The HMI writes the same table. */
export class SqlSessionStore implements SessionStore {
  readonly #session: Session;
  readonly #audit: AuditLog;

  constructor(session: Session, audit: AuditLog) {
    this.#session = session;
    this.#audit = audit;
  }

  async #sessions(rest: string, params: Readonly<Record<string, SqlValue>> = {}): Promise<readonly OperatorSession[]> {
    const { dialect } = this.#session;
    const columns = OPERATOR_SESSIONS.columns.map((column) => `x.${dialect.quote(column.name)}`).join(', ');
    const { rows } = await this.#session.run(read(`SELECT ${columns} FROM operator_sessions x ${rest}`, params));
    return rows.map((row) => fromRow<OperatorSession>(OPERATOR_SESSIONS, row, dialect));
  }

  listSessions(limit: number): Promise<readonly OperatorSession[]> {
    const order = `CASE WHEN ${isOpen('x', this.#session.dialect)} THEN 0 ELSE 1 END, x.login_timestamp DESC, x.session_id`;
    return this.#sessions(`ORDER BY ${order} LIMIT :limit`, { limit });
  }

  async openSessionsOf(operator: string): Promise<readonly OperatorSession[]> {
    const open = await this.#sessions(`WHERE ${isOpen('x', this.#session.dialect)} ORDER BY x.login_timestamp DESC, x.session_id`);
    // A name is compared as people read it, which no engine's SQL does alike.
    return open.filter((session) => personKey(session.operatorId) === personKey(operator));
  }

  async openSession(sessionId: string, operator: string, event: AgentEvent): Promise<void> {
    const { now } = this.#session.dialect;
    await this.#audit.append([event], null);
    await this.#session.run(
      write(
        `INSERT INTO operator_sessions (session_id, operator_id, login_timestamp, status, approved_recommendations, rejected_recommendations)
SELECT :id, :operator, ${now}, :status, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM operator_sessions WHERE session_id = :id)`,
        { id: sessionId, operator, status: OPEN },
      ),
    );
  }

  async closeSession(sessionId: string, event: AgentEvent): Promise<void> {
    const { dialect } = this.#session;
    await this.#audit.append([event], null);
    await this.#session.run(
      write(
        `UPDATE operator_sessions SET logout_timestamp = ${dialect.now}, status = :status WHERE session_id = :id AND ${isOpen('operator_sessions', dialect)}`,
        { id: sessionId, status: CLOSED },
      ),
    );
  }
}
