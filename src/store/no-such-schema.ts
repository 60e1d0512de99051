import { AgentError } from '../domain/errors.ts';

/** A statement, or the session itself, is about a schema or a catalog that is not there. */
export class NoSuchSchemaError extends AgentError {
  override readonly name = 'NoSuchSchemaError';
}
