import type { ConditionState, DetectedState } from '../domain/detection.ts';
import { conditionOf } from '../domain/detection.ts';
import type { Draft } from '../domain/draft.ts';
import type { Instant } from '../domain/instant.ts';
import type { FamilyHistory, OpenRecommendation } from '../domain/recommendation.ts';
import { familyFor, familyKey, type RuleBook } from '../domain/rule-book.ts';
import type { EarlierStates, Situation } from '../domain/situation.ts';
import { isTerminal } from '../domain/transitions.ts';

interface FamilyKey {
  readonly equipmentId: string;
  readonly issueFamily: string;
}

function keyOf({ equipmentId, issueFamily }: FamilyKey): string {
  return familyKey(equipmentId, issueFamily);
}

/** What this cycle saw and what is on record, by (equipment, family). */
export class SituationIndex {
  readonly #rules: RuleBook;
  readonly #live = new Map<string, DetectedState>();
  readonly #backlog = new Map<string, DetectedState>();
  readonly #late = new Map<string, DetectedState>();
  readonly #earlier = new Map<string, EarlierStates>();
  readonly #rows: readonly FamilyHistory[];
  readonly #newest = new Map<string, FamilyHistory>();
  /** Families under which the store has the row of another one for their newest: which is theirs is not known before it is put back. */
  readonly #hidden = new Set<string>();

  constructor(rules: RuleBook, histories: readonly FamilyHistory[], draft: Draft, states: readonly DetectedState[]) {
    this.#rules = rules;
    // A row that this cycle has already settled counts as it will be.
    this.#rows = histories.map((history) => draft.row(history.recommendationId) ?? history);
    for (const [index, history] of histories.entries()) {
      const settled = this.#rows[index] ?? history;
      const key = keyOf(settled);
      if (key !== keyOf(history)) this.#hidden.add(keyOf(history));
      if ((this.#newest.get(key)?.createdTimestamp ?? 0) <= settled.createdTimestamp) this.#newest.set(key, settled);
    }
    // A family has one open row, which is its newest whatever somebody wrote into its time.
    for (const row of draft.rows) if (!isTerminal(row.status)) this.#newest.set(keyOf(row), row);
    for (const state of states) {
      const key = familyKey(state.equipmentId, state.familyId);
      if (state.isEarlier) {
        this.#earlier.set(key, { ...this.#earlier.get(key), [state.part]: state });
        continue;
      }
      const index = { live: this.#live, backlog: this.#backlog, late: this.#late }[state.part];
      index.set(key, state);
    }
  }

  liveOf(row: FamilyKey): DetectedState | undefined {
    return this.#live.get(keyOf(row));
  }

  /** What the readings from the family's newest row on say. */
  of(row: FamilyKey): Pick<Situation, 'live' | 'backlog' | 'late'> {
    return { live: this.#live.get(keyOf(row)), backlog: this.#backlog.get(keyOf(row)), late: this.#late.get(keyOf(row)) };
  }

  conditionOf(row: FamilyKey, now: Instant, maxAgeSeconds: number): ConditionState {
    const family = familyFor(this.#rules, row.equipmentId, row.issueFamily);
    return family ? conditionOf(this.liveOf(row), family, now, maxAgeSeconds) : 'unknown';
  }

  /** The newest row of each family. */
  get newest(): readonly FamilyHistory[] {
    return [...this.#newest.values()];
  }

  /** Every row that accounts for readings of lately. */
  get rows(): readonly FamilyHistory[] {
    return this.#rows;
  }

  /** Whether readings were left for the next cycle, which will know what they follow. */
  get isPartial(): boolean {
    return this.#hidden.size > 0;
  }

  /** Every (equipment, family) that was seen or has an open row, with what is known about it. */
  all(draft: Draft): readonly Situation[] {
    const open = new Map<string, OpenRecommendation>();
    for (const row of draft.rows) if (!isTerminal(row.status)) open.set(keyOf(row), row);
    const keys = new Set([...this.#live.keys(), ...this.#backlog.keys(), ...this.#late.keys(), ...this.#earlier.keys(), ...open.keys()]);
    const ofFamily = new Map<string, FamilyHistory[]>();
    for (const row of this.#rows) ofFamily.set(keyOf(row), [...(ofFamily.get(keyOf(row)) ?? []), row]);
    const situations: Situation[] = [];
    for (const key of keys) {
      const [equipmentId, familyId] = JSON.parse(key) as [string, string]; // written by familyKey
      const family = familyFor(this.#rules, equipmentId, familyId);
      if (!family || (this.#hidden.has(key) && !open.has(key))) continue;
      situations.push({
        equipmentId,
        family,
        live: this.#live.get(key),
        backlog: this.#backlog.get(key),
        late: this.#late.get(key),
        earlier: this.#earlier.get(key) ?? {},
        newest: this.#newest.get(key),
        rows: ofFamily.get(key) ?? [],
        open: open.get(key),
      });
    }
    return situations;
  }
}
