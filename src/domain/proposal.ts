import { adviceOf } from './advice.ts';
import type { Peak } from './detection.ts';
import { recommendationIdOf } from './ids.ts';
import { type Instant, isoOf } from './instant.ts';
import type { LiveValues } from './live-values.ts';
import { type FamilyHistory, NO_DECISION, type OpenRecommendation, ticketOf } from './recommendation.ts';
import type { RuleBook } from './rule-book.ts';
import { resolveAction } from './resolve-action.ts';
import type { Band, IssueFamily, Signal } from './rules.ts';
import { priorityOf } from './severity.ts';
import { tagFor, type TagPolicy } from './tags.ts';
import { ticketHash, type Turn } from './ticket.ts';
import { causeWithHistory, triedBefore } from './tried-before.ts';

/** What detection asks an operator to consider, before the plant's live values are known. */
export interface Proposal {
  readonly equipmentId: string;
  readonly family: IssueFamily;
  readonly band: Band;
  readonly peak: Peak;
  readonly firstDetectedAt: Instant;
  readonly accountedTo: Instant;
  readonly predecessor: FamilyHistory | null;
  /** The family's newest row, where an episode is recorded beside it that is older: it becomes no link of the family's chain. */
  readonly beside?: FamilyHistory;
}

export interface Authorship {
  readonly agentId: string;
  readonly rulesHash: string;
  readonly rules: RuleBook;
  /** What may be written: a relative target is resolved within it. */
  readonly tags: TagPolicy;
  /** Executed recommendations that this very cycle finds to have been without effect: their rows do not say so yet. */
  readonly ineffective?: ReadonlySet<string>;
  readonly now: Instant;
}

export function tagsOf(proposal: Proposal, rules: RuleBook): readonly string[] {
  return adviceOf(rules, proposal).band.actions.map((action) => tagFor(action.tag, proposal.equipmentId));
}

/** The columns that a band and a peak decide: what creation and escalation write alike. `past`: what was written before, and whether
 * an earlier ticket of the recommendation turned. */
export function assessmentOf(
  proposal: Proposal,
  recommendationId: string,
  author: Authorship,
  live: LiveValues,
  past: { readonly tried?: string | null; readonly turn?: Turn | undefined } = {},
) {
  const { peak, equipmentId, family } = proposal;
  const { band, rootCause } = adviceOf(author.rules, proposal);
  const signals = new Map<Signal, number>(peak.signals).set(family.signal, peak.value);
  const actions = band.actions.map((template, index) =>
    resolveAction(template, index + 1, equipmentId, (tag) => live.get(tag), author.tags),
  );
  const ticket = ticketOf(
    { recommendationId, equipmentId, issueFamily: family.id, severity: band.severity, ruleId: band.ruleId },
    actions,
    { fourEyes: band.fourEyes, turn: past.turn && 'forth' },
  );
  return {
    issueType: band.issueType,
    severity: band.severity,
    priority: priorityOf(band.severity),
    ruleId: band.ruleId,
    rulesHash: author.rulesHash,
    temperatureReading: signals.get('temperature') ?? null,
    pressureReading: signals.get('pressure') ?? null,
    flowRateReading: signals.get('flow_rate') ?? null,
    peakValue: peak.value,
    rootCauseAnalysis: causeWithHistory(rootCause, past.tried ?? null),
    recommendedAction: band.recommendedAction,
    confidenceScore: band.confidence,
    actions,
    actionHash: ticketHash(ticket),
    ticket,
  };
}

interface Followed {
  /** The row whose write can be put back. */
  readonly id: string;
  readonly tried: string;
}

/**
 * The row that the new recommendation continues: one for which a value was, or may have been, written without success. Of a follow-up that
 * had nothing to write the one before it: what that wrote still stands.
 */
function followedBy(predecessor: FamilyHistory | null, { ineffective }: Authorship): Followed | null {
  if (!predecessor) return null;
  const { recommendationId, status, outcome, mayHaveWritten, followsRecommendationId } = predecessor;
  const id = mayHaveWritten ? recommendationId : followsRecommendationId;
  const isWithoutSuccess = status === 'failed' || outcome === 'ineffective' || ineffective?.has(recommendationId) === true;
  return id === null || !isWithoutSuccess ? null : { id, tried: triedBefore(predecessor, ineffective) };
}

/**
 * What the id is made from: the row before it, or for an episode beside the newest row that row, the episode's beginning and how bad it was.
 * What comes late may show that the very moment was worse than the record says.
 */
function placeInChain({ predecessor, beside, firstDetectedAt, band }: Proposal): string | null {
  return beside ? `${beside.recommendationId} ${isoOf(firstDetectedAt)} ${band.severity}` : (predecessor?.recommendationId ?? null);
}

/** The whole row for a proposal. `status` is 'withdrawn' for an episode that was over before it was seen. */
export function recommendationOf(
  proposal: Proposal,
  status: 'pending' | 'withdrawn',
  author: Authorship,
  live: LiveValues,
): OpenRecommendation {
  const predecessorId = proposal.predecessor?.recommendationId ?? null;
  const recommendationId = recommendationIdOf(proposal.equipmentId, proposal.family.id, placeInChain(proposal));
  const followed = followedBy(proposal.predecessor, author);
  // Newest-by-creation must name the chain's end even where two rows of a family are made in one cycle.
  const createdTimestamp = proposal.beside
    ? proposal.beside.createdTimestamp - 1
    : Math.max(author.now, (proposal.predecessor?.createdTimestamp ?? 0) + 1);
  return {
    recommendationId,
    equipmentId: proposal.equipmentId,
    issueFamily: proposal.family.id,
    ...assessmentOf(proposal, recommendationId, author, live, { tried: followed?.tried ?? null }),
    ...NO_DECISION,
    status,
    guardedStatus: status,
    createdByAgent: author.agentId,
    createdTimestamp,
    firstDetectedTimestamp: proposal.firstDetectedAt,
    lastAccountedTimestamp: proposal.accountedTo,
    quietUntil: null,
    escalatedTimestamp: null,
    predecessorId,
    followsRecommendationId: followed?.id ?? null,
    triedBefore: followed?.tried ?? null,
    revertRequestedBy: null,
    operatorNotes: null,
    expiresTimestamp: null,
    executedTimestamp: null,
    executionResult: null,
    outcome: null,
    verifiedTimestamp: null,
    updatedTimestamp: author.now,
    mayHaveWritten: false,
    chatteringTimestamp: null,
    lastDecision: null,
  };
}
