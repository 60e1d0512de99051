import { setTimeout as pause } from 'node:timers/promises';
import { AgentError } from '../../domain/errors.ts';
import type { Log } from '../../ports/log.ts';
import type { Failure } from './failure.ts';

/** Seconds between two looks at a warehouse that starts; the last one again and again. */
const DELAYS = [2, 4, 8, 16, 30] as const;
const LONGEST_DELAY = 30;

/** How long one statement waits for a warehouse that starts, and whether it tries a refused credential again. */
export class Patience {
  readonly #wakeSeconds: number;
  readonly #signal: AbortSignal | undefined;
  readonly #log: Log | undefined;
  #waits = 0;
  #until: number | undefined;
  #hasRenewed = false;

  constructor(wakeSeconds: number, { signal, log }: { readonly signal?: AbortSignal | undefined; readonly log?: Log | undefined }) {
    this.#wakeSeconds = wakeSeconds;
    this.#signal = signal;
    this.#log = log;
  }

  /** Returns when it is time for another try. @throws what the failure comes to, when there is to be none */
  async with(failure: Failure, renewsItself: boolean): Promise<void> {
    switch (failure.kind) {
      case 'final':
      case 'unknown_outcome':
        throw failure.error;
      case 'refused':
        if (!renewsItself || this.#hasRenewed) throw failure.error;
        this.#hasRenewed = true;
        return;
      case 'session_gone':
      case 'waking':
        await this.#waitFor(failure.error);
    }
  }

  async #waitFor(error: AgentError): Promise<void> {
    const now = performance.now();
    if (this.#until === undefined) this.#log?.info(`The warehouse is starting: waiting up to ${this.#wakeSeconds} s for it`);
    this.#until ??= now + this.#wakeSeconds * 1000;
    const left = this.#until - now;
    if (left <= 0) throw stillAway(this.#wakeSeconds, error);
    const delay = Math.min((DELAYS[this.#waits] ?? LONGEST_DELAY) * 1000, left);
    this.#waits += 1;
    // Whoever is asked to stop waits for nothing, and tells what the last try came to.
    try {
      await pause(delay, undefined, this.#signal ? { signal: this.#signal } : {});
    } catch {
      throw error;
    }
  }
}

/** Not one for another try: the tries of the usual kind would take as long again. */
function stillAway(seconds: number, cause: AgentError): AgentError {
  const remedy = 'see in the workspace whether it starts, or raise store.wakeSeconds';
  return new AgentError('store_unavailable', `the warehouse did not start within ${seconds} s (${cause.message})`, remedy, cause);
}
