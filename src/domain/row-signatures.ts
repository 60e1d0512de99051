import { type AuditRow, chainHash } from './audit-chain.ts';
import type { Instant } from './instant.ts';
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

/** What an agent's own newest rows say of it. */
export interface SigningFacts {
  readonly isAnySigned: boolean;
  readonly isNewestSigned: boolean;
  /** Of the newest of them; null where there is none, or where its time is none. */
  readonly newestAt: Instant | null;
  /** What the newest of them is signed by, and its signature. Null where there is none, or where nobody asked for it. */
  readonly newestHash: string | null;
  readonly newestSignature: string | null;
}

export function signingOf({ isAnySigned, isNewestSigned }: SigningFacts): Signing {
  if (!isAnySigned) return 'none';
  return isNewestSigned ? 'signed' : 'stopped';
}
