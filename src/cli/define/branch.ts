import type { Command } from 'commander';

import type { Branch } from '../completion-scripts.ts';

/** The tree of commands as plain data: what the scripts for shells are made of. */
export function branchOf(command: Command): Branch {
  const flags = command.createHelp().visibleOptions(command);
  return {
    name: command.name(),
    description: command.description(),
    options: flags.flatMap((option) => (option.long === undefined ? [] : [{ flag: option.long, description: option.description }])),
    branches: command.commands.map(branchOf),
  };
}
