import type { Log } from '../ports/log.ts';
import type { Plant } from '../ports/plant.ts';
import type { Source } from '../ports/source.ts';
import type { CycleStore } from '../ports/cycle-store.ts';
import type { OwnedStore } from './take-over.ts';

/** Everything outside that a cycle touches. `monotonic` is in milliseconds and only measures durations. */
export interface CyclePorts {
  readonly store: CycleStore & OwnedStore;
  readonly source: Source;
  readonly plant: Plant;
  readonly log: Log;
  readonly monotonic: () => number;
}

export interface CycleOptions {
  readonly runId: string;
  /**
   * What tells the heartbeats of two processes apart that go on: a loop has one over all of its runs. Null for a run that stands
   * alone: it promises no other heartbeat.
   */
  readonly processId: string | null;
  /** How long to wait for another holder's lease; 0 skips at once. */
  readonly waitSeconds: number;
  /** When the next cycle is due after this one; for the heartbeat. */
  readonly nextDueInSeconds: number;
  /** Make these tables this agent's, whoever owns them. */
  readonly takeOver: boolean;
}
