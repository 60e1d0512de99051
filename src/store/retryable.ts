import { AgentError } from '../domain/errors.ts';

/** A failure that another try may mend: busy, lost connection, a conflict of transactions. */
export class RetryableError extends AgentError {
  constructor(message: string, cause?: unknown, remedy = 'try again in a moment') {
    super('store_unavailable', message, remedy, cause);
    this.name = 'RetryableError';
  }
}

/** Another writer came first, and nothing was written: what a statement knew may be no longer so. */
export class ConflictError extends RetryableError {
  constructor(cause?: unknown) {
    super('another writer changed the same rows first', cause);
    this.name = 'ConflictError';
  }
}
