import { AgentError } from '../domain/errors.ts';
import type { SchemaReport } from '../ports/schema-store.ts';

/** Tables that are not up to date, as every command that looks at them says it. */
export function schemaFailure({ state, problems, remedy }: SchemaReport): AgentError {
  return new AgentError('not_set_up', `the tables are ${state.replaceAll('_', ' ')}: ${problems.join('; ')}`, remedy);
}
