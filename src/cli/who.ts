import { userInfo } from 'node:os';

import { AgentError } from '../domain/errors.ts';
import { actorOf, nameOf, personKey } from '../domain/person.ts';
import { canAsk } from './prompt.ts';

/** A column of 100 characters holds it. */
const LONGEST_NAME = 100;

/** The login that runs this process. Containers may run under an id without a name. */
export function loginName(env: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    return env['USER'] ?? env['LOGNAME'] ?? `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

/** Who decides: as they named themselves, and the way they came, which they cannot choose. */
export interface Person {
  readonly by: string;
  readonly via: string;
  /** For the audit. */
  readonly actor: string;
}

/**
 * `task` is what the agent itself cannot do.
 * @throws AgentError usage where nobody was named and there is no terminal; unauthorised for the agent's own name:
 * an approval must come from a person.
 */
export function personOf(
  options: { readonly by?: string },
  agentId: string,
  env: NodeJS.ProcessEnv,
  task = 'decide about its own recommendations',
): Person {
  const login = loginName(env);
  // A name that a terminal shows as another one; nobody types them.
  if (/\p{Cc}/u.test(options.by ?? ''))
    throw new AgentError('usage', '--by has control characters, which no name has', 'for instance --by operator_john');
  const by = nameOf(options.by ?? (canAsk() ? login : ''));
  if (options.by === undefined && by === '')
    throw new AgentError('usage', 'it is not known who decides', 'name the operator with --by, for instance --by operator_john');
  if (by === '' || by.length > LONGEST_NAME)
    throw new AgentError('usage', `--by must be a name of 1 to ${LONGEST_NAME} characters`, 'for instance --by operator_john');
  if (personKey(by) === personKey(agentId))
    throw new AgentError('unauthorised', `the agent ${agentId} cannot ${task}`, 'name the operator with --by');
  const via = `cli:${login}`;
  return { by, via, actor: actorOf(by, via) };
}
