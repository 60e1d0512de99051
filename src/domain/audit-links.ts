import { type AuditFinding, findingAt, type PlacedRow } from './audit-finding.ts';

/** Rows that stand at one place: more than one only where somebody inserted. Their hashes are what the next row may follow. */
const MOST_AT_ONE_PLACE = 16;

/** A place of a chain, as the row behind it sees it. */
export interface ChainPlace {
  readonly seq: number;
  readonly hashes: readonly (string | null)[];
}

export function placeWith({ seq, hashes }: ChainPlace, row: PlacedRow): ChainPlace {
  return { seq, hashes: [...hashes, row.hash].slice(0, MOST_AT_ONE_PLACE) };
}

/**
 * What is wrong between a row and the place before it; null where it follows. It is seen by that place, too: what stands there is vouched for
 * by nothing behind it, and of a gap it says how far it reaches.
 */
export function brokenLink(row: PlacedRow, before: ChainPlace): AuditFinding | null {
  const [from, to] = [before.seq + 1, row.chainSeq - 1];
  const by = { row, place: before };
  if (to >= from) return findingAt('missing', row, `${placesText(from, to)} before it`, by);
  if (before.hashes.includes(row.previousHash)) return null;
  return findingAt('replaced', row, 'it does not follow the row before it: one of the two was replaced', by);
}

export function placesText(from: number, to: number): string {
  return from === to ? `row ${from} is missing` : `rows ${from} to ${to} are missing`;
}
