import { type AuditFinding, type AuditFindingKind, type ChainReport, findingOf } from './audit-finding.ts';
import { counted } from './counted.ts';

/**
 * Rows outside of every chain: as many as the first row of a chain counted are older than it. Once something was taken away, fewer may
 * be left, since they go first.
 */
export function judgeUnchained(unchained: number, chains: readonly ChainReport[]): readonly AuditFinding[] {
  const expected = Math.max(0, ...chains.map(({ rowsBefore }) => rowsBefore ?? 0));
  if (unchained > expected)
    return aboutAll(
      'inserted',
      `${counted(unchained, 'row stands', 'rows stand')} outside of every chain, ${counted(expected, 'was', 'were')} there before it: the others were inserted by hand or by an older ops-agent`,
    );
  const isPruned = chains.some(({ prunedThrough }) => prunedThrough !== null && prunedThrough > 0);
  if (unchained < expected && !isPruned)
    return aboutAll(
      'missing',
      `${counted(expected, 'row was', 'rows were')} there before the chain, ${counted(unchained, 'is', 'are')} left`,
    );
  return [];
}

function aboutAll(kind: AuditFindingKind, text: string): readonly AuditFinding[] {
  return [findingOf({ kind, agentId: null, at: null, text, by: text })];
}
