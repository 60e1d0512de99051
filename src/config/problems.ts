import type * as z from 'zod';

import { AgentError } from '../domain/errors.ts';
import { describeKeys } from './describe.ts';
import { knownKeysAt } from './json-schema.ts';
import { nearest } from './nearest.ts';
import { pathText, valueAt, type Path } from './paths.ts';

/** What is wrong with the value at a path. */
export interface Problem {
  readonly path: Path;
  readonly text: string;
}

/** What is wrong outside the tree of keys, with where it is already in words. */
export interface LooseProblem {
  readonly where: string;
  readonly text: string;
  /** The file's line, to sort by; without one it comes last. */
  readonly line?: number;
}

/** As messages name the file: the one that is taken unasked, and what there is without any. */
export const DEFAULT_FILE = 'ops-agent.yaml';
export const NO_FILE = 'the configuration';

const EXPECTED: Readonly<Record<string, string>> = {
  object: 'a section of keys',
  record: 'a map of keys',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

/** With what every variable of ours begins. */
const ENVIRONMENT_PREFIX = 'OPS_AGENT_';

/** More are no more help: it is another file, or they have one cause. */
const MOST_SHOWN = 20;

/** One error for all problems, in the file's order: one line for one, a heading with their number and a line each for several. */
export function problemsError(file: string, problems: readonly LooseProblem[], check = 'ops-agent config check'): AgentError {
  const sorted = problems.toSorted((a, b) => (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER));
  const lines = sorted.map((problem) => (problem.where === '' ? problem.text : `${problem.where}: ${problem.text}`));
  // Whoever is sent to the file for what the environment holds looks there in vain.
  const isOutside = problems.every(({ where }) => where.startsWith(ENVIRONMENT_PREFIX));
  const place = isOutside ? 'the environment' : file;
  const [only] = lines;
  const one = isOutside ? only : `${file}: ${only ?? ''}`;
  const told = lines.length > MOST_SHOWN ? [...lines.slice(0, MOST_SHOWN), `and ${lines.length - MOST_SHOWN} more`] : lines;
  const message = lines.length === 1 && one !== undefined ? one : `${lines.length} problems in ${place}:\n  ${told.join('\n  ')}`;
  return new AgentError('usage', message, `correct ${lines.length === 1 ? 'it' : 'them'} and check with: ${check}${fileFlag(file)}`);
}

/** Without it another file would be checked than the one with the problems; the default one is found by itself. */
function fileFlag(file: string): string {
  if (file === DEFAULT_FILE || file === NO_FILE) return '';
  return ` -c ${/^[\w./~-]+$/.test(file) ? file : `'${file.replaceAll("'", String.raw`'\''`)}'`}`;
}

/** The schema's findings in our words; `input` is what was checked. */
export function schemaProblems(issues: readonly z.core.$ZodIssue[], input: unknown): Problem[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, text: issueText(issue, valueAt(input, issue.path)) }];
    return issue.keys.map((key) => ({ path: [...issue.path, key], text: unknownKeyText(issue.path, key) }));
  });
}

/** First a sibling, then the same key elsewhere: `intervalSeconds` at the top most probably is `poll.intervalSeconds`. */
function unknownKeyText(section: Path, key: string): string {
  const siblings = knownKeysAt(section);
  const elsewhere = describeKeys().find((known) => known.path.endsWith(`.${key}`))?.path;
  const suggestion = nearest(key, siblings) ?? elsewhere;
  return suggestion === undefined ? `unknown key; known here: ${siblings.join(', ')}` : `unknown key, did you mean '${suggestion}'?`;
}

function issueText(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return value === undefined ? 'is missing' : `must be ${EXPECTED[issue.expected] ?? issue.expected}, is ${shown(value)}`;
    case 'invalid_value': {
      const near = typeof value === 'string' ? nearest(value, issue.values.map(String)) : undefined;
      if (value === undefined) return `is missing: one of ${issue.values.join(', ')}`;
      return `must be one of ${issue.values.join(', ')}, is ${shown(value)}${near === undefined ? '' : `, did you mean '${near}'?`}`;
    }
    case 'too_small':
      return sizeText(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum, value);
    case 'too_big':
      return sizeText(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum, value);
    case 'invalid_format':
      return `${issue.message}; it is ${shown(value)}`;
    case 'invalid_key':
      return issue.issues[0]?.message ?? issue.message;
    case 'invalid_union':
      return issue.message === 'Invalid input'
        ? `must be ${unionText(issue.errors)}, is ${shown(value)}`
        : `${issue.message}, is ${shown(value)}`;
    default:
      return issue.message;
  }
}

/** The alternatives of a value that fits none of them: a name or a list of names, or a text or null. */
function unionText(alternatives: readonly (readonly z.core.$ZodIssue[])[]): string {
  const takesList = alternatives.flat().some((issue) => issue.code === 'invalid_type' && issue.expected === 'array');
  return takesList ? 'text or a list of texts' : 'text or null';
}

function sizeText(origin: string, comparison: string, bound: number | bigint, value: unknown): string {
  if (origin === 'array') return `must have ${comparison} ${bound} ${bound === 1 ? 'entry' : 'entries'}`;
  if (origin === 'string') return bound === 1 ? 'must not be empty' : `must have ${comparison} ${bound} characters`;
  return `must be ${comparison} ${bound}, is ${shown(value)}`;
}

function shown(value: unknown): string {
  if (value === null) return 'empty';
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 60)}…` : value}'`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : 'a section';
}

/** `path (line L, column C)`, `path (flag)` or the variable's name: where the value with the problem was given. */
export function whereText(path: Path, given: { readonly origin: string; readonly place: string }): string {
  return given.origin === 'environment' ? given.place : `${pathText(path)}${given.place === '' ? '' : ` (${given.place})`}`;
}
