import { isOfOtherSignal } from '../domain/changed-signal.ts';
import { decideSituation } from '../domain/decide-recommendations.ts';
import { SECOND_MS, isoOf } from '../domain/instant.ts';
import { knownTime } from '../domain/known-time.ts';
import { MAX_OPENED_PER_CYCLE } from '../domain/policy.ts';
import { type Authorship, type Proposal, tagsOf } from '../domain/proposal.ts';
import type { OpenRecommendation } from '../domain/recommendation.ts';
import { familyFor } from '../domain/rule-book.ts';
import { bandFor } from '../domain/rules.ts';
import type { Distrust } from '../domain/sensor-faults.ts';
import { priorityOf } from '../domain/severity.ts';
import type { Decision, DecisionContext } from '../domain/situation.ts';
import { isTerminal, isUndecided } from '../domain/transitions.ts';
import { applyDecision, cancel, withdraw } from './apply-decision.ts';
import type { Cycle } from './cycle.ts';
import { watchQueue } from './queue.ts';
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
  const judged = decidable.map((situation) => decideSituation(situation, context));
  const decided = judged.map(({ decisions }) => decisions);
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
  for (const decision of chosen) applyDecision(cycle, decision, author, live ?? new Map());
  endOrphanedFamilies(cycle);
  noteDeadFeed(cycle);
  watchQueue(cycle);
  if (cycle.detected && cycle.report.readings.violations === 0) cycle.announcements.say('debug', 'No anomalies detected');
  const isWhole = chosen.length === decided.flat().length && judged.every((each) => each.isWhole);
  cycle.decided = isWhole && !cycle.situations.isPartial ? 'all' : 'some';
}

/**
 * As many as one cycle may write: what lets a row end or come back costs nobody attention and goes first, then the worst and
 * oldest of what is new, then what only records the past. The decisions about one family stay together, for the later builds on the earlier.
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

/** What is only a record of the past has waited already; a question to operators has not. */
function urgencyOf(decisions: readonly Decision[]): number {
  const each = decisions.map((decision) => {
    if (decision.kind === 'open' || decision.kind === 'escalate') return priorityOf(decision.proposal.band.severity);
    return RECORDS.includes(decision.kind) ? 0 : priorityOf('critical') + 1;
  });
  return Math.max(...each);
}

const RECORDS: readonly Decision['kind'][] = ['record', 'extend', 'correct'];

function sinceOf(decisions: readonly Decision[]): number {
  return Math.min(...decisions.map((decision) => ('proposal' in decision ? decision.proposal.firstDetectedAt : 0)));
}

/** A signal whose sensor cannot be trusted proves no cause: what it said beside the peak is left out. */
function credible(proposal: Proposal, distrust: Distrust): Proposal {
  const { equipmentId, peak } = proposal;
  const trusted = <T>(said: ReadonlyMap<string, T>) => new Map([...said].filter(([signal]) => distrust(equipmentId, signal) === undefined));
  return { ...proposal, peak: { ...peak, signals: trusted(peak.signals), trends: trusted(peak.trends) } };
}

/** Why the rules have nothing to do with a row any more; undefined where they have. */
function orphaned({ settings: { rules, rulesHash } }: Cycle, row: OpenRecommendation): string | undefined {
  if (isTerminal(row.status) || row.status === 'executing') return undefined;
  const family = familyFor(rules, row.equipmentId, row.issueFamily);
  if (!family) return `the rules no longer have the family '${row.issueFamily}'`;
  if (isOfOtherSignal(row, family, rules, rulesHash))
    return `the family '${row.issueFamily}' is about ${family.signal} now, and this is not`;
  // The other side of a limit, or within a wider one: what it advises was asked for by rules that are no longer there.
  const isStillOne = row.rulesHash === rulesHash || bandFor(family, row.peakValue) !== undefined;
  return isStillOne ? undefined : `by the rules as they are now ${row.peakValue} is no violation`;
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
