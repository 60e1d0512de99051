import { controlOn, describeControl } from './control.ts';
import { conditionOf, type ConditionState, type DetectedState } from './detection.ts';
import { decideEarlier } from './earlier-readings.ts';
import { accountedBy, escalationOf, proposalOf, waits, wasDisbelieved } from './episodes.ts';
import { recommendationIdOf } from './ids.ts';
import type { Instant } from './instant.ts';
import type { Proposal } from './proposal.ts';
import type { FamilyHistory, OpenRecommendation } from './recommendation.ts';
import type { Decision, DecisionContext, Situation } from './situation.ts';
import { isTerminal, isUndecided } from './transitions.ts';

type PastDecision = Extract<Decision, { readonly kind: 'open' | 'record' }>;

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

/** Why an open row ends whatever the readings say: an operator's standing order, or a sensor that is not to be believed. */
function reasonToEnd({ equipmentId, family }: Situation, { controls, now, distrust }: DecisionContext): string | undefined {
  const control = controlOn(controls, ['out_of_service', 'shelved'], equipmentId, now);
  return control ? describeControl(control) : distrust?.(equipmentId, family.signal);
}

/** Its violations so far are the row's episode, which is not to be recorded again. Those that follow count when the reason is gone. */
function endBecause({ live }: Situation, row: OpenRecommendation, reason: string, { backlogUpTo }: DecisionContext): Decision | undefined {
  const seen = live?.raised ? accountedBy(row.firstDetectedTimestamp, live.raised.lastAt, backlogUpTo) : 0;
  const accountedTo = Math.max(row.lastAccountedTimestamp, seen);
  if (isUndecided(row.status)) return { kind: 'withdraw', row, reason, accountedTo };
  return row.status === 'approved' ? { kind: 'cancel', row, reason, accountedTo } : undefined;
}

function decideDeferral(row: OpenRecommendation, now: Instant): Decision | undefined {
  if (row.status !== 'deferred' || row.guardedStatus !== 'deferred') return undefined;
  if (row.deferUntil === null) return { kind: 'resume', row, reason: 'deferred without a time to come back' };
  return row.deferUntil <= now ? { kind: 'resume', row, reason: 'the deferral has ended' } : undefined;
}

/** All decisions about one (equipment, family). Pure: the same situation gives the same decisions. */
export function decideSituation(situation: Situation, context: DecisionContext): readonly Decision[] {
  const row = situation.open && !isTerminal(situation.open.status) ? situation.open : undefined;
  const reason = reasonToEnd(situation, context);
  if (reason !== undefined) {
    const end = row && endBecause(situation, row, reason, context);
    return end ? [end] : [];
  }
  const earlier = decideEarlier(situation, context);
  // What is worse changes the row first; the present is judged by the next cycle, against what the row is then.
  if (earlier.some(({ kind }) => kind === 'escalate' || kind === 'open')) return earlier;
  if (!row) return [...earlier, ...decideNew(situation, context)];
  const byReadings = decideOpen(situation, row, context) ?? decideDeferral(row, context.now);
  return byReadings ? [...earlier, byReadings] : earlier;
}
