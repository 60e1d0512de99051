/** Where a run is stopped: before or after its nth call to the store, or to the plant; counted from 1. */
export interface Interruption {
  readonly at: 'store' | 'plant';
  readonly nth: number;
  readonly when: 'before' | 'after';
  /** A run that dies never goes on; one that stalls does when it is told to. */
  readonly what: 'death' | 'stall';
}

export type RunState = 'running' | 'stalled' | 'dead' | 'ended';

/** Not gated: the kernel gives the lock back whatever the process does, and nothing of the store is touched. */
const UNGATED: readonly string[] = ['releaseLock', 'close'];

/** One process that runs one cycle. Every call that leaves it can be its last, or can take as long as the sequence wants. */
export class Run {
  readonly id: string;
  /** When its newest call was answered: what it knows is no newer. */
  answeredAt: number;
  /** When that call was begun: what the store or the plant said is no older. */
  askedAt: number;
  readonly #interruption: Interruption | null;
  readonly #now: () => number;
  readonly #counts = { store: 0, plant: 0 };
  #state: RunState = 'running';
  #wasStopped = false;
  #further = Number.POSITIVE_INFINITY;
  #goOn: () => void = () => {};
  #tellStopped: () => void = () => {};
  /** Settles when the run stalls or dies. */
  stopped: Promise<void>;

  constructor(id: string, interruption: Interruption | null, now: () => number) {
    this.id = id;
    this.answeredAt = now();
    this.askedAt = now();
    this.#interruption = interruption;
    this.#now = now;
    this.stopped = new Promise((resolve) => (this.#tellStopped = resolve));
  }

  get state(): RunState {
    return this.#state;
  }

  /** Whether it stalled on its way: then the world was another one when it went on. */
  get wasStopped(): boolean {
    return this.#wasStopped;
  }

  end(): void {
    this.#state = 'ended';
  }

  /** Lets a stalled run go on; before its next call but so many it stalls again. */
  goOn(further: number): void {
    this.#further = further;
    this.#state = 'running';
    this.stopped = new Promise((resolve) => (this.#tellStopped = resolve));
    this.#goOn();
  }

  /** One call of this run. `seen` hears of it at the moment at which it has its effect. */
  async call<T>(at: Interruption['at'], work: () => Promise<T>, seen: (result: T) => Promise<void>): Promise<T> {
    const askedAt = this.#now();
    this.#counts[at] += 1;
    const isIt = this.#interruption?.at === at && this.#counts[at] === this.#interruption.nth;
    if (isIt && this.#interruption?.when === 'before') await this.#interrupt(this.#interruption.what);
    this.#further -= 1;
    if (this.#further === 0) await this.#interrupt('stall');
    const result = await work();
    await seen(result);
    if (isIt && this.#interruption?.when === 'after') await this.#interrupt(this.#interruption.what);
    this.answeredAt = this.#now();
    this.askedAt = askedAt;
    return result;
  }

  /** What is dead settles no promise any more: not one line of the run's own code is executed after it, its error handling included. */
  #interrupt(what: Interruption['what']): Promise<void> {
    this.#state = what === 'death' ? 'dead' : 'stalled';
    this.#wasStopped = true;
    const waiting = new Promise<void>((resolve) => (this.#goOn = what === 'death' ? () => {} : resolve));
    this.#tellStopped();
    return waiting;
  }
}

/** The port, with every call of it a call of this run. */
export function gated<T extends object>(
  port: T,
  run: Run,
  seen: (method: string, args: readonly unknown[], result: unknown) => Promise<void>,
): T {
  return new Proxy(port, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const method = (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      if (UNGATED.includes(String(name))) return method;
      return (...args: unknown[]) =>
        run.call(
          'store',
          () => Promise.resolve(method(...args)),
          (result) => seen(String(name), args, result),
        );
    },
  });
}
