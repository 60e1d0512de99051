import type { AgentError } from '../../domain/errors.ts';
import type { RetryableError } from '../retryable.ts';

/** What a failure asks of the connection. */
export type Failure =
  /** The session is of no use any more; it says nothing about the warehouse. */
  | { readonly kind: 'session_gone'; readonly error: RetryableError }
  /** The warehouse starts, or is away for a while: for so many seconds, where it says that. */
  | { readonly kind: 'waking'; readonly error: RetryableError; readonly afterSeconds: number | null }
  /** The workspace takes no more requests, and says for how long. The statement was not executed, and the session goes on. */
  | { readonly kind: 'busy'; readonly error: RetryableError; readonly afterSeconds: number }
  /** The credential was not taken; it may have been replaced since. */
  | { readonly kind: 'refused'; readonly error: AgentError }
  /** Whether the statement had its effect is not known, and neither is whether the session still serves. */
  | { readonly kind: 'unknown_outcome'; readonly error: RetryableError }
  /** Told as it is; the session goes on. */
  | { readonly kind: 'final'; readonly error: AgentError };

/** What messages and remedies name. */
export interface Circumstances {
  /** `host:port`, or the host alone. */
  readonly address: string;
  readonly httpPath: string;
  /** Where the credential is from. */
  readonly credential: string;
  /** The statement, where one was sent. */
  readonly sql: string;
}
