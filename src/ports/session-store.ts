import type { AgentEvent } from '../domain/event.ts';
import type { OperatorSession } from '../domain/operator-session.ts';

/** Who is logged in. The HMI writes the same table. */
export interface SessionStore {
  /** Open ones first, then the newest. */
  listSessions(limit: number): Promise<readonly OperatorSession[]>;
  /** The open sessions of one person, however the name is spelt; the newest first. */
  openSessionsOf(operator: string): Promise<readonly OperatorSession[]>;
  /** Opens a session of the store's time of now. */
  openSession(sessionId: string, operator: string, event: AgentEvent): Promise<void>;
  /** Ends a session now; one that has ended keeps its end. */
  closeSession(sessionId: string, event: AgentEvent): Promise<void>;
}
