import { controlOn, describeControl, type Control } from './control.ts';
import { conditionOf, type ConditionState, type DetectedState } from './detection.ts';
import { AgentError } from './errors.ts';
import { recommendationIdOf } from './ids.ts';
import type { Instant } from './instant.ts';
import type { Proposal } from './proposal.ts';
import type { FamilyHistory, OpenRecommendation } from './recommendation.ts';
import { bandFor, type IssueFamily } from './rules.ts';
import type { Disbelief, Distrust } from './sensor-faults.ts';
import { isWorse } from './severity.ts';
import { isTerminal, isUndecided } from './transitions.ts';

/** Everything known about one (equipment, family) in one cycle. */
export interface Situation {
  readonly equipmentId: string;
  readonly family: IssueFamily;
  readonly live: DetectedState | undefined;
  readonly backlog: DetectedState | undefined;
  /** What came in after its time was dealt with; older than the two others. */
  readonly late?: DetectedState | undefined;
  readonly newest: FamilyHistory | undefined;
  /** The newest row in full where it is open. */
  readonly open: OpenRecommendation | undefined;
}

export type Decision =
  | { readonly kind: 'open'; readonly proposal: Proposal; readonly supersedes: OpenRecommendation | null }
  | { readonly kind: 'record'; readonly proposal: Proposal }
  | { readonly kind: 'escalate'; readonly row: OpenRecommendation; readonly proposal: Proposal }
  | { readonly kind: 'withdraw'; readonly row: OpenRecommendation; readonly reason: string; readonly accountedTo: Instant }
  | { readonly kind: 'cancel'; readonly row: OpenRecommendation; readonly reason: string; readonly accountedTo: Instant }
  | { readonly kind: 'resume'; readonly row: OpenRecommendation; readonly reason: string };

export interface DecisionContext {
  readonly now: Instant;
  readonly maxAgeSeconds: number;
  readonly controls: readonly Control[];
  /** How far this cycle deals with the past while there is a backlog. */
  readonly backlogUpTo: Instant | null;
  /** Signals whose readings are not to be believed; absent where nobody asks. */
  readonly distrust?: Distrust;
  /** Readings that were not while they came; absent likewise. */
  readonly disbelief?: Disbelief;
}

type PastDecision = Extract<Decision, { readonly kind: 'open' | 'record' }>;

function proposalOf(situation: Situation, state: DetectedState, predecessor: FamilyHistory | null, accountedTo: Instant): Proposal {
  const { raised } = state;
  const band = raised ? bandFor(situation.family, raised.peak.value) : undefined;
  if (!raised || !band) throw new AgentError('bug', `a proposal for ${state.equipmentId} without a violation`);
  const { equipmentId, family } = situation;
  return { equipmentId, family, band, peak: raised.peak, firstDetectedAt: raised.firstAt, accountedTo, predecessor };
}

function escalationOf(
  situation: Situation,
  row: OpenRecommendation,
  state: DetectedState,
  { backlogUpTo }: DecisionContext,
): Decision | undefined {
  const band = state.raised ? bandFor(situation.family, state.raised.peak.value) : undefined;
  if (!state.raised || !band || !isWorse(band.severity, row.severity)) return undefined;
  // As for a new row: with a backlog only what the slices have passed is dealt with.
  const accountedTo = Math.max(row.lastAccountedTimestamp, Math.min(state.raised.lastAt, backlogUpTo ?? state.raised.lastAt));
  if (isUndecided(row.status)) return { kind: 'escalate', row, proposal: proposalOf(situation, state, null, accountedTo) };
  if (row.status === 'approved') return { kind: 'open', proposal: proposalOf(situation, state, row, accountedTo), supersedes: row };
  // Executing: what is being written is not changed under way; the family's next row says what is left.
  return undefined;
}

/** Up to the last violation: a later one that is still on its way is another episode. */
function withdrawalOf(row: OpenRecommendation, state: DetectedState, late: DetectedState | undefined): Decision | undefined {
  if (!isUndecided(row.status) || !state.last) return undefined;
  return {
    kind: 'withdraw',
    row,
    reason: `the condition cleared: ${state.last.value} at the newest reading`,
    accountedTo: Math.max(row.lastAccountedTimestamp, state.raised?.lastAt ?? 0, late?.raised?.lastAt ?? 0),
  };
}

/**
 * What was over before the open row began is another episode, however bad it was: the operator decides about what is on now. It is
 * recorded beside the row, which from then on accounts for it.
 */
function earlierEpisodeOf(situation: Situation, row: OpenRecommendation): Decision | undefined {
  const { backlog } = situation;
  if (!backlog) return undefined;
  const { raised, clear } = backlog;
  const isOver = conditionOf(backlog, situation.family, 0, 0) === 'cleared' && (clear?.since ?? Infinity) <= row.firstDetectedTimestamp;
  if (!raised || !isOver) return undefined;
  return { kind: 'record', proposal: { ...proposalOf(situation, backlog, null, raised.lastAt), beside: row } };
}

/** All that the slice saw is later than what this cycle deals with: the next slice sees it whole. */
function waits({ raised }: DetectedState, { backlogUpTo }: DecisionContext): boolean {
  return raised !== null && raised.firstAt > (backlogUpTo ?? raised.firstAt);
}

/** The past in its own order. A slice may close a row only when nothing shows that the condition holds now. */
function decideOpenByBacklog(
  situation: Situation,
  row: OpenRecommendation,
  liveCondition: ConditionState,
  context: DecisionContext,
): Decision | undefined {
  const { backlog, family } = situation;
  if (!backlog || waits(backlog, context)) return undefined;
  const escalation = escalationOf(situation, row, backlog, context);
  if (escalation) return escalation;
  const closes = conditionOf(backlog, family, 0, 0) === 'cleared' && (backlog.clear?.since ?? 0) > row.firstDetectedTimestamp;
  return closes && liveCondition !== 'holds' ? withdrawalOf(row, backlog, situation.late) : undefined;
}

function decideOpen(situation: Situation, row: OpenRecommendation, context: DecisionContext): Decision | undefined {
  const { live, late, family } = situation;
  const condition = conditionOf(live, family, context.now, context.maxAgeSeconds);
  // Late rows can show that it was worse. That it was over they cannot: the rows that came in time are not among them.
  const byLate = late && escalationOf(situation, row, late, context);
  if (byLate) return byLate;
  const byBacklog = decideOpenByBacklog(situation, row, condition, context);
  if (byBacklog || !live) return byBacklog;
  const escalation = escalationOf(situation, row, live, context);
  if (escalation) return escalation;
  // While there is a backlog, readings between the slice and now are not seen yet: only the slices may withdraw.
  return condition === 'cleared' && context.backlogUpTo === null ? withdrawalOf(row, live, late) : undefined;
}

/** What came and went while the sensor was not to be believed is no episode, or the rest of one that is on record. */
function wasDisbelieved(
  { equipmentId, family }: Situation,
  raised: { readonly firstAt: Instant; readonly lastAt: Instant },
  context: DecisionContext,
) {
  return context.disbelief?.(equipmentId, family.signal, raised.firstAt, raised.lastAt) ?? false;
}

/** Opens by a part of the past what is still on at its end; what was over by then is recorded as withdrawn. */
function decideNewByPast(
  situation: Situation,
  past: DetectedState | undefined,
  predecessor: FamilyHistory | null,
  context: DecisionContext,
): PastDecision | undefined {
  if (!past?.raised || waits(past, context)) return undefined;
  const over = conditionOf(past, situation.family, 0, 0) === 'cleared';
  if (over && wasDisbelieved(situation, past.raised, context)) return undefined;
  const proposal = proposalOf(situation, past, predecessor, past.raised.lastAt);
  return over ? { kind: 'record', proposal } : { kind: 'open', proposal, supersedes: null };
}

function decideNewByLive(situation: Situation, predecessor: FamilyHistory | null, context: DecisionContext): Decision | undefined {
  const { live, family } = situation;
  if (!live?.raised) return undefined;
  const over = conditionOf(live, family, context.now, context.maxAgeSeconds) === 'cleared';
  if (over && context.backlogUpTo !== null) return undefined; // the slices will reach it, in order
  if (over && wasDisbelieved(situation, live.raised, context)) return undefined;
  if (over) return { kind: 'record', proposal: proposalOf(situation, live, predecessor, live.raised.lastAt) };
  // With a backlog the row accounts for the slices only, so that what lies between still counts into it.
  const accountedTo = Math.min(live.raised.lastAt, context.backlogUpTo ?? live.raised.lastAt);
  return { kind: 'open', proposal: proposalOf(situation, live, predecessor, accountedTo), supersedes: null };
}

/** The chain's end after an episode was recorded in this very cycle. */
function historyAfter(proposal: Proposal, now: Instant): FamilyHistory {
  return {
    recommendationId: recommendationIdOf(proposal.equipmentId, proposal.family.id, proposal.predecessor?.recommendationId ?? null),
    equipmentId: proposal.equipmentId,
    issueFamily: proposal.family.id,
    status: 'withdrawn',
    severity: proposal.band.severity,
    createdTimestamp: Math.max(now, (proposal.predecessor?.createdTimestamp ?? 0) + 1),
    firstDetectedTimestamp: proposal.firstDetectedAt,
    lastAccountedTimestamp: proposal.accountedTo,
    quietUntil: null,
    outcome: null,
    mayHaveWritten: false,
  };
}

/** The past in its own order: late rows, the slice, then the present. What opens ends it; the next cycle looks again. */
function decideNew(situation: Situation, context: DecisionContext): readonly Decision[] {
  const recorded: Decision[] = [];
  let predecessor = situation.newest ?? null;
  for (const part of [situation.late, situation.backlog]) {
    const past = decideNewByPast(situation, part, predecessor, context);
    if (past?.kind === 'open') return [...recorded, past];
    if (past) {
      recorded.push(past);
      predecessor = historyAfter(past.proposal, context.now);
    }
  }
  const present = decideNewByLive(situation, predecessor, context);
  return present ? [...recorded, present] : recorded;
}

/** What an operator's standing order does to an open row; undefined when none applies. */
function decideByControl(row: OpenRecommendation, context: DecisionContext): Decision | undefined {
  const control = controlOn(context.controls, ['out_of_service', 'shelved'], row.equipmentId, context.now);
  return control && endBecause(row, describeControl(control), row.lastAccountedTimestamp);
}

function endBecause(row: OpenRecommendation, reason: string, accountedTo: Instant): Decision | undefined {
  if (isUndecided(row.status)) return { kind: 'withdraw', row, reason, accountedTo };
  return row.status === 'approved' ? { kind: 'cancel', row, reason, accountedTo } : undefined;
}

/** Its violations so far are the row's episode, which is not to be recorded again. Those that follow count when the sensor is trusted again. */
function endByDistrust(
  { live }: Situation,
  row: OpenRecommendation,
  reason: string,
  { backlogUpTo }: DecisionContext,
): Decision | undefined {
  const seen = live?.raised?.lastAt ?? row.lastAccountedTimestamp;
  return endBecause(row, reason, Math.max(row.lastAccountedTimestamp, Math.min(seen, backlogUpTo ?? seen)));
}

function decideDeferral(row: OpenRecommendation, now: Instant): Decision | undefined {
  if (row.status !== 'deferred' || row.guardedStatus !== 'deferred') return undefined;
  if (row.deferUntil === null) return { kind: 'resume', row, reason: 'deferred without a time to come back' };
  return row.deferUntil <= now ? { kind: 'resume', row, reason: 'the deferral has ended' } : undefined;
}

/** All decisions about one (equipment, family). Pure: the same situation gives the same decisions. */
export function decideSituation(situation: Situation, context: DecisionContext): readonly Decision[] {
  const row = situation.open;
  const distrusted = context.distrust?.(situation.equipmentId, situation.family.signal);
  if (row && !isTerminal(row.status)) {
    const ended =
      decideByControl(row, context) ?? (distrusted === undefined ? undefined : endByDistrust(situation, row, distrusted, context));
    if (ended) return [ended];
    const earlier = distrusted === undefined ? earlierEpisodeOf(situation, row) : undefined;
    const seen = earlier ? { ...situation, backlog: undefined } : situation;
    const byReadings = distrusted === undefined ? decideOpen(seen, row, context) : undefined;
    return [earlier, byReadings ?? decideDeferral(row, context.now)].filter((decision) => decision !== undefined);
  }
  if (distrusted !== undefined) return [];
  const control = controlOn(context.controls, ['out_of_service', 'shelved'], situation.equipmentId, context.now);
  return control ? [] : decideNew(situation, context);
}
