import type { Command } from 'commander';

import type { ClearControlOptions, SetControlOptions } from '../commands/control.ts';
import type { JsonOption } from '../json-option.ts';
import { documented, type Launch } from './launch.ts';

const SETTABLE = [
  [
    'advisory',
    'advisory',
    'stop every dispatch: the kill switch; recommendations go on',
    'ops-agent control advisory --by operator_john --reason drill',
  ],
  [
    'out-of-service',
    'out_of_service',
    'the equipment is not in use: nothing about it',
    'ops-agent control out-of-service --equipment PUMP_02 --by operator_john --reason overhaul',
  ],
  [
    'shelve',
    'shelved',
    'no recommendations for a while',
    "ops-agent control shelve --equipment 'REACTOR_*' --for 8h --by operator_john --reason start-up",
  ],
] as const;

/** Standing orders over the agent, and a look at the plant. */
export function defineControl(program: Command, launch: Launch): void {
  const control = program.command('control').description('standing orders: advisory (the kill switch), out of service, shelved');
  documented(control, {
    examples: [
      "ops-agent control advisory --by operator_john --reason 'line is being restarted'",
      'ops-agent control clear advisory --by operator_john',
    ],
  });
  for (const [name, kind, description, example] of SETTABLE) {
    const set = control
      .command(name)
      .description(description)
      .option('--equipment <pattern>', 'only this equipment; * stands for any characters (default: all)')
      .option('--by <name>', 'who orders it; on a terminal the login is the default')
      .option('--reason <text>', 'why; required')
      .option('--until <time>', 'ISO 8601 with its zone; without an end it lasts until it is cleared')
      .option('--for <duration>', 'for instance 8h')
      .action((options: SetControlOptions, command: Command) =>
        launch(command, async (context) => (await import('../commands/control.ts')).set(context, kind, options)),
      );
    const exits = kind === 'advisory' ? ['8  the order is in force, but the audit could not be told of it'] : [];
    documented(set, { examples: [example], exits });
  }
  defineClear(control, launch);
  defineList(control, launch);
  definePlant(program, launch);
}

function defineClear(control: Command, launch: Launch): void {
  const clear = control
    .command('clear')
    .description('lift an order')
    .argument('<kind>', 'advisory, out-of-service or shelve')
    .option('--equipment <pattern>', 'the pattern it was given with (default: all)')
    .option('--by <name>', 'who lifts it; on a terminal the login is the default')
    .action((kind: string, options: Omit<ClearControlOptions, 'kind'>, command: Command) =>
      launch(command, async (context) => (await import('../commands/control.ts')).clear(context, { kind, ...options })),
    );
  documented(clear, { examples: ['ops-agent control clear advisory --by operator_john'], exits: ['3  there is no such order'] });
}

function defineList(control: Command, launch: Launch): void {
  const list = control
    .command('list')
    .description('list the orders in force')
    .option('--json', 'print a JSON array')
    .action((options: JsonOption, command: Command) =>
      launch(command, async (context) => (await import('../commands/control.ts')).list(context, options)),
    );
  documented(list, { examples: ['ops-agent control list', 'ops-agent control list --json'] });
}

function definePlant(program: Command, launch: Launch): void {
  const plant = program.command('plant').description('look at the plant; writes nothing');
  documented(plant, { examples: ["ops-agent plant read '[default]REACTOR_02/ThroughputSetpoint'", 'ops-agent plant writes'] });
  const read = plant
    .command('read')
    .description('read tags: value, quality, time, limits')
    .argument('<tag...>', 'absolute tag paths')
    .option('--json', 'print a JSON array')
    .action((tags: readonly string[], options: JsonOption, command: Command) =>
      launch(command, async (context) => (await import('../commands/plant.ts')).read(context, { tags, ...options })),
    );
  documented(read, { examples: ["ops-agent plant read '[default]REACTOR_02/ThroughputSetpoint' '[default]REACTOR_02/Temperature'"] });
  const writes = plant
    .command('writes')
    .description('list every write that the simulated plant received, oldest first')
    .option('--json', 'print a JSON array')
    .action((options: JsonOption, command: Command) =>
      launch(command, async (context) => (await import('../commands/plant.ts')).writes(context, options)),
    );
  documented(writes, { examples: ['ops-agent plant writes', 'ops-agent plant writes --json'] });
}
