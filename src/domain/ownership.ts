import { AgentError } from './errors.ts';
import { type AgentEvent, eventOf, type EventRun } from './event.ts';
import type { AgentHealth } from './health.ts';

/** Two agents on one set of tables would each undo what the other decides. */
export function otherOwner(owner: string, agentId: string): AgentError {
  return new AgentError(
    'usage',
    `these tables belong to agent ${owner}, not to ${agentId}`,
    'give every agent its own tables, or pass --take-over when the other one is retired',
  );
}

/** The event about tables that change hands, in the chain of the new owner. */
export const TAKEN_OVER = 'taken_over';

/**
 * The audit's row about tables that change hands. It keeps the end of the former owner's chain that agent_health knew: that row has a new
 * owner from then on, and the chain no other witness.
 */
export function takenOver(run: EventRun, owner: Pick<AgentHealth, 'agentId' | 'auditSeq' | 'auditHash'>, actor = run.agentId): AgentEvent {
  return eventOf(run, {
    subjectType: 'agent',
    subjectId: run.agentId,
    event: TAKEN_OVER,
    actor,
    reason: `the tables belonged to ${owner.agentId}`,
    before: { agent_id: owner.agentId, audit_seq: owner.auditSeq, audit_hash: owner.auditHash },
    after: { agent_id: run.agentId },
  });
}
