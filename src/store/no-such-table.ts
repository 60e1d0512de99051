import { AgentError } from '../domain/errors.ts';

/** A statement names a table or view that is not there. */
export class NoSuchTableError extends AgentError {
  constructor(message: string, cause?: unknown) {
    super('not_set_up', message, 'run: ops-agent setup', cause);
    this.name = 'NoSuchTableError';
  }
}
