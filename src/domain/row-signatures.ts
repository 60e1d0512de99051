import { type AuditRow, chainHash } from './audit-chain.ts';
import { judgeSignature, type KeyRing, type SignatureVerdict } from './key-ring.ts';

/**
 * What a row's signature says: rows of the audit are inserted by whoever may write to the table, the hash is of all that a row says, and only
 * a key signs it.
 */
export function judgeRowSignature({ signature, hash, chainSeq, ...event }: AuditRow, keys: KeyRing): SignatureVerdict {
  if (hash === null || chainSeq === null) return 'missing';
  const verdict = judgeSignature(keys, hash, signature);
  return verdict === 'valid' && chainHash({ ...event, chainSeq }) !== hash ? 'invalid' : verdict;
}

/** Whether an agent signs what it tells the audit. `stopped`: it did, and its newest row bears no signature. */
export type Signing = 'none' | 'signed' | 'stopped';

/** By an agent's own rows, newest first; of operators' rows each is signed by whoever gives a key. */
export function signingOf(newestFirst: readonly AuditRow[], agentId: string): Signing {
  const own = newestFirst.filter(({ actor }) => actor === agentId);
  if (!own.some(({ signature }) => signature !== null)) return 'none';
  return own[0]?.signature === null ? 'stopped' : 'signed';
}
