import { type Decision, decideSituation } from './decide-recommendations.ts';
import type { DetectedState, Detection, KnownFamily } from './detection.ts';
import type { Instant } from './instant.ts';
import { knownFamilies } from './known-families.ts';
import { type Authorship, type Proposal, recommendationOf } from './proposal.ts';
import type { OpenRecommendation } from './recommendation.ts';
import { activeFamilies, familyFor, type RuleBook } from './rule-book.ts';
import type { Severity } from './severity.ts';
import { isTerminal } from './transitions.ts';
import type { DetectionWindow } from './window.ts';

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

/** No reading is later: the replayed slice is the only range that is read. */
const END_OF_TIME = Date.UTC(9999, 11, 31);

function keyOf(equipmentId: string, familyId: string): string {
  return JSON.stringify([equipmentId, familyId]);
}

/**
 * Past readings, slice by slice, through the decisions of a cycle that catches up. Nobody decides anything, so every recommendation stays
 * open until its condition clears, and nothing is quiet.
 */
export class Replay {
  readonly #rules: RuleBook;
  readonly #author: Omit<Authorship, 'now'>;
  readonly #newest = new Map<string, OpenRecommendation>();
  readonly #episodes = new Map<string, Episode>();

  /** `author` says by which rules and in whose name. */
  constructor(author: Omit<Authorship, 'now'>) {
    this.#rules = author.rules;
    this.#author = author;
  }

  /** Oldest first. */
  get episodes(): readonly Episode[] {
    return [...this.#episodes.values()].toSorted((a, b) => a.openedAt - b.openedAt);
  }

  /** What to ask the source about the readings later than `from` and up to `to`; the delays look further back. */
  request(
    from: Instant,
    to: Instant,
  ): { readonly window: DetectionWindow; readonly rules: RuleBook; readonly known: readonly KnownFamily[] } {
    const delays = activeFamilies(this.#rules).map(({ onDelaySeconds, offDelaySeconds }) => Math.max(onDelaySeconds, offDelaySeconds));
    const after = from - Math.max(0, ...delays) * 1000;
    const window = { watermark: from, live: { after: END_OF_TIME, upTo: to }, backlog: { after, upTo: to } };
    return { window, rules: this.#rules, known: knownFamilies(this.#rules, [...this.#newest.values()], after) };
  }

  /** Decides about what the source answered. The slices must come in order. */
  take(detection: Detection, to: Instant): void {
    for (const state of detection.states.filter(({ part }) => part === 'backlog')) {
      const family = familyFor(this.#rules, state.equipmentId, state.familyId);
      if (!family) continue;
      const newest = this.#newest.get(keyOf(state.equipmentId, state.familyId));
      const open = newest && !isTerminal(newest.status) ? newest : undefined;
      const situation = { equipmentId: state.equipmentId, family, live: undefined, backlog: state, newest, open };
      const context = { now: to, maxAgeSeconds: 0, controls: [], backlogUpTo: to };
      for (const decision of decideSituation(situation, context)) this.#apply(decision, state, to);
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
      // Nobody approves, defers or shelves anything here.
      case 'cancel':
      case 'resume':
        break;
    }
  }

  #open(proposal: Proposal, status: 'pending' | 'withdrawn', state: DetectedState, now: Instant): void {
    const row = recommendationOf(proposal, status, { ...this.#author, now }, new Map());
    this.#newest.set(keyOf(row.equipmentId, row.issueFamily), row);
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

  #escalate(row: OpenRecommendation, { band, peak, accountedTo }: Proposal): void {
    const { ruleId, severity } = band;
    const changed = { ruleId, severity, peakValue: peak.value, lastAccountedTimestamp: accountedTo };
    this.#newest.set(keyOf(row.equipmentId, row.issueFamily), { ...row, ...changed });
    this.#change(row.recommendationId, (episode) => ({ ruleId, severity, peak: peak.value, escalations: episode.escalations + 1 }));
  }

  #end(row: OpenRecommendation, accountedTo: Instant, state: DetectedState): void {
    this.#newest.set(keyOf(row.equipmentId, row.issueFamily), { ...row, status: 'withdrawn', lastAccountedTimestamp: accountedTo });
    this.#change(row.recommendationId, () => ({ endedAt: state.clear?.since ?? accountedTo }));
  }

  #countRuns({ equipmentId, familyId, recentRuns }: DetectedState): void {
    const newest = this.#newest.get(keyOf(equipmentId, familyId));
    if (newest)
      this.#change(newest.recommendationId, ({ mostRunsAMinute }) => ({ mostRunsAMinute: Math.max(mostRunsAMinute, recentRuns) }));
  }

  #change(recommendationId: string, change: (episode: Episode) => Partial<Episode>): void {
    const episode = this.#episodes.get(recommendationId);
    if (episode) this.#episodes.set(recommendationId, { ...episode, ...change(episode) });
  }
}
