import { chainHash, MOST_CHAIN_SEQ, PRUNED } from './audit-chain.ts';
import { type AuditFinding, findingOf, type KnownHead, type PlacedRow } from './audit-finding.ts';
import type { AgentHealth } from './health.ts';
import { field } from './json-field.ts';
import { bearsSignature, judgeSignature, type KeyRing } from './key-ring.ts';
import { TAKEN_OVER } from './ownership.ts';

/** That another agent's tables changed hands, and the end that its chain had then; null where that was not noted. */
export interface TakeOver {
  readonly agentId: string;
  readonly head: { readonly seq: number; readonly hash: string } | null;
}

/** Whether a number can be a row's place in a chain. */
export function isPlace(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST_CHAIN_SEQ;
}

/** The take-overs that a row tells of: its own, or those whose rows prune took away. Of a row that says anything else none. */
export function takeOversIn({ event, before, after }: Pick<PlacedRow, 'event' | 'before' | 'after'>): readonly TakeOver[] {
  const told = event === TAKEN_OVER ? [before] : event === PRUNED ? field(after, 'taken_over') : [];
  return (Array.isArray(told) ? told : []).flatMap((one: unknown): readonly TakeOver[] => {
    const [agentId, seq, hash] = [field(one, 'agent_id'), field(one, 'audit_seq'), field(one, 'audit_hash')];
    if (typeof agentId !== 'string') return [];
    return [{ agentId, head: isPlace(seq) && typeof hash === 'string' ? { seq, hash } : null }];
  });
}

export function takeOverRecord({ agentId, head }: TakeOver): Readonly<Record<string, unknown>> {
  return { agent_id: agentId, audit_seq: head?.seq ?? null, audit_hash: head?.hash ?? null };
}

/** Whether an agent's row about itself is as it was written, and with keys by somebody who has one. */
function isTestimony(row: PlacedRow, keys: KeyRing): boolean {
  if (row.subjectType !== 'agent' || row.subjectId !== row.agentId || !row.asWritten || chainHash(row) !== row.hash) return false;
  return keys.length === 0 || judgeSignature(keys, row.hash, row.signature) === 'valid';
}

/**
 * Whether what the row tells counts: as isTestimony, and a take-over of before there were keys, for which the first signed row behind it
 * vouches. @param isBehindSigned whether a row before it in its chain, or beside it, bears a signature
 */
export function isBelieved(row: PlacedRow, keys: KeyRing, isBehindSigned: boolean): boolean {
  const isOlderThanKeys = row.event === TAKEN_OVER && !bearsSignature(row.signature) && !isBehindSigned;
  return isTestimony(row, isOlderThanKeys ? [] : keys);
}

/** The end of a chain that agent_health knows; a finding where what stands there is none: it would keep every later cut from showing. */
export function headNoted({ agentId, auditSeq: seq, auditHash: hash }: Pick<AgentHealth, 'agentId' | 'auditSeq' | 'auditHash'>): {
  readonly head: KnownHead | null;
  readonly findings: readonly AuditFinding[];
} {
  if (seq === null && hash === null) return { head: null, findings: [] };
  if (isPlace(seq)) return { head: { seq, hash, from: 'agent_health' }, findings: [] };
  const text =
    'agent_health knows no place of the chain where its newest row should be (audit_seq): whether its end was cut off cannot show';
  return { head: null, findings: [findingOf({ kind: 'note', agentId, at: null, text, by: { seq: String(seq), hash } })] };
}

/** A chain of which neither agent_health nor a take-over knows the agent: rows that pass for those of one. */
export function stranger(agentId: string, rows: number, headHash: string | null): AuditFinding {
  const text = 'neither agent_health nor a signed take-over knows this agent: its chain was made up, or written under a wrong --agent-id';
  return findingOf({ kind: 'stranger', agentId, at: null, text, by: { rows, headHash } });
}
