import { AgentError } from '../domain/errors.ts';

/** A statement names a table or view that is not there: where its columns are asked for, that is an answer. */
export class NoSuchTableError extends AgentError {
  override readonly name = 'NoSuchTableError';
}
