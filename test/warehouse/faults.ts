import { EventEmitter, once } from 'node:events';

/** How an answer goes wrong. `reason`: what a header says of it. `cut`: half of it comes, then the socket ends; with its length announced, or chunked. */
export type BadAnswer =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number; readonly reason?: string }
  | { readonly kind: 'drop' }
  | { readonly kind: 'cut'; readonly framing: 'length' | 'chunked' };

export type Fault =
  /** Spark never sees the statement. */
  | { readonly kind: 'before'; readonly answer: BadAnswer }
  /** Spark has executed it; nobody learns what came of it. */
  | { readonly kind: 'after'; readonly answer: BadAnswer }
  | { readonly kind: 'delay'; readonly ms: number }
  /** It waits until the last of the `times` that meet this is there; then all go on: what each was decided by, was before any of them. */
  | { readonly kind: 'together' }
  /** The session's handle is no longer valid, for this statement and all that follow. */
  | { readonly kind: 'expired session' }
  /** Spark never sees the statement, which fails as one does that loses against another writer. */
  | { readonly kind: 'beaten' }
  /** The same as one does whose sender lacks a privilege. */
  | { readonly kind: 'not granted' }
  /** The statement's time is not limited, whatever the session or the request say. */
  | { readonly kind: 'no time limit' }
  /** The answer is the operation's handle, at once; the client asks for the rest. */
  | { readonly kind: 'handle first' }
  /** The answer is the operation's handle, and whoever asks what becomes of it is told this; the operation goes on. */
  | { readonly kind: 'while polled'; readonly answer: BadAnswer };

export interface ArmedFault {
  /** A regular expression, case-insensitive, that the statement matches. */
  readonly sql: string;
  /** The first of the matching statements that meets it, counted from 1 (the default) since it was armed. */
  readonly nth?: number;
  /** How many in a row meet it, 1 by default. */
  readonly times?: number;
  readonly fault: Fault;
}

interface Armed extends ArmedFault {
  matched: number;
  met: number;
  /** When all that meet it are there, or it was taken away. */
  readonly complete: Promise<void>;
  readonly letGo: () => void;
}

/** What a statement meets, and when all of those are there that meet it together. */
export type Met = Fault & { readonly complete: Promise<void> };

function armedAs(asked: ArmedFault): Armed {
  const going = new EventEmitter();
  const complete = once(going, 'all').then(() => undefined);
  return { ...asked, matched: 0, met: 0, complete, letGo: () => void going.emit('all') };
}

export class Faults {
  #armed: Armed[] = [];

  /** @returns a number to ask for how often it was met */
  arm(armed: ArmedFault): number {
    this.#armed.push(armedAs(armed));
    return this.#armed.length - 1;
  }

  met(armed: number): number {
    return this.#armed[armed]?.met ?? 0;
  }

  clear(): void {
    for (const { letGo } of this.#armed) letGo();
    this.#armed = [];
  }

  /** Those that this statement meets. */
  meet(sql: string): readonly Met[] {
    return this.#armed.flatMap((armed) => {
      if (!new RegExp(armed.sql, 'is').test(sql)) return [];
      const { nth = 1, times = 1 } = armed;
      armed.matched += 1;
      if (armed.matched < nth || armed.matched >= nth + times) return [];
      armed.met += 1;
      if (armed.met === times) armed.letGo();
      return [{ ...armed.fault, complete: armed.complete }];
    });
  }
}
