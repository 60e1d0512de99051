import { readFileSync } from 'node:fs';
import path from 'node:path';

import { AgentError } from '../domain/errors.ts';
import { describeKeys } from './describe.ts';
import { environmentNameOf } from './environment-names.ts';
import { type Environment, parseScalar, readEnvironment } from './environment.ts';
import { codeOf, pathText, putAt, valueAt } from './paths.ts';
import { DEFAULT_FILE, type LooseProblem, NO_FILE, type Problem, whereText } from './problems.ts';
import { placeText, readYaml, type YamlFile } from './read-yaml.ts';

export type Origin = 'default' | 'file' | 'environment' | 'flag';

export interface ConfigInput {
  /** What `--config` named; relative to `cwd`. */
  readonly configPath?: string | undefined;
  readonly env: Environment;
  /** Absolute; relative paths of the configuration start here. */
  readonly cwd: string;
  /** Dotted path → value, from the command line; a text is read as the key's type. Undefined: the flag was not given. */
  readonly flags?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
}

/** File, environment and flags laid over each other, not checked yet. */
export interface Layers {
  /** The file as it was named, for messages. */
  readonly file: string;
  /** The file's absolute path, or '(defaults)'. */
  readonly origin: string;
  readonly value: unknown;
  readonly problems: readonly LooseProblem[];
  readonly originOf: (dottedPath: string) => Origin;
  /** The problem with its place in words. */
  readonly place: (problem: Problem) => LooseProblem;
}

const NO_ORIGIN = '(defaults)';

/** Reads all three layers; a later one wins. Throws AgentError 'usage' for a file that is missing or no YAML. */
export function readLayers(input: ConfigInput): Layers {
  const { file, origin, yaml } = readConfigFile(input);
  const environment = readEnvironment(input.env);
  const flags = flagValues(input.flags ?? {});
  const value = structuredClone(yaml.value);
  for (const [key, given] of [...environment.values, ...flags]) putAt(value, key, given);

  const originOf = (key: string): Origin => {
    if (flags.has(key)) return 'flag';
    if (environment.values.has(key)) return 'environment';
    return valueAt(yaml.value, key.split('.')) === undefined ? 'default' : 'file';
  };
  const place = (problem: Problem): LooseProblem => {
    const key = pathText(problem.path);
    const given = originOf(key);
    if (given === 'environment') return textAt(problem, given, environmentNameOf(key));
    if (given === 'flag') return textAt(problem, given, 'flag');
    const at = yaml.locate(problem.path);
    return { ...textAt(problem, given, at === undefined ? '' : placeText(at)), line: at?.line ?? 0 };
  };
  return { file, origin, value, problems: [...yaml.problems, ...environment.problems], originOf, place };
}

function textAt(problem: Problem, origin: Origin, place: string): LooseProblem {
  return { where: whereText(problem.path, { origin, place }), text: problem.text };
}

interface ConfigFile {
  readonly file: string;
  readonly origin: string;
  readonly yaml: YamlFile;
}

function readConfigFile(input: ConfigInput): ConfigFile {
  const fromEnvironment = input.env['OPS_AGENT_CONFIG'];
  const named = input.configPath ?? (fromEnvironment === '' ? undefined : fromEnvironment);
  const file = named ?? DEFAULT_FILE;
  const origin = path.resolve(input.cwd, file);
  const text = readText(origin, file, named !== undefined);
  if (text !== undefined) return { file, origin, yaml: readYaml(text, file) };
  return { file: NO_FILE, origin: NO_ORIGIN, yaml: { value: {}, locate: () => undefined, problems: [] } };
}

/** Undefined when there is no file and none was asked for. One that is there but cannot be read is never passed over. */
function readText(absolutePath: string, file: string, required: boolean): string | undefined {
  try {
    return readFileSync(absolutePath, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' && !required) return undefined;
    const what = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new AgentError('usage', `configuration file ${file} ${what}`, 'name a readable file with --config or OPS_AGENT_CONFIG', error);
  }
}

function flagValues(flags: NonNullable<ConfigInput['flags']>): ReadonlyMap<string, unknown> {
  const keys = new Map(describeKeys().map((key) => [key.path, key]));
  return new Map(
    Object.entries(flags).flatMap(([name, value]): [string, unknown][] => {
      if (value === undefined) return [];
      const key = keys.get(name);
      // Our own command line names the keys, so this is never the user's mistake.
      if (key === undefined || key.environment === null)
        throw new AgentError('bug', `a flag sets '${name}', which is no single value of the configuration`);
      return [[name, typeof value === 'string' ? parseScalar(key, value) : value]];
    }),
  );
}
