import { accountedSpans } from './accounted-spans.ts';
import { decideSituation } from './decide-recommendations.ts';
import type { DetectedState, Detection } from './detection.ts';
import { type DetectionRequest, lookBackSeconds } from './detection-request.ts';
import { addSeconds, type Instant } from './instant.ts';
import { knownFamilies } from './known-families.ts';
import { type Authorship, type Proposal, recommendationOf } from './proposal.ts';
import type { OpenRecommendation } from './recommendation.ts';
import { type ReplayedSensorRules, ReplayedSensors } from './replayed-sensors.ts';
import { activeFamilies, familyFor, familyKey, type RuleBook } from './rule-book.ts';
import type { Severity } from './severity.ts';
import type { Decision } from './situation.ts';
import { isTerminal } from './transitions.ts';

/** One recommendation as it would have been: opened by its first violation, ended by the first clear reading. */
export interface Episode {
  readonly recommendationId: string;
  readonly equipmentId: string;
  readonly familyId: string;
  /** Of the worst band that it reached. */
  readonly ruleId: string;
  readonly severity: Severity;
  readonly peak: number;
  readonly openedAt: Instant;
  /** Null: it was still on at the end. */
  readonly endedAt: Instant | null;
  readonly escalations: number;
  /** Most separate runs of violations that began within one minute. */
  readonly mostRunsAMinute: number;
}

/** What a replay has to know beside the readings. */
export interface ReplayRules extends ReplayedSensorRules {
  readonly author: Omit<Authorship, 'now'>;
  readonly maxAgeSeconds: number;
}

/**
 * Past readings, slice by slice, through the decisions of a cycle at each slice's end. Nobody decides anything, so every recommendation
 * stays open until its condition clears, and nothing is quiet.
 */
export class Replay {
  readonly sensors: ReplayedSensors;
  readonly #settings: ReplayRules;
  readonly #newest = new Map<string, OpenRecommendation>();
  /** Every row that may account for what is read again. */
  #rows = new Map<string, OpenRecommendation>();
  readonly #episodes = new Map<string, Episode>();

  constructor(settings: ReplayRules) {
    this.#settings = settings;
    this.sensors = new ReplayedSensors(settings);
  }

  get #rules(): RuleBook {
    return this.#settings.author.rules;
  }

  /** Oldest first. */
  get episodes(): readonly Episode[] {
    return [...this.#episodes.values()].toSorted((a, b) => a.openedAt - b.openedAt);
  }

  /** What to ask the source about the readings later than `from` and up to `to`; the delays look further back. */
  request(from: Instant, to: Instant): DetectionRequest {
    const { rules: sensorFaults } = this.#settings;
    const delays = activeFamilies(this.#rules).map(({ onDelaySeconds, offDelaySeconds }) => Math.max(onDelaySeconds, offDelaySeconds));
    // A feed may be slow: what a cycle sees of it, a slice must see too.
    const after = addSeconds(from, -Math.max(this.#settings.maxAgeSeconds, lookBackSeconds(this.#rules, sensorFaults), ...delays));
    this.#rows = new Map([...this.#rows].filter(([, row]) => !isTerminal(row.status) || row.lastAccountedTimestamp > after));
    return {
      window: { watermark: from, live: { after, upTo: to }, backlog: null },
      rules: this.#rules,
      known: knownFamilies(this.#rules, [...this.#newest.values()], after, to),
      accounted: accountedSpans(this.#rules, [...this.#rows.values()], { oldest: after, now: to }),
      sensors: { rules: sensorFaults, known: this.sensors.known },
      isPast: true,
    };
  }

  /** Decides about what the source answered. The slices must come in order. */
  take(detection: Detection, to: Instant): void {
    this.sensors.take(detection.sensors, detection.totals.newestGoodAt, to);
    const { distrust, disbelief } = this.sensors;
    const { maxAgeSeconds } = this.#settings;
    const context = { now: to, maxAgeSeconds, controls: [], backlogUpTo: null, distrust, disbelief };
    for (const state of detection.states) {
      const family = familyFor(this.#rules, state.equipmentId, state.familyId);
      // A slice is read once, so that nothing comes late: what is older than a family's newest row is on record.
      if (!family || state.isEarlier) continue;
      const newest = this.#newest.get(familyKey(state.equipmentId, state.familyId));
      const open = newest && !isTerminal(newest.status) ? newest : undefined;
      const situation = { equipmentId: state.equipmentId, family, live: state, backlog: undefined, newest, open, rows: [] };
      for (const decision of decideSituation(situation, context).decisions) this.#apply(decision, state, to);
      this.#countRuns(state);
    }
  }

  #apply(decision: Decision, state: DetectedState, now: Instant): void {
    switch (decision.kind) {
      case 'open':
      case 'record':
        this.#open(decision.proposal, decision.kind === 'open' ? 'pending' : 'withdrawn', state, now);
        break;
      case 'escalate':
        this.#escalate(decision.row, decision.proposal);
        break;
      case 'withdraw':
        this.#end(decision.row, decision.accountedTo, state);
        break;
      // Nobody approves, defers or shelves anything here, and nothing comes late.
      case 'cancel':
      case 'resume':
      case 'extend':
      case 'correct':
        break;
    }
  }

  #open(proposal: Proposal, status: 'pending' | 'withdrawn', state: DetectedState, now: Instant): void {
    const row = recommendationOf(proposal, status, { ...this.#settings.author, now }, new Map());
    this.#keep(row);
    this.#episodes.set(row.recommendationId, {
      recommendationId: row.recommendationId,
      equipmentId: row.equipmentId,
      familyId: row.issueFamily,
      ruleId: row.ruleId,
      severity: row.severity,
      peak: row.peakValue,
      openedAt: row.firstDetectedTimestamp,
      endedAt: status === 'pending' ? null : (state.clear?.since ?? proposal.accountedTo),
      escalations: 0,
      mostRunsAMinute: 0,
    });
  }

  #keep(row: OpenRecommendation): void {
    this.#newest.set(familyKey(row.equipmentId, row.issueFamily), row);
    this.#rows.set(row.recommendationId, row);
  }

  #escalate(row: OpenRecommendation, { band, peak, accountedTo }: Proposal): void {
    const { ruleId, severity } = band;
    const changed = { ruleId, severity, peakValue: peak.value, lastAccountedTimestamp: accountedTo };
    this.#keep({ ...row, ...changed });
    this.#change(row.recommendationId, (episode) => ({ ruleId, severity, peak: peak.value, escalations: episode.escalations + 1 }));
  }

  #end(row: OpenRecommendation, accountedTo: Instant, state: DetectedState): void {
    this.#keep({ ...row, status: 'withdrawn', lastAccountedTimestamp: accountedTo });
    this.#change(row.recommendationId, () => ({ endedAt: state.clear?.since ?? accountedTo }));
  }

  #countRuns({ equipmentId, familyId, recentRuns }: DetectedState): void {
    const newest = this.#newest.get(familyKey(equipmentId, familyId));
    if (newest)
      this.#change(newest.recommendationId, ({ mostRunsAMinute }) => ({ mostRunsAMinute: Math.max(mostRunsAMinute, recentRuns) }));
  }

  #change(recommendationId: string, change: (episode: Episode) => Partial<Episode>): void {
    const episode = this.#episodes.get(recommendationId);
    if (episode) this.#episodes.set(recommendationId, { ...episode, ...change(episode) });
  }
}
