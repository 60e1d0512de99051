import { decisionRecord, issuedCopy } from '../domain/audit-copy.ts';
import { isOfOtherSignal } from '../domain/changed-signal.ts';
import { type Decision, decideSituation, type DecisionContext } from '../domain/decide-recommendations.ts';
import { about } from '../domain/event.ts';
import { SECOND_MS, isoOf } from '../domain/instant.ts';
import { knownTime } from '../domain/known-time.ts';
import { MAX_OPENED_PER_CYCLE } from '../domain/policy.ts';
import { assessmentOf, type Authorship, type LiveValues, type Proposal, recommendationOf, tagsOf } from '../domain/proposal.ts';
import { decisionOf, NO_DECISION, type OpenRecommendation } from '../domain/recommendation.ts';
import { familyFor } from '../domain/rule-book.ts';
import type { Distrust } from '../domain/sensor-faults.ts';
import { priorityOf } from '../domain/severity.ts';
import { isTerminal, isUndecided } from '../domain/transitions.ts';
import type { Cycle } from './cycle.ts';
import { watchQueue } from './queue.ts';
import { noteConflicts } from './note-conflicts.ts';
import { readLive } from './read-live.ts';
import { verdictsOf } from './verdicts.ts';
import { decideWorkOrders } from './work-orders.ts';

/** From what was seen and what is open to new, escalated and withdrawn recommendations; writes nothing yet. */
export async function recommend(cycle: Cycle): Promise<void> {
  const { draft, settings } = cycle;
  decideWorkOrders(cycle);
  cycle.verdicts = verdictsOf(cycle);
  const context: DecisionContext = {
    now: cycle.clock.now(),
    maxAgeSeconds: settings.source.maxAgeSeconds,
    controls: cycle.controls,
    backlogUpTo: cycle.detected?.dealtUpTo ?? null,
    distrust: cycle.distrust,
    disbelief: cycle.disbelief,
  };
  // An orphan's readings are not its own: it ends below, and the next cycle decides about what its family is now.
  const decidable = cycle.situations.all(draft).filter(({ open }) => open === undefined || orphaned(cycle, open) === undefined);
  const decided = decidable.map((situation) => decideSituation(situation, context));
  const chosen = worstFirst(decided).map((decision) =>
    'proposal' in decision ? { ...decision, proposal: credible(decision.proposal, cycle.distrust) } : decision,
  );
  const proposals = chosen.flatMap((decision) => (decision.kind === 'open' || decision.kind === 'escalate' ? [decision.proposal] : []));
  // An operator sees old → new where the plant can be read; where it cannot, the advice is still due.
  const live = await readLive(
    cycle,
    'recommend',
    proposals.flatMap((proposal) => tagsOf(proposal, settings.rules)),
  );
  const { agentId, rulesHash, rules, tags } = settings;
  const ineffective = new Set([...cycle.verdicts].flatMap(([id, { outcome }]) => (outcome === 'ineffective' ? id : [])));
  const author: Authorship = { agentId, rulesHash, rules, tags, ineffective, now: context.now };
  for (const decision of chosen) apply(cycle, decision, author, live ?? new Map());
  endOrphanedFamilies(cycle);
  noteDeadFeed(cycle);
  watchQueue(cycle);
  if (cycle.detected && cycle.report.readings.violations === 0) cycle.announcements.say('debug', 'No anomalies detected');
  cycle.decided = chosen.length === decided.flat().length && !cycle.situations.isPartial ? 'all' : 'some';
}

/**
 * As many as one cycle may write: what lets a row end or come back costs nobody attention and goes first, then the worst and
 * oldest of what is new. The decisions about one family stay together, for the later builds on the earlier.
 */
function worstFirst(decided: readonly (readonly Decision[])[]): readonly Decision[] {
  const ordered = decided
    .filter((decisions) => decisions.length > 0)
    .toSorted((a, b) => urgencyOf(b) - urgencyOf(a) || sinceOf(a) - sinceOf(b));
  const chosen: Decision[] = [];
  for (const decisions of ordered) {
    if (chosen.length + decisions.length > MAX_OPENED_PER_CYCLE) break;
    chosen.push(...decisions);
  }
  return chosen;
}

function urgencyOf(decisions: readonly Decision[]): number {
  const each = decisions.map((decision) =>
    'proposal' in decision ? priorityOf(decision.proposal.band.severity) : priorityOf('critical') + 1,
  );
  return Math.max(...each);
}

function sinceOf(decisions: readonly Decision[]): number {
  return Math.min(...decisions.map((decision) => ('proposal' in decision ? decision.proposal.firstDetectedAt : 0)));
}

function apply(cycle: Cycle, decision: Decision, author: Authorship, live: LiveValues): void {
  switch (decision.kind) {
    case 'open':
      // A predecessor that cannot end in this write keeps the family's place; the next cycle decides again.
      if (decision.supersedes && !cancel(cycle, decision.supersedes, 'a worse reading replaced what was approved')) break;
      create(cycle, recommendationOf(decision.proposal, 'pending', author, live), decision.proposal);
      break;
    case 'record':
      record(cycle, decision.proposal, author);
      break;
    case 'escalate':
      escalate(cycle, decision.row, decision.proposal, author, live);
      break;
    case 'withdraw':
      withdraw(cycle, decision.row, decision.reason, decision.accountedTo);
      break;
    case 'cancel':
      cancel(cycle, decision.row, decision.reason, decision.accountedTo);
      break;
    case 'resume':
      cycle.draft.update(
        decision.row,
        { status: 'pending', guardedStatus: 'pending', ...NO_DECISION },
        {
          ...about(decision.row),
          event: 'resumed',
          toStatus: 'pending',
          reason: decision.reason,
          after: { decision: decisionRecord(NO_DECISION) },
        },
      );
      break;
  }
}

/** A signal whose sensor cannot be trusted proves no cause: what it said beside the peak is left out. */
function credible(proposal: Proposal, distrust: Distrust): Proposal {
  const { equipmentId, peak } = proposal;
  const trusted = <T>(said: ReadonlyMap<string, T>) => new Map([...said].filter(([signal]) => distrust(equipmentId, signal) === undefined));
  return { ...proposal, peak: { ...peak, signals: trusted(peak.signals), trends: trusted(peak.trends) } };
}

/** An episode that was over before it was seen. Beside an open row, that row has dealt with its readings from now on. */
function record(cycle: Cycle, proposal: Proposal, author: Authorship): void {
  const row = recommendationOf(proposal, 'withdrawn', author, new Map());
  create(cycle, row, proposal);
  const { beside, accountedTo } = proposal;
  if (!beside) return;
  cycle.draft.update(
    beside,
    { lastAccountedTimestamp: Math.max(beside.lastAccountedTimestamp, accountedTo) },
    { ...about(beside), event: 'earlier_episode', reason: `recorded as ${row.recommendationId}` },
  );
}

function create(cycle: Cycle, row: OpenRecommendation, proposal: Proposal): void {
  const over = row.status === 'withdrawn';
  const made = cycle.draft.create(row, {
    subjectType: 'recommendation',
    subjectId: row.recommendationId,
    event: 'created',
    toStatus: row.status,
    reason: over ? 'the episode had ended before it was seen' : `${proposal.family.signal} ${row.peakValue}: ${row.rootCauseAnalysis}`,
    after: issuedCopy(row.ticket),
  });
  if (!made) return;
  const { announcements } = cycle;
  const id = row.recommendationId;
  announcements.tell(id, 'warn', `ANOMALY DETECTED: ${row.equipmentId} ${proposal.family.signal}=${reading(row.peakValue, proposal)}`);
  if (over) {
    const text = `RECOMMENDATION WITHDRAWN: ${id} for ${row.equipmentId} (the episode ended before it was seen)`;
    announcements.tell(id, 'info', text, ({ recommendations }) => (recommendations.withdrawn += 1));
  } else {
    const text = `✓ RECOMMENDATION CREATED: ${id} for ${row.equipmentId} (severity=${row.severity}, confidence=${row.confidenceScore})`;
    announcements.tell(id, 'info', text, ({ recommendations }) => (recommendations.created += 1));
    noteConflicts(cycle, row, null);
  }
}

function reading(value: number, proposal: Proposal): string {
  return proposal.family.signal === 'temperature' ? `${value.toFixed(1)}°C` : String(value);
}

function escalate(cycle: Cycle, row: OpenRecommendation, proposal: Proposal, author: Authorship, live: LiveValues): void {
  const assessment = assessmentOf(proposal, row.recommendationId, author, live);
  const { draft } = cycle;
  const changed = draft.update(
    row,
    {
      ...assessment,
      ...NO_DECISION,
      status: 'pending',
      guardedStatus: 'pending',
      escalatedTimestamp: author.now,
      expiresTimestamp: null,
      lastAccountedTimestamp: proposal.accountedTo,
    },
    {
      ...about(row),
      event: 'escalated',
      toStatus: 'pending',
      reason: `${proposal.family.signal} ${proposal.peak.value}: ${row.severity} became ${assessment.severity}`,
      before: { severity: row.severity, action_hash: row.actionHash },
      after: issuedCopy(assessment.ticket),
    },
  );
  if (!changed) return;
  const id = row.recommendationId;
  const seen = `ANOMALY DETECTED: ${row.equipmentId} ${proposal.family.signal}=${reading(proposal.peak.value, proposal)}`;
  const said = `✓ RECOMMENDATION ESCALATED: ${id} for ${row.equipmentId} (severity=${assessment.severity})`;
  cycle.announcements.tell(id, 'warn', seen);
  cycle.announcements.tell(id, 'info', said, ({ recommendations }) => (recommendations.escalated += 1));
  noteConflicts(cycle, draft.row(id) ?? row, row.ticket);
}

function withdraw(cycle: Cycle, row: OpenRecommendation, reason: string, accountedTo: number): void {
  const changed = cycle.draft.update(
    row,
    { status: 'withdrawn', guardedStatus: 'withdrawn', lastAccountedTimestamp: accountedTo, executionResult: reason },
    { ...about(row), event: 'withdrawn', toStatus: 'withdrawn', reason, after: { decision: decisionRecord(decisionOf(row)) } },
  );
  if (!changed) return;
  const text = `RECOMMENDATION WITHDRAWN: ${row.recommendationId} for ${row.equipmentId} (${reason})`;
  cycle.announcements.tell(row.recommendationId, 'info', text, ({ recommendations }) => (recommendations.withdrawn += 1));
}

function cancel(cycle: Cycle, row: OpenRecommendation, reason: string, accountedTo = row.lastAccountedTimestamp): boolean {
  const changed = cycle.draft.update(
    row,
    { status: 'cancelled', guardedStatus: 'cancelled', lastAccountedTimestamp: accountedTo, executionResult: reason },
    { ...about(row), event: 'cancelled', toStatus: 'cancelled', reason, after: { decision: decisionRecord(decisionOf(row)) } },
  );
  if (changed)
    cycle.announcements.tell(
      row.recommendationId,
      'info',
      `RECOMMENDATION CANCELLED: ${row.recommendationId} for ${row.equipmentId} (${reason})`,
    );
  return changed;
}

/** Why the rules have nothing to do with a row any more; undefined where they have. */
function orphaned({ settings: { rules, rulesHash } }: Cycle, row: OpenRecommendation): string | undefined {
  if (isTerminal(row.status) || row.status === 'executing') return undefined;
  const family = familyFor(rules, row.equipmentId, row.issueFamily);
  if (!family) return `the rules no longer have the family '${row.issueFamily}'`;
  if (!isOfOtherSignal(row, family, rules, rulesHash)) return undefined;
  return `the family '${row.issueFamily}' is about ${family.signal} now, and this is not`;
}

/** What its rules no longer are about can neither clear nor be dispatched: such open rows end here. */
function endOrphanedFamilies(cycle: Cycle): void {
  for (const row of cycle.draft.rows) {
    const reason = orphaned(cycle, row);
    if (reason === undefined) continue;
    if (isUndecided(row.status)) withdraw(cycle, row, reason, row.lastAccountedTimestamp);
    else cancel(cycle, row, reason);
  }
}

/** Silence is not health: the cycle in which a feed falls silent says so, once. */
function noteDeadFeed(cycle: Cycle): void {
  const { detected, health, settings } = cycle;
  if (!detected) return;
  const now = cycle.clock.now();
  const newest = Math.max(detected.detection.totals.newestGoodAt ?? 0, knownTime(health.newestReadingTimestamp, now) ?? 0);
  const deadSince = newest + settings.source.maxAgeSeconds * SECOND_MS;
  // There was one, and it is none of the last maxAgeSeconds: its time is of a clock that was ahead, and is forgotten by this cycle's end.
  const wasAhead = newest === 0 && health.newestReadingTimestamp !== null;
  if (!wasAhead && (newest === 0 || now <= deadSince)) return;
  const reason = `the newest good reading is of ${wasAhead ? 'a time that is still to come' : isoOf(newest)}`;
  cycle.announcements.say('warn', `The feed is silent: ${reason}`);
  const saidAt = knownTime(health.detectedTimestamp, now);
  if (!wasAhead && saidAt !== null && saidAt > deadSince) return;
  cycle.draft.note({
    subjectType: 'feed',
    subjectId: settings.source.table,
    step: String(newest),
    event: 'feed_silent',
    reason,
  });
}
