import type { AccountedSpan } from './detection.ts';
import { believable } from './episodes.ts';
import type { Instant } from './instant.ts';
import { isAhead } from './known-time.ts';
import type { FamilyHistory } from './recommendation.ts';
import { familyFor, familyKey, type RuleBook } from './rule-book.ts';
import { type IssueFamily, limitAbove } from './rules.ts';
import { isWorse } from './severity.ts';

/** One row's claim to a stretch of time, from `from` to before `until`. */
interface Claim {
  readonly from: Instant;
  readonly until: Instant;
  readonly exceptBeyond: number | null;
}

export interface SpanBounds {
  /** Nothing is read that is not later. */
  readonly oldest: Instant;
  /** No reading is much later; a row whose times are was stored by a clock that was ahead. */
  readonly now: Instant;
}

/**
 * Which violations are dealt with, as the rows of each family say it: a row accounts for its episode, from its first violation to its
 * last, and while it keeps the family quiet for what follows. What is worse than every row that accounts for its moment counts all the
 * same, however late it comes: nobody saw it. So a reading that comes late counts where no row has its moment, whatever happened since.
 */
export function accountedSpans(rules: RuleBook, rows: readonly FamilyHistory[], bounds: SpanBounds): readonly AccountedSpan[] {
  const families = new Map<string, FamilyHistory[]>();
  for (const row of rows) {
    const key = familyKey(row.equipmentId, row.issueFamily);
    const ofFamily = families.get(key);
    if (ofFamily) ofFamily.push(row);
    else families.set(key, [row]);
  }
  return [...families.values()].flatMap((ofFamily) => {
    const [{ equipmentId, issueFamily: familyId }] = ofFamily as [FamilyHistory]; // none of them is empty
    const family = familyFor(rules, equipmentId, familyId);
    if (!family) return [];
    const writes = ofFamily.filter(({ mayHaveWritten }) => mayHaveWritten);
    const claims = ofFamily.flatMap((row) => claimsOf(row, writes, family, bounds)).filter(({ from, until }) => from < until);
    return disjoint(claims, family).map((claim) => ({ equipmentId, familyId, ...claim }));
  });
}

function claimsOf(
  row: FamilyHistory,
  writes: readonly FamilyHistory[],
  family: IssueFamily,
  { oldest, now }: SpanBounds,
): readonly Claim[] {
  // An impossible time would blind the family until it comes.
  const span = believable(row, now);
  if (!span) return [];
  const { firstDetectedTimestamp: first, lastAccountedTimestamp: last } = span;
  const { status, severity, mayHaveWritten } = row;
  const isFromAhead = row.updatedTimestamp !== null && isAhead(row.updatedTimestamp, now);
  // After a write the question is another one: what it did must be followed up whatever was held before it.
  const asked = writes.filter((later) => later.createdTimestamp > row.createdTimestamp).map((later) => later.lastAccountedTimestamp);
  const quiet = row.quietUntil === null || isFromAhead ? last : Math.min(row.quietUntil, ...asked);
  const limit = limitAbove(family, severity, isWorse) ?? null;
  // What was measured before a command says nothing about what it did.
  const isActedOn = status === 'executing' || mayHaveWritten;
  return [
    { from: first, until: last + 1, exceptBeyond: isActedOn ? null : limit },
    { from: Math.max(first, last + 1), until: quiet + 1, exceptBeyond: limit },
  ].filter(({ until }) => until > oldest);
}

/** Where several claims meet, the strictest one holds. */
function disjoint(claims: readonly Claim[], family: IssueFamily): readonly Claim[] {
  const ends = [...new Set(claims.flatMap(({ from, until }) => [from, until]))].toSorted((a, b) => a - b);
  const waiting = claims.toSorted((a, b) => a.from - b.from);
  let meeting: readonly Claim[] = [];
  let begun = 0;
  const spans: Claim[] = [];
  for (const [index, from] of ends.entries()) {
    const until = ends[index + 1];
    const first = begun;
    while (waiting[begun]?.from === from) begun += 1;
    meeting = [...meeting.filter((claim) => claim.until > from), ...waiting.slice(first, begun)];
    if (until === undefined || meeting.length === 0) continue;
    const exceptBeyond = meeting.map((claim) => claim.exceptBeyond).reduce((a, b) => stricterOf(a, b, family));
    const before = spans.at(-1);
    if (before?.until === from && before.exceptBeyond === exceptBeyond) spans[spans.length - 1] = { ...before, until };
    else spans.push({ from, until, exceptBeyond });
  }
  return spans;
}

function stricterOf(a: number | null, b: number | null, { side }: IssueFamily): number | null {
  if (a === null || b === null) return null;
  return side === 'above' ? Math.max(a, b) : Math.min(a, b);
}
