import type { DetectedState, Raised } from './detection.ts';
import { AgentError } from './errors.ts';
import type { Instant } from './instant.ts';
import { isAhead } from './known-time.ts';
import type { Proposal } from './proposal.ts';
import type { FamilyHistory, OpenRecommendation } from './recommendation.ts';
import { bandFor } from './rules.ts';
import { isWorse, priorityOf } from './severity.ts';
import type { Decision, DecisionContext, Situation } from './situation.ts';
import { isTerminal, isUndecided } from './transitions.ts';

export type PastDecision = Extract<Decision, { readonly kind: 'record' | 'extend' | 'correct' }>;

/** What the violations of a state propose. @throws AgentError bug where there are none */
export function proposalOf(situation: Situation, state: DetectedState, predecessor: FamilyHistory | null, accountedTo: Instant): Proposal {
  const { raised } = state;
  const band = raised ? bandFor(situation.family, raised.peak.value) : undefined;
  if (!raised || !band) throw new AgentError('bug', `a proposal for ${state.equipmentId} without a violation`);
  const { equipmentId, family } = situation;
  return { equipmentId, family, band, peak: raised.peak, firstDetectedAt: raised.firstAt, accountedTo, predecessor };
}

/**
 * Up to when a row that began at `began` accounts for violations that were seen up to `seen`. With a backlog nothing has been read between the
 * slice and now: a row of before the slice's end accounts for what the slices have passed, so that what lies between still counts.
 */
export function accountedBy(began: Instant, seen: Instant, backlogUpTo: Instant | null): Instant {
  return backlogUpTo === null || began > backlogUpTo ? seen : Math.min(seen, backlogUpTo);
}

/** The row with a span that a clock can have stored which was right; undefined where it has none. */
export function believable<Row extends Pick<FamilyHistory, 'firstDetectedTimestamp' | 'lastAccountedTimestamp'>>(
  row: Row,
  now: Instant,
): Row | undefined {
  const { firstDetectedTimestamp, lastAccountedTimestamp } = row;
  if (isAhead(firstDetectedTimestamp, now)) return undefined;
  return isAhead(lastAccountedTimestamp, now) ? { ...row, lastAccountedTimestamp: firstDetectedTimestamp } : row;
}

/** What an open row accounts for that ends now: its own violations as far as they were seen, those of the slice and late ones included. */
export function accountedAtEnd(
  row: OpenRecommendation,
  { live, backlog, late }: Pick<Situation, 'live' | 'backlog' | 'late'>,
  { backlogUpTo, now }: Pick<DecisionContext, 'backlogUpTo' | 'now'>,
): Instant {
  const { firstDetectedTimestamp: began, lastAccountedTimestamp: before } = believable(row, now) ?? row;
  const seen = [late, backlog, live].flatMap((state) => state?.raised?.lastAt ?? []);
  return Math.max(before, ...seen.map((lastAt) => accountedBy(began, lastAt, backlogUpTo)));
}

/** What came before `state`, whose violations are those of the row that takes the place of `row`. */
function accountedBefore(state: DetectedState, row: OpenRecommendation, { late, backlog }: Situation, context: DecisionContext): Instant {
  const passed = backlog && !waits(backlog, context) ? backlog : undefined;
  const before = { live: { late, backlog: passed }, backlog: { late }, late: {} }[state.part];
  return accountedAtEnd(row, { live: undefined, backlog: undefined, ...(state.isEarlier ? {} : before) }, context);
}

/** What violations that are worse than an open row make of it; undefined where they are not, or where it is too late for a change. */
export function escalationOf(
  situation: Situation,
  row: OpenRecommendation,
  state: DetectedState,
  context: DecisionContext,
): Extract<Decision, { kind: 'escalate' | 'open' }> | undefined {
  const { backlogUpTo } = context;
  const band = state.raised ? bandFor(situation.family, state.raised.peak.value) : undefined;
  if (!state.raised || !band || !isWorse(band.severity, row.severity)) return undefined;
  const { firstAt, lastAt } = state.raised;
  if (isUndecided(row.status)) {
    const accountedTo = Math.max(row.lastAccountedTimestamp, accountedBy(row.firstDetectedTimestamp, lastAt, backlogUpTo));
    return { kind: 'escalate', row, proposal: proposalOf(situation, state, null, accountedTo) };
  }
  if (row.status === 'approved') {
    const accountedTo = accountedBy(firstAt, lastAt, backlogUpTo);
    const supersedes = { row, accountedTo: accountedBefore(state, row, situation, context) };
    return { kind: 'open', proposal: proposalOf(situation, state, row, accountedTo), supersedes };
  }
  // Executing: what is being written is not changed under way; the family's next row says what is left.
  return undefined;
}

/** All that the slice saw is later than what this cycle deals with: the next slice sees it whole. */
export function waits({ raised }: DetectedState, { backlogUpTo }: DecisionContext): boolean {
  return raised !== null && raised.firstAt > (backlogUpTo ?? raised.firstAt);
}

/** What came and went while the sensor was not to be believed is no episode, or the rest of one that is on record. */
function wasDisbelieved(
  { equipmentId, family }: Situation,
  raised: { readonly firstAt: Instant; readonly lastAt: Instant },
  context: DecisionContext,
) {
  return context.disbelief?.(equipmentId, family.signal, raised.firstAt, raised.lastAt) ?? false;
}

/**
 * The row that has ended and whose episode this still is; of several the worst, then the latest. What was measured about a write is none of
 * the row's that wrote: there it would not count.
 */
function ownerOf({ rows }: Situation, { unclearSince, unclearUntil }: Raised, now: Instant): FamilyHistory | undefined {
  const believed = rows.filter((row) => isTerminal(row.status) && !row.mayHaveWritten).flatMap((row) => believable(row, now) ?? []);
  const touching = believed.filter((row) => row.firstDetectedTimestamp <= unclearUntil && row.lastAccountedTimestamp >= unclearSince);
  return touching.toSorted(
    (a, b) =>
      priorityOf(b.severity) - priorityOf(a.severity) ||
      b.lastAccountedTimestamp - a.lastAccountedTimestamp ||
      b.firstDetectedTimestamp - a.firstDetectedTimestamp,
  )[0];
}

/**
 * What becomes of violations that are over, or that no open row is about. Readings that come late one by one, and slices that cut a long
 * episode, show parts of what is on record: that row is put right, and what would be a recommendation for each of them is none. Where people
 * decided about the row, how bad it was stays as they saw it, and what was worse gets a row of its own.
 */
export function settlePast(
  situation: Situation,
  state: DetectedState,
  place: Pick<Proposal, 'predecessor' | 'beside'>,
  context: DecisionContext,
): PastDecision | undefined {
  const { raised } = state;
  if (!raised || wasDisbelieved(situation, raised, context)) return undefined;
  const proposal = { ...proposalOf(situation, state, null, raised.lastAt), ...place };
  const owner = ownerOf(situation, raised, context.now);
  if (!owner) return { kind: 'record', proposal };
  const [from, upTo] = [Math.min(owner.firstDetectedTimestamp, raised.firstAt), Math.max(owner.lastAccountedTimestamp, raised.lastAt)];
  if (!isWorse(proposal.band.severity, owner.severity)) return { kind: 'extend', row: owner, from, upTo };
  if (owner.status !== 'withdrawn') return { kind: 'record', proposal };
  return { kind: 'correct', row: owner, proposal: { ...proposal, firstDetectedAt: from, accountedTo: upTo } };
}
