import type { Settings } from '../../config/settings.ts';
import { controlFindings, errorsFinding, heartbeatFinding, leaseFinding } from '../../domain/doctor-agent.ts';
import { type CheckName, type DoctorFinding, skipped } from '../../domain/doctor-finding.ts';
import { type AgentHealth, HEARTBEAT_MAX_AGE_SECONDS, judgeHealth } from '../../domain/health.ts';
import type { Instant } from '../../domain/instant.ts';
import type { SigningFacts } from '../../domain/row-signatures.ts';
import type { Store } from '../../ports/store.ts';
import { failure, guarded } from './guarded.ts';

export interface AgentSeen {
  readonly health: AgentHealth | undefined;
  /** Null where it is not known. */
  readonly signing: SigningFacts | null;
  /** The store's clock; null where it was not reached. */
  readonly now: Instant | null;
  readonly findings: readonly DoctorFinding[];
}

const CHECKS: readonly CheckName[] = ['controls', 'lease', 'heartbeat', 'errors'];

export function withoutAgent(why: string): AgentSeen {
  return { health: undefined, signing: null, now: null, findings: CHECKS.map((check) => skipped(check, why)) };
}

/** What the store says of the agent at work: who holds the lease, when it was heard of, and what people ordered. */
export async function checkAgent(store: Store, { agentId, source, store: { leaseSeconds } }: Settings): Promise<AgentSeen> {
  const controls = await guarded('controls', async () => {
    const { now, controls: stored } = await store.readControls();
    return controlFindings(stored, now);
  });
  const signing = await store.readSigning(agentId).catch(() => null);
  try {
    const { now, health: rows } = await store.readHealth();
    const health = rows.find((row) => row.agentId === agentId);
    const limits = { maxAgeSeconds: HEARTBEAT_MAX_AGE_SECONDS, feedMaxAgeSeconds: source.maxAgeSeconds };
    const seen = [
      leaseFinding(health, now, leaseSeconds),
      heartbeatFinding(health, judgeHealth(health, now, limits)),
      errorsFinding(health),
    ];
    return { health, signing, now, findings: [...controls, ...seen] };
  } catch (thrown) {
    const rest = [
      failure('heartbeat', thrown),
      skipped('lease', 'agent_health cannot be read'),
      skipped('errors', 'agent_health cannot be read'),
    ];
    return { health: undefined, signing, now: null, findings: [...controls, ...rest] };
  }
}
