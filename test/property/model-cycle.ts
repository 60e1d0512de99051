import { NO_KEYS } from '../../src/domain/key-ring.ts';
import { refuseForeignCommands } from '../../src/domain/refuse-commands.ts';
import { decisionRecord, issuedCopy } from '../../src/domain/audit-copy.ts';
import { SituationIndex } from '../../src/cycle/situations.ts';
import type { Command } from '../../src/domain/command.ts';
import type { Control } from '../../src/domain/control.ts';
import { controlOn } from '../../src/domain/control.ts';
import { accountedSpans } from '../../src/domain/accounted-spans.ts';
import { decideSituation } from '../../src/domain/decide-recommendations.ts';
import type { AccountedSpan, DetectedState } from '../../src/domain/detection.ts';
import { Draft } from '../../src/domain/draft.ts';
import { addSeconds } from '../../src/domain/instant.ts';
import { firstApprovalOf, secondDueAt } from '../../src/domain/four-eyes.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { judgeApproval } from '../../src/domain/judge-approvals.ts';
import { settleOutsideChanges } from '../../src/domain/outside-changes.ts';
import { concludeRecommendation } from '../../src/domain/conclude.ts';
import { deriveCommands } from '../../src/domain/derive-commands.ts';
import { endCommand } from '../../src/domain/end-command.ts';
import { type DispatchPlanContext, planDispatch } from '../../src/domain/plan-dispatch.ts';
import { assessmentOf, recommendationOf } from '../../src/domain/proposal.ts';
import { judgeReadiness } from '../../src/domain/readiness.ts';
import { type FamilyHistory, NO_DECISION, type OpenRecommendation, ticketOf } from '../../src/domain/recommendation.ts';
import type { Decision } from '../../src/domain/situation.ts';
import { ticketHash } from '../../src/domain/ticket.ts';
import { isTerminal, type RecommendationStatus } from '../../src/domain/transitions.ts';
import { outcomeOf } from '../../src/domain/verify-outcome.ts';
import { dealtUpTo } from '../../src/domain/slice-progress.ts';
import { detectionWindow, nextWatermark, oldestIn, type TimeRange } from '../../src/domain/window.ts';
import { author, COOLING_TAG, FAMILY, LIVE_TAG, POLICY, TAGS } from './domain-fixtures.ts';
import type { ModelStore } from './model-store.ts';
import { unscopedRules } from '../../src/domain/rule-book.ts';

export interface Reading {
  readonly at: number;
  readonly value: number;
}

/** What a write meets: it is taken, refused, of unknown outcome, not sent at all, or the plant cannot even be read. */
export type PlantMood = 'takes' | 'refuses' | 'loses' | 'defers' | 'silent';

export interface World {
  readonly policy: Policy;
  readonly store: ModelStore;
  readonly readings: Reading[];
  readonly writes: { readonly commandId: string; readonly recommendationId: string }[];
  watermark: number | null;
}

export interface Surroundings {
  readonly now: number;
  readonly mood: PlantMood;
  readonly controls: readonly Control[];
}

const SETTINGS = { latenessSeconds: 300, maxAgeSeconds: 300, firstLookbackSeconds: 600 };
const REJECTED = { bad_id: 0, bad_time: 0, future: 0, too_late: 0, bad_quality: 0, missing: 0, not_a_number: 0, out_of_range: 0 };

function isIn(range: TimeRange | null, at: number): boolean {
  return range !== null && at > range.after && at <= range.upTo;
}

/** What the detection statement says about one range: the specification of its aggregates, in a few lines. */
function statesOf(
  part: DetectedState['part'],
  readings: readonly Reading[],
  newest: FamilyHistory | undefined,
  spans: readonly AccountedSpan[],
): readonly DetectedState[] {
  const began = newest?.firstDetectedTimestamp ?? 0;
  const counts = ({ at, value }: Reading) =>
    value > 85 &&
    !spans.some(({ from, until, exceptBeyond }) => at >= from && at < until && (exceptBeyond === null || value <= exceptBeyond));
  const report = newest !== undefined && (!isTerminal(newest.status) || (newest.status === 'executed' && newest.outcome === null));
  return [true, false].flatMap((isEarlier) => {
    const own = readings.filter(({ at }) => at < began === isEarlier);
    const counted = own.filter(counts);
    if (counted.length === 0 && (isEarlier || !report)) return [];
    const last = own.at(-1);
    const [first, latest] = [counted[0], counted.at(-1)];
    const peak = counted.toSorted((a, b) => b.value - a.value)[0];
    const clear = own.slice(own.findLastIndex(({ value }) => value >= 84) + 1);
    return {
      part,
      isEarlier,
      equipmentId: 'R1',
      familyId: FAMILY.id,
      last: last ?? null,
      raised:
        first && latest && peak
          ? {
              firstAt: first.at,
              lastAt: latest.at,
              peak: { ...peak, signals: new Map(), trends: new Map() },
              ...stretchOf(readings, first.at, latest.at),
              isCut: false,
            }
          : null,
      clear: clear[0] ? { since: clear[0].at, readings: clear.length, after: own.at(-clear.length - 1)?.at ?? null } : null,
      recentRuns: 0,
    };
  });
}

/** How far about two moments no two clear readings lie 30 s apart with nothing else between them. */
function stretchOf(readings: readonly Reading[], from: number, upTo: number) {
  const stretches: Reading[][] = [[]];
  let lull: Reading[] = [];
  for (const reading of readings) {
    if (reading.value < 84) {
      lull.push(reading);
      continue;
    }
    const isOver = lull.length >= FAMILY.clearReadings && (lull.at(-1)?.at ?? 0) - (lull[0]?.at ?? 0) >= FAMILY.offDelaySeconds * 1000;
    if (isOver) stretches.push([]);
    stretches.at(-1)?.push(reading);
    lull = [];
  }
  const of = (moment: number) => stretches.find((stretch) => stretch.some(({ at }) => at === moment)) ?? [];
  return { unclearSince: of(from)[0]?.at ?? from, unclearUntil: of(upTo).at(-1)?.at ?? upTo };
}

function about(row: OpenRecommendation, event: string, toStatus: RecommendationStatus, after?: unknown) {
  return { subjectType: 'recommendation', subjectId: row.recommendationId, event, fromStatus: row.status, toStatus, after } as const;
}

/** One cycle in the order of the real one, with everything that is not the domain's left out. */
export function runModelCycle(world: World, surroundings: Surroundings): void {
  const { store, readings } = world;
  const { now, controls, mood } = surroundings;
  const stored = store.openWork();
  const draft = new Draft({ agentId: 'AGENT', runId: `run-${now}` }, stored, store.openCommands());
  settleOutsideChanges(draft, stored, { now, policy: POLICY, sessions: [], families: store.histories() });
  const found = store.newest();
  const newest = found && (draft.row(found.recommendationId) ?? found);
  const window = detectionWindow(now, world.watermark, SETTINGS, [FAMILY]);
  const seen = { live: readings.filter(({ at }) => isIn(window.live, at)), backlog: readings.filter(({ at }) => isIn(window.backlog, at)) };
  const rules = unscopedRules([FAMILY]);
  const histories = store.histories();
  const asRead = new SituationIndex(rules, histories, draft, []);
  const spans = accountedSpans(rules, asRead.rows, { oldest: oldestIn(window), now });
  const states = [
    ...statesOf('live', seen.live, newest, spans),
    ...(window.backlog ? statesOf('backlog', seen.backlog, newest, spans) : []),
  ];
  const situations = new SituationIndex(rules, histories, draft, states);
  const backlogUpTo = dealtUpTo(window, situations.all(draft));
  const decisions = situations
    .all(draft)
    .flatMap((each) => decideSituation(each, { now, maxAgeSeconds: 300, controls, backlogUpTo }).decisions);
  for (const decision of decisions) apply(draft, decision, now);
  const context: DispatchPlanContext = {
    agentId: 'AGENT',
    now,
    policy: POLICY,
    controls,
    keys: NO_KEYS,
    announced: new Set(),
    writesLeft: POLICY.maxWritesPerMinute,
    mayDispatch: true,
    conditionOf: (row) => situations.conditionOf(row, now, 300),
    accountedFor: (row) => situations.liveOf(row)?.last?.at ?? 0,
  };
  const live = new Map(mood === 'silent' ? [] : [[LIVE_TAG, 100] as const, [COOLING_TAG, 0] as const]);
  for (const row of draft.rows) if (row.status === 'awaiting_second') lapse(draft, row, now, world.policy);
  for (const row of draft.rows) if (row.status === 'approved') judge(draft, row, now, world.policy);
  for (const row of draft.rows) if (row.status === 'approved' && row.guardedStatus === 'approved') start(draft, row, live, context);
  refuseForeignCommands(draft, context);
  const claims = planDispatch(draft, context);
  store.save(draft.take());
  for (const command of draft.commands) if (command.status === 'unknown') recover(draft, command, surroundings);
  for (const { commandId } of claims) {
    const command = store.commands.get(commandId);
    if (command?.status === 'pending') dispatch(world, draft, command, surroundings);
  }
  for (const row of draft.rows) if (row.status === 'executing') concludeRecommendation(draft, row, context, `run-${now}`);
  for (const row of draft.rows) if (row.status === 'executed' && row.outcome === null) verify(draft, row, situations, now);
  store.save(draft.take());
  const all = [...seen.live, ...seen.backlog].map(({ at }) => at);
  const later = readings.map(({ at }) => at).filter((at) => at > (window.backlog?.upTo ?? 0) && at <= window.live.upTo);
  world.watermark = nextWatermark(
    window,
    backlogUpTo,
    {
      accepted: all.length,
      rejected: REJECTED,
      newestGoodAt: all.length > 0 ? Math.max(...all) : null,
      backlogHasReadings: seen.backlog.some(({ at }) => at > window.watermark),
      nextReadingAt: later.length > 0 ? Math.min(...later) : null,
    },
    now,
  );
}

function apply(draft: Draft, decision: Decision, now: number): void {
  switch (decision.kind) {
    case 'open':
      if (decision.supersedes) end(draft, decision.supersedes.row, 'cancelled');
      create(draft, recommendationOf(decision.proposal, 'pending', author(now), new Map([[LIVE_TAG, 100]])));
      return;
    case 'record':
      create(draft, recommendationOf(decision.proposal, 'withdrawn', author(now), new Map()));
      return;
    case 'escalate': {
      const { row, proposal } = decision;
      const assessment = assessmentOf(proposal, row.recommendationId, author(now), new Map([[LIVE_TAG, 100]]));
      draft.update(
        row,
        {
          ...assessment,
          ...NO_DECISION,
          status: 'pending',
          guardedStatus: 'pending',
          escalatedTimestamp: now,
          firstDetectedTimestamp: Math.min(row.firstDetectedTimestamp, proposal.firstDetectedAt),
          lastAccountedTimestamp: proposal.accountedTo,
        },
        about(row, 'escalated', 'pending', issuedCopy(assessment.ticket)),
      );
      return;
    }
    case 'extend':
      amend(draft, decision.row, decision.from, decision.upTo);
      return;
    case 'correct': {
      const { row, proposal } = decision;
      const { ticket: _ticket, ...assessment } = assessmentOf(proposal, row.recommendationId, author(now), new Map());
      amend(draft, row, proposal.firstDetectedAt, proposal.accountedTo, assessment);
      return;
    }
    case 'withdraw':
      end(draft, decision.row, 'withdrawn', decision.accountedTo);
      return;
    case 'cancel':
      end(draft, decision.row, 'cancelled', decision.accountedTo);
      return;
    case 'resume':
      back(draft, decision.row, 'resumed');
  }
}

function amend(draft: Draft, row: FamilyHistory, from: number, upTo: number, assessment: Partial<OpenRecommendation> = {}): void {
  const found = draft.asItWillBe(row);
  const span = {
    firstDetectedTimestamp: Math.min(found.firstDetectedTimestamp, from),
    lastAccountedTimestamp: Math.max(found.lastAccountedTimestamp, upTo),
  };
  draft.amend(row, { ...assessment, ...span }, { subjectType: 'recommendation', subjectId: row.recommendationId, event: 'extended' });
}

function create(draft: Draft, row: OpenRecommendation): void {
  draft.create(row, about(row, 'created', row.status, issuedCopy(row.ticket)));
}

function end(draft: Draft, row: OpenRecommendation, status: RecommendationStatus, accountedTo = row.lastAccountedTimestamp): void {
  draft.update(row, { status, guardedStatus: status, lastAccountedTimestamp: accountedTo }, about(row, status, status));
}

function back(draft: Draft, row: OpenRecommendation, event: string): void {
  const { ticket } = row;
  const sealed = ticket ? { actions: ticket.actions, actionHash: ticketHash(ticket) } : {};
  draft.update(
    row,
    { status: 'pending', guardedStatus: 'pending', ...NO_DECISION, ...sealed },
    about(row, event, 'pending', { decision: decisionRecord(NO_DECISION) }),
  );
}

function judge(draft: Draft, row: OpenRecommendation, now: number, policy: Policy): void {
  if (row.guardedStatus === 'approved') {
    if ((row.expiresTimestamp ?? 0) <= now) end(draft, row, 'expired');
    return;
  }
  const verdict = judgeApproval(row, now, policy, 'AGENT');
  const { lastDecision } = row;
  switch (verdict.kind) {
    case 'expire':
      return end(draft, row, 'expired');
    case 'return':
      return back(draft, row, 'refused');
    case 'lapse':
      return back(draft, row, 'lapsed');
    case 'hold': {
      const first = lastDecision?.columns ?? NO_DECISION;
      draft.update(
        row,
        { ...first, status: 'awaiting_second', guardedStatus: 'awaiting_second' },
        about(row, 'second_refused', 'awaiting_second'),
      );
      return;
    }
    case 'first':
    case 'accept': {
      const status = verdict.kind === 'first' ? 'awaiting_second' : 'approved';
      const event = verdict.kind === 'first' ? 'first_approved' : 'approved';
      const { columns, expiresAt: expiresTimestamp } = verdict;
      const decided = { event, columns, actionHash: row.actionHash };
      draft.update(
        row,
        { ...columns, status, guardedStatus: status, expiresTimestamp, lastDecision: decided },
        about(row, event, status, { decision: decisionRecord(columns), action_hash: row.actionHash }),
      );
    }
  }
}

/** A first approval that nobody seconded ends, whatever the row says of it. */
function lapse(draft: Draft, row: OpenRecommendation, now: number, policy: Policy): void {
  const first = firstApprovalOf(row.lastDecision);
  if (first && secondDueAt(first, policy) <= now) back(draft, row, 'lapsed');
}

function start(draft: Draft, row: OpenRecommendation, live: ReadonlyMap<string, number>, context: DispatchPlanContext): void {
  if (!row.ticket || controlOn(context.controls, ['advisory'], 'R1', context.now)) return;
  const readiness = judgeReadiness(row.ticket, {
    condition: context.conditionOf(row),
    tags: TAGS,
    live,
    driftPercent: 5,
    tolerancePercent: 0.5,
  });
  if (readiness.kind === 'cancel') end(draft, row, 'cancelled');
  if (readiness.kind === 'refuse') back(draft, row, 'refused');
  if (readiness.kind === 'renew') {
    const ticket = ticketOf(row, readiness.actions);
    draft.update(
      row,
      { ...NO_DECISION, status: 'pending', guardedStatus: 'pending', actions: readiness.actions, actionHash: ticketHash(ticket), ticket },
      about(row, 'renewed', 'pending', issuedCopy(ticket)),
    );
  }
  if (readiness.kind !== 'ready') return;
  draft.update(row, { status: 'executing', guardedStatus: 'executing' }, about(row, 'executing', 'executing'));
  deriveCommands(draft, row, context);
}

function dispatch(world: World, draft: Draft, command: Command, { now, mood }: Surroundings): void {
  const runId = `run-${now}`;
  const claimed: Command = {
    ...command,
    status: 'executing',
    claimedBy: runId,
    claimedTimestamp: now,
    notAfter: now + 100_000,
    attempt: 1,
  };
  world.store.commands.set(command.commandId, claimed);
  draft.observe(claimed);
  const before = draft.commandsOf(claimed.recommendationId ?? '').find((each) => each.sequence === (claimed.sequence ?? 0) - 1);
  const event = { subjectType: 'command', subjectId: command.commandId, event: 'dispatched' } as const;
  if (mood === 'silent' || mood === 'defers' || (before && before.status !== 'executed')) {
    draft.updateCommand(claimed, { status: 'pending', claimedBy: null }, event, runId);
    return;
  }
  world.writes.push({ commandId: command.commandId, recommendationId: command.recommendationId ?? '' });
  if (mood === 'refuses')
    endCommand(draft, claimed, {
      status: 'failed',
      code: 'plant_refused',
      reason: 'no',
      at: now,
      claimedBy: runId,
      columns: { startedTimestamp: now },
    });
  else draft.updateCommand(claimed, { status: mood === 'takes' ? 'executed' : 'unknown', startedTimestamp: now }, event, runId);
}

function recover(draft: Draft, command: Command, { now, mood }: Surroundings): void {
  if (mood === 'silent' && now < addSeconds(command.notAfter ?? 0, POLICY.approvalTtlSeconds)) return;
  endCommand(draft, command, { status: 'failed', code: 'not_confirmed', reason: 'not confirmed', at: now });
}

function verify(draft: Draft, row: OpenRecommendation, situations: SituationIndex, now: number): void {
  const outcome = outcomeOf(row.executedTimestamp ?? 0, situations.liveOf(row), FAMILY, now, POLICY, 300);
  if (outcome) draft.update(row, { outcome, verifiedTimestamp: now }, about(row, 'verified', 'executed'));
}
