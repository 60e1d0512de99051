import type { Instant } from '../domain/instant.ts';

/**
 * The store's clock between two statements: what it said once, plus a duration measured by the host. The host's own
 * idea of the time never matters.
 */
export class CycleClock {
  readonly #said: Instant;
  readonly #askedAt: number;
  readonly #answeredAt: number;
  readonly #monotonic: () => number;

  /** `askedAt` and `answeredAt` are the monotonic times around the statement that said `said`. */
  constructor(said: Instant, askedAt: number, answeredAt: number, monotonic: () => number) {
    this.#said = said;
    this.#askedAt = askedAt;
    this.#answeredAt = answeredAt;
    this.#monotonic = monotonic;
  }

  /** Never ahead of the store's clock: for what is stored. */
  now(): Instant {
    return Math.round(this.#said + this.#monotonic() - this.#answeredAt);
  }

  /** Never behind the store's clock: for deadlines. */
  latest(): Instant {
    return Math.round(this.#said + this.#monotonic() - this.#askedAt);
  }
}
