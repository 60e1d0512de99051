import type { KnownHead, PlacedRow } from '../domain/audit-finding.ts';
import { isBelieved, takeOversIn } from '../domain/audit-witnesses.ts';
import type { AgentHealth } from '../domain/health.ts';
import type { KeyRing } from '../domain/key-ring.ts';
import type { AuditStore } from '../ports/audit-store.ts';
import { testimoniesOf } from './audit-rows.ts';

/** What the audit says about whose chains there are. */
export interface Witnesses {
  /** Agents that agent_health knows, or that another of these took over from. */
  readonly known: ReadonlySet<string>;
  /** Those of the last kind: their chains have ended, and may be from before there were keys. */
  readonly retired: ReadonlySet<string>;
  readonly heads: readonly { readonly agentId: string; readonly head: KnownHead }[];
  /** What these agents tell of themselves. */
  readonly testimonies: readonly PlacedRow[];
}

/**
 * From the agents in agent_health back through all from whom tables were taken over. With keys only what is signed counts.
 * @throws AgentError interrupted, once `signal` is aborted
 */
export async function readWitnesses(
  store: Pick<AuditStore, 'readTestimonyPage' | 'firstSignedSeq'>,
  health: readonly Pick<AgentHealth, 'agentId'>[],
  keys: KeyRing,
  signal?: AbortSignal,
): Promise<Witnesses> {
  const present = health.map(({ agentId }) => agentId);
  const known = new Set(present);
  const heads: Witnesses['heads'][number][] = [];
  const testimonies: PlacedRow[] = [];
  // A set hands out what is added while it is walked through.
  for (const agentId of known) {
    const rows = await testimoniesOf(store, agentId, signal);
    const firstSigned = keys.length > 0 ? await store.firstSignedSeq(agentId) : null;
    for (const row of rows) {
      if (!isBelieved(row, keys, firstSigned !== null && firstSigned <= row.chainSeq)) continue;
      testimonies.push(row);
      for (const { agentId: former, head } of takeOversIn(row)) {
        known.add(former);
        if (head) heads.push({ agentId: former, head: { ...head, from: `the take-over by ${agentId}` } });
      }
    }
  }
  return { known, retired: new Set([...known].filter((agentId) => !present.includes(agentId))), heads, testimonies };
}
