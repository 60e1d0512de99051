import { AgentError } from './errors.ts';
import { type AgentEvent, eventOf, type EventRun } from './event.ts';

/** Two agents on one set of tables would each undo what the other decides. */
export function otherOwner(owner: string, agentId: string): AgentError {
  return new AgentError(
    'usage',
    `these tables belong to agent ${owner}, not to ${agentId}`,
    'give every agent its own tables, or pass --take-over when the other one is retired',
  );
}

/** The audit's row about tables that change hands. */
export function takenOver(run: EventRun, owner: string, actor = run.agentId): AgentEvent {
  return eventOf(run, {
    subjectType: 'agent',
    subjectId: run.agentId,
    event: 'taken_over',
    actor,
    reason: `the tables belonged to ${owner}`,
    before: { agent_id: owner },
    after: { agent_id: run.agentId },
  });
}
