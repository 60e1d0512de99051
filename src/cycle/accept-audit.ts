import { acceptedEvent } from '../domain/audit-accepted.ts';
import type { AuditFinding, AuditFindingKind } from '../domain/audit-finding.ts';
import { counted } from '../domain/counted.ts';
import { AgentError } from '../domain/errors.ts';
import { type KeyRing, SIGNING_KEY_VARIABLE } from '../domain/key-ring.ts';
import { eventTime } from '../domain/known-time.ts';
import { otherOwner } from '../domain/ownership.ts';
import type { Store } from '../ports/store.ts';
import { testimoniesOf } from './audit-rows.ts';
import { checkAudit, lacksKey } from './check-audit.ts';

/** A person can look through so many; an event that names them is still one row. */
const MOST_ACCEPTED = 1000;
/** Of the id of the findings; as many characters as a hash that nobody has to compare by eye. */
export const FINDINGS_ID_LENGTH = 16;

/** What agent_health knew and the chain does not have: answered for, it must not hide the next end that is cut off. */
const ABOUT_THE_END: readonly AuditFindingKind[] = ['cut', 'head', 'note'];

export interface AcceptRequest {
  readonly agentId: string;
  readonly runId: string;
  readonly actor: string;
  readonly reason: string;
  readonly keys: KeyRing;
  /** Which findings were seen, as verify names them. */
  readonly findingsId: string;
}

/**
 * A person answers for what is wrong with the audit: an event that names every finding by the row and what it says. From then on verify
 * reports these as accepted, and prune goes on; whatever is or becomes otherwise is a finding again. Repeating does nothing.
 * @returns what was accepted; nothing where the audit is sound
 * @throws AgentError conflict where the findings are not those that were seen, usage, interrupted, store_unavailable
 */
export async function acceptAudit(store: Store, request: AcceptRequest, signal: AbortSignal): Promise<readonly AuditFinding[]> {
  const { agentId, keys, findingsId } = request;
  const report = await checkAudit(store, { keys, heads: [], mostFindings: MOST_ACCEPTED, signal });
  const { findings, findingsTotal, findingsId: found } = report;
  if (found === null) return [];
  const { health } = await store.readHealth();
  const other = health.find((row) => row.agentId !== agentId);
  if (other) throw otherOwner(other.agentId, agentId);
  if (lacksKey(report, agentId, keys))
    throw new AgentError(
      'usage',
      'the audit is signed, and without a key nobody would believe who answers for it',
      `set ${SIGNING_KEY_VARIABLE}`,
    );
  if (found.slice(0, FINDINGS_ID_LENGTH) !== findingsId)
    throw new AgentError('conflict', 'the findings are not those that were seen', 'look at them again: ops-agent audit verify');
  if (findingsTotal > MOST_ACCEPTED)
    throw new AgentError(
      'usage',
      `${counted(findingsTotal, 'finding')} are more than the ${MOST_ACCEPTED} that one person can answer for at once`,
      'go back to a copy of the store that is sound',
    );
  const { now, newestEventAt } = await store.readOpenWork(agentId);
  const event = acceptedEvent({ agentId, runId: request.runId }, request.actor, request.reason, findings, found);
  await store.appendEvents([event], eventTime(now, newestEventAt));
  if (findings.some((finding) => finding.agentId === agentId && ABOUT_THE_END.includes(finding.kind))) {
    const told = (await testimoniesOf(store, agentId)).find(({ eventId }) => eventId === event.eventId);
    if (told) await store.noteHead(agentId, { seq: told.chainSeq, hash: told.hash });
  }
  return findings;
}
