import type { Control } from './control.ts';
import type { DetectedState } from './detection.ts';
import type { Instant } from './instant.ts';
import type { Proposal } from './proposal.ts';
import type { FamilyHistory, OpenRecommendation } from './recommendation.ts';
import type { IssueFamily } from './rules.ts';
import type { Disbelief, Distrust } from './sensor-faults.ts';

/** What the readings older than the newest row say, by the part that they are of. */
export type EarlierStates = Partial<Readonly<Record<DetectedState['part'], DetectedState>>>;

/** Everything known about one (equipment, family) in one cycle. */
export interface Situation {
  readonly equipmentId: string;
  readonly family: IssueFamily;
  /** Of these three nothing is older than the newest row's first violation. */
  readonly live: DetectedState | undefined;
  readonly backlog: DetectedState | undefined;
  /** What came in after its time was dealt with; older than the two others. */
  readonly late?: DetectedState | undefined;
  readonly earlier?: EarlierStates;
  readonly newest: FamilyHistory | undefined;
  /** All of the family's rows that account for readings of lately. */
  readonly rows: readonly FamilyHistory[];
  /** The newest row in full where it is open. */
  readonly open: OpenRecommendation | undefined;
}

/** What ends because something worse takes its place: up to when its own violations were seen. */
export interface Superseded {
  readonly row: OpenRecommendation;
  readonly accountedTo: Instant;
}

export type Decision =
  | { readonly kind: 'open'; readonly proposal: Proposal; readonly supersedes: Superseded | null }
  | { readonly kind: 'record'; readonly proposal: Proposal }
  | { readonly kind: 'escalate'; readonly row: OpenRecommendation; readonly proposal: Proposal }
  /** The row's episode lasted longer than it says. */
  | { readonly kind: 'extend'; readonly row: FamilyHistory; readonly from: Instant; readonly upTo: Instant }
  /** The withdrawn row's episode was worse than it says. */
  | { readonly kind: 'correct'; readonly row: FamilyHistory; readonly proposal: Proposal }
  | { readonly kind: 'withdraw'; readonly row: OpenRecommendation; readonly reason: string; readonly accountedTo: Instant }
  | { readonly kind: 'cancel'; readonly row: OpenRecommendation; readonly reason: string; readonly accountedTo: Instant }
  | { readonly kind: 'resume'; readonly row: OpenRecommendation; readonly reason: string };

export interface Decided {
  readonly decisions: readonly Decision[];
  /** False where violations were left for the next cycle, which must see them again: they are judged by what the row is then. */
  readonly isWhole: boolean;
}

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
