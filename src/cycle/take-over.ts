import { AgentError } from '../domain/errors.ts';
import type { EventRun } from '../domain/event.ts';
import type { AgentHealth } from '../domain/health.ts';
import type { Instant } from '../domain/instant.ts';
import { type KeyRing, SIGNING_KEY_VARIABLE } from '../domain/key-ring.ts';
import { takenOver } from '../domain/ownership.ts';
import type { AuditStore } from '../ports/audit-store.ts';
import type { CycleStore } from '../ports/cycle-store.ts';
import { chainOwners } from './audit-rows.ts';

export type OwnedStore = Pick<CycleStore, 'appendEvents' | 'takeOver'> & Pick<AuditStore, 'readNextOwner' | 'firstSignedSeq'>;

export interface Heir {
  readonly run: EventRun;
  readonly keys: KeyRing;
  /** Who has it done; absent: the agent itself. */
  readonly actor?: string;
}

/**
 * Makes another agent's tables this one's, told to the audit first. Repeating tells it again and changes nothing.
 * @throws AgentError usage where rows of the audit are signed and there is no key: the former owner's chain would be that of a stranger
 */
export async function takeTablesOver(store: OwnedStore, owner: AgentHealth, { run, keys, actor }: Heir, at: Instant): Promise<void> {
  if (keys.length === 0 && (await isAuditSigned(store)))
    throw new AgentError(
      'usage',
      'the audit is signed, and without a key nobody would believe that these tables changed hands',
      `set ${SIGNING_KEY_VARIABLE} as the other agent has it`,
    );
  await store.appendEvents([takenOver(run, owner, actor)], at);
  await store.takeOver(run.agentId);
}

async function isAuditSigned(store: OwnedStore): Promise<boolean> {
  const { agentIds } = await chainOwners(store);
  for (const agentId of agentIds) if ((await store.firstSignedSeq(agentId)) !== null) return true;
  return false;
}
