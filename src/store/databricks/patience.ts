import { setTimeout as pause } from 'node:timers/promises';
import { AgentError } from '../../domain/errors.ts';
import type { Log } from '../../ports/log.ts';
import type { Failure } from './failure.ts';

/** Seconds between two looks at a warehouse that starts; the last one again and again. */
const DELAYS = [2, 4, 8, 16, 30] as const;
const LONGEST_DELAY = 30;

/** How long one statement waits for a warehouse that starts or takes no more requests, and whether it tries a refused credential again. */
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
      case 'busy':
      case 'session_gone':
      case 'waking':
        await this.#waitFor(failure);
    }
  }

  async #waitFor(failure: Extract<Failure, { readonly kind: 'busy' | 'session_gone' | 'waking' }>): Promise<void> {
    const { kind, error } = failure;
    const now = performance.now();
    const up = `up to ${this.#wakeSeconds} s`;
    if (this.#until === undefined)
      this.#log?.info(
        kind === 'busy'
          ? `The workspace takes no more requests for now: waiting as long as it says, ${up}`
          : `The warehouse is starting: waiting ${up} for it`,
      );
    this.#until ??= now + this.#wakeSeconds * 1000;
    const left = this.#until - now;
    if (left <= 0) throw kind === 'busy' ? stillBusy(this.#wakeSeconds, error) : stillAway(this.#wakeSeconds, error);
    const asked = kind === 'session_gone' ? null : failure.afterSeconds;
    const delay = Math.min((asked ?? DELAYS[this.#waits] ?? LONGEST_DELAY) * 1000, left);
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

function stillBusy(seconds: number, cause: AgentError): AgentError {
  const remedy = 'see who else uses the workspace, or poll slower';
  return new AgentError('store_unavailable', `the workspace took no more requests for ${seconds} s (${cause.message})`, remedy, cause);
}
