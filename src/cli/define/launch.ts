import type { Command } from 'commander';

import type { CliContext } from '../context.ts';

export interface LaunchOptions {
  /** The command itself ends what it has in hand when interrupted; any other is left at once. */
  readonly graceful?: boolean;
}

/** Runs a command's work with a context of its own, and closes that. The number is the exit code. */
export type Launch = (command: Command, work: (context: CliContext) => Promise<number>, options?: LaunchOptions) => Promise<void>;

export interface Documentation {
  /** Command lines without the `$ `; at least one, each may end with `  # comment`. */
  readonly examples: readonly string[];
  /** Exit codes that mean something special here: `8  not up to date`. */
  readonly exits?: readonly string[];
}

/** Puts examples and exit codes at the end of a command's help. */
export function documented(command: Command, { examples, exits = [] }: Documentation): Command {
  const lines = ['', 'Examples:', ...examples.map((example) => `  $ ${example}`)];
  if (exits.length > 0) lines.push('', 'Exit codes:', ...exits.map((exit) => `  ${exit}`));
  return command.addHelpText('after', lines.join('\n'));
}
