/** What went wrong, in the agent's own words. Each code has one exit code (src/cli/exit-codes.ts). */
export type ErrorCode =
  | 'bug' // a broken assumption of our own
  | 'usage' // flags, configuration, identifiers
  | 'not_found'
  | 'unauthorised'
  | 'conflict' // decided already, ambiguous, another owner of the moment
  | 'store_unavailable'
  | 'plant_unavailable'
  | 'not_set_up' // tables missing, behind, or made by a newer agent
  | 'unsound_audit' // the audit does not verify
  | 'not_audited' // done, because it must not wait for the audit, which could not be told
  | 'interrupted';

/**
 * The one error type that crosses a port. Adapters translate what their drivers throw; `message` says
 * what happened and `remedy` what to do about it, each one sentence without a full stop.
 */
export class AgentError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;

  constructor(code: ErrorCode, message: string, remedy = '', cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AgentError';
    this.code = code;
    this.remedy = remedy;
  }
}

/** Narrows anything thrown to an AgentError; what is not one is a bug of ours and keeps its stack as the cause. */
export function asAgentError(thrown: unknown): AgentError {
  if (thrown instanceof AgentError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AgentError('bug', message, 'report it with the output of --log-level debug', thrown);
}

/** Marks a branch that the types rule out. Throws when data from outside got past a check all the same. */
export function assertNever(value: never, what: string): never {
  throw new AgentError('bug', `unexpected ${what}: ${JSON.stringify(value)}`);
}
