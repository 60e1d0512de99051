import type { Instant } from '../domain/instant.ts';

/** What the plant says about one tag. `good` is false for every quality that must not be acted on, see domain/quality.ts. */
export interface TagReading {
  readonly tag: string;
  readonly value: number | null;
  readonly good: boolean;
  /** The plant's own word, for instance `Good`, `Bad_NotFound`. */
  readonly quality: string;
  /** When the plant took it, on the plant's clock; null where the plant does not say. */
  readonly at: Instant | null;
}

export interface WriteRequest {
  /** Lets a plant that can remember refuse a second write of one command. */
  readonly commandId: string;
  readonly tag: string;
  readonly value: number;
  /** After this moment the plant must not act on the request any more. */
  readonly notAfter: Instant;
  /** `id:hmac` over the three above and the command's id (writeText in domain/command.ts); null where there is no signing key. */
  readonly signature: string | null;
}

/**
 * How a write ended, by what is certain.
 * - `written`: the plant confirmed it with a good quality (writeKindOf in domain/quality.ts); the caller still reads back.
 * - `refused`: the plant said no and changed nothing.
 * - `not_sent`: nothing left this process; sending later is safe.
 * - `ambiguous`: it may or may not have happened; it is never sent again.
 */
export type WriteOutcome =
  | { readonly kind: 'written'; readonly quality: string }
  | { readonly kind: 'refused'; readonly quality: string; readonly reason: string }
  | { readonly kind: 'not_sent'; readonly reason: string }
  | { readonly kind: 'ambiguous'; /** Where the plant gave an answer. */ readonly quality?: string; readonly reason: string };

/** One write that a simulated plant received, whether it acted on it or not. */
export interface ReceivedWrite {
  readonly at: Instant;
  readonly commandId: string;
  readonly tag: string;
  readonly value: number;
  /** False where the plant refused it: unknown, read-only, out of range, expired. */
  readonly accepted: boolean;
}

/** A way of acting on equipment. Calls give up after the plant's configured timeout. */
export interface Plant {
  readonly kind: 'simulator' | 'advisory';
  /** One line for the log's start and for `config show`. */
  readonly description: string;
  /** False for a plant that only advises: the agent then makes no commands at all. */
  readonly acts: boolean;
  /**
   * One reading per tag, in the order asked; an unknown tag has a bad quality, it does not throw.
   * @throws AgentError plant_unavailable when the plant does not answer.
   */
  read(tags: readonly string[]): Promise<readonly TagReading[]>;
  /** Never throws for an answer of the plant; never repeats a request by itself. */
  write(request: WriteRequest): Promise<WriteOutcome>;
  close(): Promise<void>;
}
