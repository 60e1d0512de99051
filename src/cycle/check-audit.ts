import { ChainCheck } from '../domain/audit-check.ts';
import type { AuditFinding, ChainReport, KnownHead } from '../domain/audit-finding.ts';
import { judgeUnchained } from '../domain/audit-unchained.ts';
import { headNoted, stranger } from '../domain/audit-witnesses.ts';
import type { KeyRing } from '../domain/key-ring.ts';
import type { AuditStore } from '../ports/audit-store.ts';
import type { OperatorStore } from '../ports/store.ts';
import { chainRows } from './audit-rows.ts';
import { readWitnesses } from './audit-witnesses.ts';

export interface AuditQuestion {
  readonly keys: KeyRing;
  /** Rows of an agent's chain that somebody knows from elsewhere. */
  readonly heads: readonly { readonly agentId: string; readonly head: KnownHead }[];
  /** So many findings are kept; the others are only counted. */
  readonly mostFindings: number;
}

export interface AuditReport {
  readonly chains: readonly ChainReport[];
  /** Rows outside of every chain. */
  readonly unchained: number;
  readonly findings: readonly AuditFinding[];
  readonly findingsTotal: number;
}

/** A prune that goes on meanwhile takes rows away behind the reader; more than one at a time there is not. */
const MOST_READINGS = 3;

/**
 * Reads the whole audit, page by page, and says whether it is what was once written. Changes nothing, needs no lease; what is appended
 * meanwhile is read with it.
 * @throws AgentError store_unavailable
 */
export async function checkAudit(store: AuditStore & Pick<OperatorStore, 'readHealth'>, question: AuditQuestion): Promise<AuditReport> {
  for (let reading = 1; ; reading += 1) {
    const report = await readAll(store, question);
    const before = report.chains.map(({ firstSeq }) => firstSeq);
    const after = await Promise.all(report.chains.map(({ agentId }) => store.firstSeq(agentId)));
    if (reading === MOST_READINGS || before.every((seq, index) => seq === after[index])) return report;
  }
}

async function readAll(store: AuditStore & Pick<OperatorStore, 'readHealth'>, question: AuditQuestion): Promise<AuditReport> {
  const { health } = await store.readHealth();
  const witnesses = await readWitnesses(store, health, question.keys);
  const noted = health.map((row) => ({ agentId: row.agentId, ...headNoted(row) }));
  const known = noted.flatMap(({ agentId, head }) => (head === null ? [] : [{ agentId, head }]));
  const heads = [...known, ...witnesses.heads, ...question.heads];
  const owners = new Set([...(await store.readChainOwners()), ...heads.map(({ agentId }) => agentId)]);
  const kept: AuditFinding[] = [];
  let total = 0;
  const note = (findings: readonly AuditFinding[]) => {
    total += findings.length;
    kept.push(...findings.slice(0, Math.max(question.mostFindings - kept.length, 0)));
  };
  for (const { findings } of noted) note(findings);
  const chains: ChainReport[] = [];
  for (const agentId of [...owners].toSorted()) {
    const own = heads.filter((each) => each.agentId === agentId).map(({ head }) => head);
    const check = new ChainCheck(agentId, question.keys, own);
    for await (const row of chainRows(store, agentId)) note(check.next(row));
    const isKnown = witnesses.known.has(agentId);
    // A chain of nobody has that for a finding; whether it is signed says no more.
    const { findings, report } = check.end(!isKnown || witnesses.retired.has(agentId));
    note(findings);
    if (question.keys.length > 0 && !isKnown && report.rows > 0) note([stranger(agentId, report.rows, report.headHash)]);
    chains.push(report);
  }
  const unchained = await store.countUnchained();
  note(judgeUnchained(unchained, chains));
  return { chains, unchained, findings: kept, findingsTotal: total };
}
