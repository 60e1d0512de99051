import type { SigningFacts } from '../domain/row-signatures.ts';
import type { Dialect } from './dialect.ts';

/** The row of signingSelect, as it came or as JSON. */
export function signingFactsIn(row: Readonly<Record<string, unknown>>, dialect: Dialect): SigningFacts {
  return {
    isAnySigned: Number(row['is_any_signed'] ?? 0) === 1,
    isNewestSigned: Number(row['is_newest_signed'] ?? 0) === 1,
    newestAt: dialect.decodeTime(row['newest_at']),
    newestHash: textIn(row['newest_hash']),
    newestSignature: textIn(row['newest_signature']),
  };
}

function textIn(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
