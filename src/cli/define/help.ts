import type { Command } from 'commander';

import { documented } from './launch.ts';

/** `help session login` is `session login --help`; the library's own help command looks at the first word alone. */
export function defineHelp(program: Command): void {
  program.helpCommand(false);
  const help = program
    .command('help')
    .description('print help for a command')
    .argument('[command...]', 'its name, and that of the command under it')
    .action((names: readonly string[]) => {
      names.reduce(commandUnder, program).help();
    });
  documented(help, { examples: ['ops-agent help', 'ops-agent help session login'] });
}

/** Throws as an unknown command does where it is meant to run. */
function commandUnder(parent: Command, name: string): Command {
  return parent.commands.find((command) => command.name() === name) ?? parent.error(`error: unknown command '${name}'`);
}
