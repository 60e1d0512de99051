import { describeKeys } from '../config/describe.ts';
import { didYouMean } from '../config/nearest.ts';
import { AgentError } from '../domain/errors.ts';
import type { GlobalOptions } from './global-options.ts';

/**
 * The configuration keys that the command line sets. `--set` comes first, so that the flags made for one key win.
 * @throws AgentError usage for a `--set` that is not key=value, or names no single value of the configuration.
 */
export function flagsOf(globals: GlobalOptions): Record<string, string | undefined> {
  return {
    ...Object.fromEntries((globals.set ?? []).map(assignmentOf)),
    ...given('agent.id', globals.agentId),
    ...given('store.path', globals.storePath),
    ...given('logging.format', globals.logFormat),
    ...given('logging.level', globals.logLevel),
  };
}

function given(key: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [key]: value };
}

/** What a name says beyond a key's path; nothing where it is not below it. */
function partAfter(path: string, name: string): string {
  return name.startsWith(path) ? name.slice(path.length) : '';
}

function assignmentOf(text: string): [string, string] {
  const at = text.indexOf('=');
  const name = text.slice(0, at).trim();
  if (at < 1) throw new AgentError('usage', `--set '${text}' is not key=value`, 'for instance --set poll.intervalSeconds=5');
  const keys = describeKeys();
  // What is inside a list or a map has no key of its own: it is set with the whole of it.
  const key = keys.find(({ path, environment }) => path === name || (environment === null && /^[.[]/.test(partAfter(path, name))));
  if (key === undefined) {
    const paths = keys.map((known) => known.path);
    throw new AgentError('usage', `--set: unknown key '${name}'${didYouMean(name, paths)}`, 'ops-agent config show lists the keys');
  }
  if (key.environment === null)
    throw new AgentError(
      'usage',
      `--set: ${key.path} is a ${key.type}, which only the configuration file can hold`,
      'set it in ops-agent.yaml',
    );
  return [name, text.slice(at + 1)];
}
