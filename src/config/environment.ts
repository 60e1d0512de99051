import { parseKeyRing, SIGNING_KEY_VARIABLE } from '../domain/key-ring.ts';
import { type ConfigKey, describeKeys } from './describe.ts';
import { environmentNameOf, isKnownOther, isOurs, nearestName } from './environment-names.ts';
import type { LooseProblem } from './problems.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentValues {
  /** Dotted path → value of the key's type; text that is no such value stays text, for the schema to refuse. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly problems: readonly LooseProblem[];
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * The configuration's keys that the environment sets. An empty variable counts as not set, because many schedulers
 * cannot leave one out. One of ours that names no key is a problem: a misspelt limit must not pass in silence.
 */
export function readEnvironment(env: Environment): EnvironmentValues {
  const keys = describeKeys();
  const byName = new Map(keys.map((key) => [environmentNameOf(key.path), key]));
  const values = new Map<string, unknown>();
  const problems: LooseProblem[] = [];
  for (const [name, text] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!isOurs(name) || isKnownOther(name) || text === undefined || text === '') continue;
    const key = byName.get(name);
    if (key === undefined) problems.push({ where: name, text: unknownName(name, keys) });
    else if (key.environment === null)
      problems.push({ where: name, text: `${key.path} is a ${key.type}, which only the configuration file can hold` });
    else values.set(key.path, parseScalar(key, text));
  }
  const signing = parseKeyRing(env[SIGNING_KEY_VARIABLE]);
  if ('problem' in signing) problems.push({ where: SIGNING_KEY_VARIABLE, text: signing.problem });
  return { values, problems };
}

// The value is not repeated: a misspelt secret would be printed.
function unknownName(name: string, keys: readonly ConfigKey[]): string {
  const names = keys.flatMap((key) => key.environment ?? []);
  const near = nearestName(name, names);
  return `is no variable of ops-agent${near === undefined ? '; ops-agent config show lists them' : `, did you mean '${near}'?`}`;
}

/** A text from outside (environment, flag) as a value of the key's type. */
export function parseScalar(key: ConfigKey, text: string): unknown {
  const trimmed = text.trim();
  if (key.nullable && trimmed === 'null') return null;
  if ((key.type === 'number' || key.type === 'whole number') && NUMBER.test(trimmed)) return Number(trimmed);
  if (key.type === 'boolean' && (trimmed === 'true' || trimmed === 'false')) return trimmed === 'true';
  return text;
}
