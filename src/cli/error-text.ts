import type { CommanderError } from 'commander';

import { asAgentError, type AgentError } from '../domain/errors.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { plain } from './output.ts';

/** A command line that cannot be read: its own spelling, because there the remedy belongs to the sentence. */
export class CommandLineError extends Error {
  readonly exitCode: number;

  constructor(error: CommanderError, commandPath: string) {
    super(usageText(error.message, commandPath));
    this.name = 'CommandLineError';
    // Help that was asked for is a result; help shown for want of a command is not.
    this.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
}

/** What commander says, as `what; remedy`. */
function usageText(message: string, commandPath: string): string {
  const [first = '', hint] = message.replace(/^error: /, '').split('\n');
  const what = first.replace(/\.$/, '').replace(/\. ([A-Z])/g, (_all, letter: string) => `: ${letter.toLowerCase()}`);
  const suggestion = /^\(Did you mean (one of )?(.+)\?\)$/.exec(hint ?? '');
  return `${what}; ${suggestion ? `did you mean ${suggestion[1] ?? ''}${suggestion[2]}?` : `see: ${commandPath} --help`}`;
}

/** A heading, and below it what it counts. */
const LIST = /:\n {2}/;

/** What to say on stderr about a failure, and the exit code. The stack is for whoever asked for `debug`. */
export function describeFailure(thrown: unknown, debug: boolean): { readonly text: string; readonly exitCode: number } {
  if (thrown instanceof CommandLineError) return { text: `ops-agent: ${thrown.message}`, exitCode: thrown.exitCode };
  const error = asAgentError(thrown);
  return { text: debug ? `${errorText(error)}\n${stackOf(error)}` : errorText(error), exitCode: exitCodeOf(error.code) };
}

/** One line; but of several problems, which whoever mends them goes through one by one, a heading, a line each, and the remedy. */
function errorText(error: AgentError): string {
  if (!LIST.test(error.message)) return `ops-agent: ${sentence(error)}`;
  return [`ops-agent: ${error.message.trim()}`, ...(error.remedy === '' ? [] : [capitalised(error.remedy)])].join('\n');
}

/** One line, what and then the remedy: several problems in one configuration too, so that a log has one entry. */
export function sentence(error: { readonly message: string; readonly remedy: string }): string {
  const what = error.message
    .trim()
    .replace(/\.$/, '')
    .replace(/:\s*\n\s*/, ': ')
    .replace(/\s*\n\s*/g, '; ');
  if (error.remedy === '') return what;
  return `${what}${what.endsWith('?') ? '' : '.'} ${capitalised(error.remedy)}`;
}

/** A remedy follows a full stop; one that begins with a command is left as it has to be typed. */
function capitalised(remedy: string): string {
  return /^ops-agent\b/.test(remedy) ? remedy : remedy.charAt(0).toUpperCase() + remedy.slice(1);
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${traceOf(error.cause)}` : '';
  return `${traceOf(error)}${cause}`;
}

/** The message on one line, since text from the store may be in it, and the places. */
function traceOf({ name, message, stack = '' }: Error): string {
  const places = stack.split('\n').filter((line) => /^ +at /.test(line));
  return [plain(`${name}: ${message}`), ...places].join('\n');
}
