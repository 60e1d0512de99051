import { assessmentRecord, decisionRecord, issuedCopy } from '../domain/audit-copy.ts';
import { believable } from '../domain/episodes.ts';
import { about } from '../domain/event.ts';
import { type Instant, isoOf } from '../domain/instant.ts';
import type { LiveValues } from '../domain/live-values.ts';
import { assessmentOf, type Authorship, type Proposal, recommendationOf } from '../domain/proposal.ts';
import { decisionOf, type FamilyHistory, NO_DECISION, type OpenRecommendation } from '../domain/recommendation.ts';
import { isWorse } from '../domain/severity.ts';
import type { Decision, Superseded } from '../domain/situation.ts';
import type { Cycle } from './cycle.ts';
import { noteConflicts } from './note-conflicts.ts';

/** Drafts one decision, with its event; the log and the report tell of it once it is stored. */
export function applyDecision(cycle: Cycle, decision: Decision, author: Authorship, live: LiveValues): void {
  switch (decision.kind) {
    case 'open':
      // A predecessor that cannot end in this write keeps the family's place; the next cycle decides again.
      if (decision.supersedes && !supersede(cycle, decision.supersedes)) break;
      create(cycle, recommendationOf(decision.proposal, 'pending', author, live), decision.proposal);
      break;
    case 'record':
      record(cycle, decision.proposal, author);
      break;
    case 'escalate':
      escalate(cycle, decision.row, decision.proposal, author, live);
      break;
    case 'extend':
      extend(cycle, decision.row, decision.from, decision.upTo);
      break;
    case 'correct':
      correct(cycle, decision.row, decision.proposal, author);
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

function supersede(cycle: Cycle, { row, accountedTo }: Superseded): boolean {
  return cancel(cycle, row, 'a worse reading replaced what was approved', accountedTo);
}

/** An episode that was over before it was seen. Whoever decides about the row that it stands beside is told of it. */
function record(cycle: Cycle, proposal: Proposal, author: Authorship): void {
  const row = recommendationOf(proposal, 'withdrawn', author, new Map());
  const { beside } = proposal;
  if (!create(cycle, row, proposal) || !beside) return;
  cycle.draft.note({
    ...about(beside),
    event: 'earlier_episode',
    step: row.recommendationId,
    reason: `recorded as ${row.recommendationId}`,
  });
}

function spanRecord({ firstDetectedTimestamp, lastAccountedTimestamp }: FamilyHistory) {
  return { first_detected_timestamp: isoOf(firstDetectedTimestamp), last_accounted_timestamp: isoOf(lastAccountedTimestamp) };
}

/** The row's span as this cycle makes it: what it drafted already, and no time that no right clock can have stored. */
function spanWith({ draft, clock }: Cycle, found: FamilyHistory, from: Instant, upTo: Instant) {
  const row = draft.asItWillBe(found);
  const { firstDetectedTimestamp: first, lastAccountedTimestamp: last } = believable(row, clock.now()) ?? {
    firstDetectedTimestamp: from,
    lastAccountedTimestamp: upTo,
  };
  return { row, span: { firstDetectedTimestamp: Math.min(first, from), lastAccountedTimestamp: Math.max(last, upTo) } };
}

/** When the row's episode was is put right, whatever became of it: else the same violations would be taken for another one. */
function extend(cycle: Cycle, found: FamilyHistory, from: Instant, upTo: Instant): void {
  const { row, span } = spanWith(cycle, found, from, upTo);
  cycle.draft.amend(found, span, {
    ...about(found),
    event: 'extended',
    step: `${span.firstDetectedTimestamp} ${span.lastAccountedTimestamp}`,
    reason: 'readings that came late, or were reached only now, show that it lasted longer',
    before: spanRecord(row),
    after: spanRecord({ ...row, ...span }),
  });
}

/** A record of what was over says how bad it was. Nobody decided about it, so that nobody agreed to less. */
function correct(cycle: Cycle, found: FamilyHistory, proposal: Proposal, author: Authorship): void {
  const { draft, announcements } = cycle;
  const { firstDetectedAt, accountedTo, band, family, peak } = proposal;
  const { row, span } = spanWith(cycle, found, firstDetectedAt, accountedTo);
  if (!isWorse(band.severity, row.severity)) return extend(cycle, found, firstDetectedAt, accountedTo);
  const { ticket, ...assessment } = assessmentOf(proposal, found.recommendationId, author, new Map());
  draft.amend(
    found,
    { ...assessment, ...span },
    {
      ...about(found),
      event: 'corrected',
      step: band.severity,
      reason: `${family.signal} ${peak.value}: it was ${band.severity}, not ${row.severity}`,
      before: { severity: row.severity, ...spanRecord(row) },
      after: { ...issuedCopy(ticket), ...spanRecord({ ...row, ...span }) },
    },
  );
  announcements.tell(found.recommendationId, 'warn', `${anomalyText(proposal)} (late: ${found.recommendationId} was over by then)`);
}

function create(cycle: Cycle, row: OpenRecommendation, proposal: Proposal): boolean {
  const over = row.status === 'withdrawn';
  const isBeside = proposal.beside !== undefined;
  const past = isBeside
    ? 'older than what is on record by now: an operator decides about that'
    : 'the episode had ended before it was seen';
  const event = {
    subjectType: 'recommendation' as const,
    subjectId: row.recommendationId,
    event: 'created',
    toStatus: row.status,
    reason: over ? past : `${proposal.family.signal} ${row.peakValue}: ${row.rootCauseAnalysis}`,
    after: issuedCopy(row.ticket),
  };
  const made = cycle.draft.create(row, event, isBeside);
  if (!made) return false;
  const { announcements } = cycle;
  const id = row.recommendationId;
  announcements.tell(id, 'warn', anomalyText(proposal));
  if (over) {
    const text = `RECOMMENDATION WITHDRAWN: ${id} for ${row.equipmentId} (the episode ended before it was seen)`;
    announcements.tell(id, 'info', text, ({ recommendations }) => (recommendations.withdrawn += 1));
  } else {
    const text = `✓ RECOMMENDATION CREATED: ${id} for ${row.equipmentId} (severity=${row.severity}, confidence=${row.confidenceScore})`;
    announcements.tell(id, 'info', text, ({ recommendations }) => (recommendations.created += 1));
    noteConflicts(cycle, row, null);
  }
  return true;
}

function anomalyText({ equipmentId, family, peak }: Proposal): string {
  const value = family.signal === 'temperature' ? `${peak.value.toFixed(1)}°C` : String(peak.value);
  return `ANOMALY DETECTED: ${equipmentId} ${family.signal}=${value}`;
}

function escalate(cycle: Cycle, row: OpenRecommendation, proposal: Proposal, author: Authorship, live: LiveValues): void {
  const assessment = assessmentOf(proposal, row.recommendationId, author, live, { tried: row.triedBefore, turn: row.ticket?.turn });
  const { draft } = cycle;
  const span = {
    firstDetectedTimestamp: Math.min(draft.asItWillBe(row).firstDetectedTimestamp, proposal.firstDetectedAt),
    lastAccountedTimestamp: proposal.accountedTo,
  };
  const changed = draft.update(
    row,
    {
      ...assessment,
      ...span,
      ...NO_DECISION,
      status: 'pending',
      guardedStatus: 'pending',
      escalatedTimestamp: author.now,
      expiresTimestamp: null,
    },
    {
      ...about(row),
      event: 'escalated',
      toStatus: 'pending',
      reason: `${proposal.family.signal} ${proposal.peak.value}: ${row.severity} became ${assessment.severity}`,
      before: { severity: row.severity, action_hash: row.actionHash },
      after: { ...issuedCopy(assessment.ticket), assessment: assessmentRecord({ ...assessment, ...span }) },
    },
  );
  if (!changed) return;
  const id = row.recommendationId;
  const said = `✓ RECOMMENDATION ESCALATED: ${id} for ${row.equipmentId} (severity=${assessment.severity})`;
  cycle.announcements.tell(id, 'warn', anomalyText(proposal));
  cycle.announcements.tell(id, 'info', said, ({ recommendations }) => (recommendations.escalated += 1));
  noteConflicts(cycle, draft.row(id) ?? row, row.ticket);
}

export function withdraw(cycle: Cycle, row: OpenRecommendation, reason: string, accountedTo: number): void {
  const changed = cycle.draft.update(
    row,
    { status: 'withdrawn', guardedStatus: 'withdrawn', lastAccountedTimestamp: accountedTo, executionResult: reason },
    { ...about(row), event: 'withdrawn', toStatus: 'withdrawn', reason, after: { decision: decisionRecord(decisionOf(row)) } },
  );
  if (!changed) return;
  const text = `RECOMMENDATION WITHDRAWN: ${row.recommendationId} for ${row.equipmentId} (${reason})`;
  cycle.announcements.tell(row.recommendationId, 'info', text, ({ recommendations }) => (recommendations.withdrawn += 1));
}

export function cancel(cycle: Cycle, row: OpenRecommendation, reason: string, accountedTo = row.lastAccountedTimestamp): boolean {
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
