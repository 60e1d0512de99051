import { controlOn, describeControl } from './control.ts';
import { conditionOf, type ConditionState, type DetectedState } from './detection.ts';
import { decideEarlier } from './earlier-readings.ts';
import { accountedAtEnd, accountedBy, believable, escalationOf, proposalOf, settlePast, waits } from './episodes.ts';
import { recommendationIdOf } from './ids.ts';
import type { Instant } from './instant.ts';
import type { Proposal } from './proposal.ts';
import type { FamilyHistory, OpenRecommendation } from './recommendation.ts';
import type { Decided, Decision, DecisionContext, Situation } from './situation.ts';
import { isTerminal, isUndecided } from './transitions.ts';

/** Up to where it became clear: what was not clear while the row was open is the row's. A violation after that which is still on its way is another episode. */
function withdrawalOf(row: OpenRecommendation, state: DetectedState, late: DetectedState | undefined, now: Instant): Decision | undefined {
  if (!isUndecided(row.status) || !state.last) return undefined;
  const unclearTo = state.clear?.after ?? 0;
  return {
    kind: 'withdraw',
    row,
    reason: `the condition cleared: ${state.last.value} at the newest reading`,
    accountedTo: Math.max((believable(row, now) ?? row).lastAccountedTimestamp, unclearTo, late?.raised?.lastAt ?? 0),
  };
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
  return closes && liveCondition !== 'holds' ? withdrawalOf(row, backlog, situation.late, context.now) : undefined;
}

function decideOpen(situation: Situation, row: OpenRecommendation, context: DecisionContext): Decided {
  const { live, late, backlog, family } = situation;
  const condition = conditionOf(live, family, context.now, context.maxAgeSeconds);
  // Late rows can show that it was worse. That it was over they cannot: the rows that came in time are not among them.
  const byLate = late && escalationOf(situation, row, late, context);
  if (byLate) return one(byLate, !hasViolations(backlog, live));
  const escalation = live && escalationOf(situation, row, live, context);
  const byBacklog = decideOpenByBacklog(situation, row, condition, context);
  if (byBacklog || escalation) return one(byBacklog ?? escalation);
  // While there is a backlog, readings between the slice and now are not seen yet: only the slices may withdraw.
  const isOver = condition === 'cleared' && context.backlogUpTo === null;
  return one((isOver && live && withdrawalOf(row, live, late, context.now)) || decideDeferral(row, context.now));
}

function one(decision: Decision | undefined, isWhole = true): Decided {
  return { decisions: decision ? [decision] : [], isWhole };
}

/** Whether some of the parts have violations that count. */
function hasViolations(...parts: readonly (DetectedState | undefined)[]): boolean {
  return parts.some((part) => part && part.raised !== null);
}

/** Opens by a part of the past what is still on at its end; what was over by then is settled. */
function decideNewByPast(
  situation: Situation,
  past: DetectedState | undefined,
  predecessor: FamilyHistory | null,
  context: DecisionContext,
): Decision | undefined {
  if (!past?.raised || waits(past, context)) return undefined;
  // What is on now the live range says; late rows alone only where it says nothing.
  const isOver = conditionOf(past, situation.family, 0, 0) === 'cleared' || (past.part === 'late' && situation.live?.last);
  if (isOver) return settlePast(situation, past, { predecessor }, context);
  return { kind: 'open', proposal: proposalOf(situation, past, predecessor, past.raised.lastAt), supersedes: null };
}

function decideNewByLive(situation: Situation, predecessor: FamilyHistory | null, context: DecisionContext): Decision | undefined {
  const { live, family } = situation;
  if (!live?.raised) return undefined;
  const over = conditionOf(live, family, context.now, context.maxAgeSeconds) === 'cleared';
  if (over && context.backlogUpTo !== null) return undefined; // the slices will reach it, in order
  if (over) return settlePast(situation, live, { predecessor }, context);
  const accountedTo = accountedBy(live.raised.firstAt, live.raised.lastAt, context.backlogUpTo);
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
    updatedTimestamp: now,
    executionResult: null,
    predecessorId: proposal.predecessor?.recommendationId ?? null,
    followsRecommendationId: null,
    triedBefore: null,
  };
}

/** The past in its own order: late rows, the slice, then the present. What opens ends it; the next cycle looks again. */
function decideNew(situation: Situation, context: DecisionContext): Decided {
  const { late, backlog, live } = situation;
  const decisions: Decision[] = [];
  let predecessor = situation.newest ?? null;
  for (const part of [late, backlog]) {
    const past = decideNewByPast(situation, part, predecessor, context);
    if (past) decisions.push(past);
    // The slices come to what a slice leaves.
    if (past?.kind === 'open') return { decisions, isWhole: part === backlog || !hasViolations(backlog, live) };
    if (past?.kind === 'record') predecessor = historyAfter(past.proposal, context.now);
  }
  const present = decideNewByLive(situation, predecessor, context);
  if (present) decisions.push(present);
  return { decisions, isWhole: true };
}

/** Why, and since when, nothing opens and what is open ends: an operator's standing order, or a sensor that is not to be believed. */
function reasonToEnd(
  { equipmentId, family }: Situation,
  { controls, now, distrust }: DecisionContext,
): { readonly reason: string; readonly since: Instant } | undefined {
  const orders = controls.filter((control) => controlOn([control], ['out_of_service', 'shelved'], equipmentId, now));
  const [order] = orders;
  if (!order) return distrust?.(equipmentId, family.signal);
  return { reason: describeControl(order), since: Math.min(...orders.map(({ since }) => since)) };
}

/** What was over before the reason began is on record all the same: nobody is asked about it. What it is about is left out. */
function settleBefore(since: Instant, situation: Situation, isOpen: boolean, context: DecisionContext): readonly Decision[] {
  const { late, backlog, live, earlier = {}, newest, family } = situation;
  const isOver = (part: DetectedState) => conditionOf(part, family, context.now, context.maxAgeSeconds) === 'cleared';
  const isBefore = (part: DetectedState | undefined): part is DetectedState =>
    part?.raised !== undefined &&
    part.raised !== null &&
    part.raised.lastAt < since &&
    (part.part === 'live' ? context.backlogUpTo === null && isOver(part) : !waits(part, context));
  const place = { predecessor: null, ...(newest && { beside: newest }) };
  const besideNewest = [earlier.late, earlier.backlog, earlier.live].filter(isBefore);
  const settled: Decision[] = besideNewest.flatMap((part) => settlePast(situation, part, place, context) ?? []);
  let predecessor = newest ?? null;
  for (const part of isOpen ? [] : [late, backlog, live].filter(isBefore)) {
    const past = settlePast(situation, part, { predecessor }, context);
    if (past) settled.push(past);
    if (past?.kind === 'record') predecessor = historyAfter(past.proposal, context.now);
  }
  return settled;
}

/** Its violations so far are the row's episode, which is not to be recorded again. Those that follow count when the reason is gone. */
function endBecause(situation: Situation, row: OpenRecommendation, reason: string, context: DecisionContext): Decision | undefined {
  const accountedTo = accountedAtEnd(row, situation, context);
  if (isUndecided(row.status)) return { kind: 'withdraw', row, reason, accountedTo };
  return row.status === 'approved' ? { kind: 'cancel', row, reason, accountedTo } : undefined;
}

function decideDeferral(row: OpenRecommendation, now: Instant): Decision | undefined {
  if (row.status !== 'deferred' || row.guardedStatus !== 'deferred') return undefined;
  if (row.deferUntil === null) return { kind: 'resume', row, reason: 'deferred without a time to come back' };
  return row.deferUntil <= now ? { kind: 'resume', row, reason: 'the deferral has ended' } : undefined;
}

/** All decisions about one (equipment, family). Pure: the same situation gives the same decisions. */
export function decideSituation(situation: Situation, context: DecisionContext): Decided {
  const { decisions, isWhole } = decideParts(situation, context);
  return { decisions, isWhole: isWhole && !waitsForLate(situation, decisions) };
}

/** Late rows of further hours are told once these are on record. Where nothing is put there, no cycle would be the last to wait. */
function waitsForLate({ late, earlier }: Situation, decisions: readonly Decision[]): boolean {
  const isCut = [late, earlier?.late].some((part) => part?.raised?.isCut);
  return isCut && decisions.some(({ kind }) => kind === 'record' || kind === 'extend' || kind === 'correct');
}

function decideParts(situation: Situation, context: DecisionContext): Decided {
  const row = situation.open && !isTerminal(situation.open.status) ? situation.open : undefined;
  const stop = reasonToEnd(situation, context);
  if (stop !== undefined) {
    const end = row && endBecause(situation, row, stop.reason, context);
    const before = settleBefore(stop.since, situation, row !== undefined, context);
    return { decisions: end ? [...before, end] : before, isWhole: true };
  }
  const earlier = decideEarlier(situation, context);
  // What is worse changes the row first: whether what came after it is worse still can be told by the next cycle only.
  if (!earlier.isWhole || earlier.decisions.some(({ kind }) => kind === 'escalate' || kind === 'open'))
    return { ...earlier, isWhole: earlier.isWhole && !hasViolations(situation.late, situation.backlog, situation.live) };
  const present = row ? decideOpen(situation, row, context) : decideNew(situation, context);
  return { decisions: [...earlier.decisions, ...present.decisions], isWhole: present.isWhole };
}
