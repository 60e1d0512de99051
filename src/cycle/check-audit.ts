import { type Acceptance, acceptancesIn, type AcceptedFinding, FindingTally } from '../domain/audit-accepted.ts';
import { ChainCheck } from '../domain/audit-check.ts';
import type { AuditFinding, ChainReport, KnownHead, PlacedRow } from '../domain/audit-finding.ts';
import { type ChainStart, UnchainedCheck } from '../domain/audit-unchained.ts';
import { headNoted, stranger } from '../domain/audit-witnesses.ts';
import type { KeyRing } from '../domain/key-ring.ts';
import type { AuditStore } from '../ports/audit-store.ts';
import type { OperatorStore } from '../ports/operator-store.ts';
import { chainOwners, chainRows, hearSignal, oddlyOwnedRows, unchainedRows } from './audit-rows.ts';
import { readWitnesses } from './audit-witnesses.ts';

export interface AuditQuestion {
  readonly keys: KeyRing;
  /** Rows of an agent's chain that somebody knows from elsewhere. */
  readonly heads: readonly { readonly agentId: string; readonly head: KnownHead }[];
  /** So many findings are kept; the others are only counted. */
  readonly mostFindings: number;
  /** Ends the reading between two pages. */
  readonly signal?: AbortSignal;
}

/** What is read of a store to judge its audit. */
export type CheckedStore = Pick<OperatorStore, 'readHealth'> &
  Pick<AuditStore, 'readNextOwner' | 'readChainPage' | 'readUnchainedPage' | 'readTestimonyPage' | 'firstSignedSeq' | 'firstSeq'>;

export interface AuditReport {
  readonly chains: readonly ChainReport[];
  /** Rows outside of every chain. */
  readonly unchained: number;
  /** Where the chains began on tables with older rows; null where there were none. */
  readonly start: ChainStart | null;
  /** What nobody answered for. */
  readonly findings: readonly AuditFinding[];
  readonly findingsTotal: number;
  /** Which findings these are, in one word; null where there are none. */
  readonly findingsId: string | null;
  /** What somebody answered for, all of it. */
  readonly accepted: readonly AcceptedFinding[];
}

/** A prune that goes on meanwhile takes rows away behind the reader; more than one at a time there is not. */
const MOST_READINGS = 3;

/**
 * Reads the whole audit, page by page, and says whether it is what was once written. Changes nothing, needs no lease; what is appended
 * meanwhile is read with it.
 * @throws AgentError store_unavailable, interrupted
 */
export async function checkAudit(store: CheckedStore, question: AuditQuestion): Promise<AuditReport> {
  for (let reading = 1; ; reading += 1) {
    const report = await readAll(store, question);
    if (reading === MOST_READINGS || (await stillBegin(store, report.chains, question.signal))) return report;
  }
}

/** One after the other: there may be many. */
async function stillBegin(store: Pick<AuditStore, 'firstSeq'>, chains: readonly ChainReport[], signal?: AbortSignal): Promise<boolean> {
  for (const { agentId, firstSeq } of chains) {
    await hearSignal(signal);
    if ((await store.firstSeq(agentId)) !== firstSeq) return false;
  }
  return true;
}

async function readAll(store: CheckedStore, question: AuditQuestion): Promise<AuditReport> {
  const { keys, signal } = question;
  const { health } = await store.readHealth();
  const witnesses = await readWitnesses(store, health, keys, signal);
  const noted = health.map((row) => ({ agentId: row.agentId, ...headNoted(row) }));
  const ends = noted.flatMap(({ agentId, head }) => (head === null ? [] : [{ agentId, head }]));
  const heads = [...ends, ...witnesses.heads, ...question.heads];
  const { agentIds, odd } = await chainOwners(store, signal);
  const owners = new Set([...agentIds, ...heads.map(({ agentId }) => agentId)]);
  const tally = new FindingTally(acceptedBy(witnesses.testimonies), question.mostFindings);
  for (const { findings } of noted) tally.note(findings);
  const chains: ChainReport[] = [];
  let start: ChainStart | null = null;
  for (const agentId of [...owners].toSorted()) {
    const known = {
      heads: heads.filter((each) => each.agentId === agentId).map(({ head }) => head),
      isGrowing: health.some((row) => row.agentId === agentId),
      isAccepted: (finding: AuditFinding) => tally.isAccepted(finding),
    };
    const check = new ChainCheck(agentId, keys, known);
    for await (const row of chainRows(store, agentId, 1, signal)) tally.note(check.next(row));
    const isKnown = witnesses.known.has(agentId);
    // A chain of nobody has that for a finding; whether it is signed says no more.
    const { findings, report } = check.end(!isKnown || witnesses.retired.has(agentId));
    tally.note(findings);
    if (keys.length > 0 && !isKnown && report.rows > 0) tally.note([stranger(agentId, report.rows, report.headHash)]);
    if ((check.start?.rowsBefore ?? 0) > (start?.rowsBefore ?? 0)) start = check.start;
    chains.push(report);
  }
  const outside = new UnchainedCheck(
    start,
    chains.some(({ prunedThrough }) => prunedThrough !== null && prunedThrough > 0),
  );
  for await (const row of unchainedRows(store, signal)) tally.note(outside.next(row));
  for await (const { row, owner } of oddlyOwnedRows(store, odd, signal)) tally.note(outside.nextOdd(row, owner.key));
  tally.note(outside.end());
  const { kept: findings, total: findingsTotal, id: findingsId, accepted } = tally;
  return { chains, unchained: outside.rows, start, findings, findingsTotal, findingsId, accepted };
}

/** Whether what is told to the audit now would not be believed: the agent's rows are signed, and there is no key. */
export function lacksKey({ chains }: Pick<AuditReport, 'chains'>, agentId: string, keys: KeyRing): boolean {
  return keys.length === 0 && (chains.find((chain) => chain.agentId === agentId)?.signed ?? 0) > 0;
}

/** The last word about a finding is the one that counts. */
function acceptedBy(testimonies: readonly PlacedRow[]): ReadonlyMap<string, Acceptance> {
  return new Map(testimonies.flatMap((row) => [...acceptancesIn(row)]));
}
