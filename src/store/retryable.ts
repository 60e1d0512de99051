import { AgentError } from '../domain/errors.ts';

/** A failure that another try may mend: busy, lost connection, a conflict of transactions. */
export class RetryableError extends AgentError {
  constructor(message: string, cause?: unknown) {
    super('store_unavailable', message, 'try again in a moment', cause);
    this.name = 'RetryableError';
  }
}
