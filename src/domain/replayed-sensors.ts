import type { Instant } from './instant.ts';
import { decideSensor, type Disbelief, disbeliefBy, type Distrust, distrustBy } from './sensor-faults.ts';
import { type SensorFaultRules, type SensorKey, sensorKeyOf, type SensorState } from './sensor-states.ts';
import { isEnded, type OpenedFor, type WorkOrder } from './work-order.ts';

/** One work order about a sensor as it would have been. */
export interface SensorEpisode {
  readonly equipmentId: string;
  readonly signal: string;
  readonly fault: string;
  readonly openedAt: Instant;
  /** Null: the sensor was still faulty at the end. */
  readonly endedAt: Instant | null;
}

export interface ReplayedSensorRules {
  readonly agentId: string;
  readonly rules: SensorFaultRules;
  /** The signals that the source has, WHOLE_ROW among them where it means something. */
  readonly signals: readonly string[];
}

/** Nobody renames what is only replayed. */
const NOBODY: OpenedFor = new Map();

/** The work orders of past readings, slice by slice. Nobody touches them, so each stays open until its sensor is good. */
export class ReplayedSensors {
  readonly #rules: ReplayedSensorRules;
  /** Newest last. */
  readonly #orders = new Map<string, WorkOrder[]>();

  constructor(rules: ReplayedSensorRules) {
    this.#rules = rules;
  }

  /** Sensors whose state is wanted although nothing is wrong with them. */
  get known(): readonly SensorKey[] {
    return this.#newest().filter((order) => !isEnded(order));
  }

  get distrust(): Distrust {
    return distrustBy(this.#newest());
  }

  get disbelief(): Disbelief {
    return disbeliefBy(this.#newest());
  }

  /** Oldest first. */
  get episodes(): readonly SensorEpisode[] {
    return [...this.#orders.values()]
      .flat()
      .map(({ equipmentId, signal, fault, createdTimestamp, completedTimestamp }) => {
        return { equipmentId, signal, fault, openedAt: createdTimestamp, endedAt: completedTimestamp };
      })
      .toSorted((a, b) => a.openedAt - b.openedAt);
  }

  #newest(): readonly WorkOrder[] {
    return [...this.#orders.values()].flatMap((orders) => orders.at(-1) ?? []);
  }

  take(states: readonly SensorState[], newestGoodAt: Instant | null, now: Instant): void {
    const { agentId, rules, signals } = this.#rules;
    const context = { now, rules, controls: [], holdSeconds: 0, newestGoodAt, signals, agentId, openedFor: NOBODY, newestOrderAt: null };
    for (const state of states) {
      const { equipmentId, signal } = state;
      const orders = this.#orders.get(sensorKeyOf(state)) ?? [];
      const newest = orders.at(-1);
      const open = newest && !isEnded(newest) ? newest : undefined;
      const decision = decideSensor({ equipmentId, signal, state, newest, open }, context);
      if (decision?.kind === 'open') this.#orders.set(sensorKeyOf(state), [...orders, decision.order]);
      else if (decision && open) {
        // The readings of a sensor that stood still were each good: when it moves, it is over.
        const goodFrom = open.fault === 'stuck' || open.fault === 'drop_out' ? now : (state.good?.since ?? now);
        const ended = { status: 'closed', guardedStatus: 'closed', completedTimestamp: Math.max(open.createdTimestamp, goodFrom) };
        const changed = decision.kind === 'update' ? { fault: decision.fault } : ended;
        this.#orders.set(sensorKeyOf(state), [...orders.slice(0, -1), { ...open, ...changed }]);
      }
    }
  }
}
