import type { Command } from 'commander';

import type { JsonOption } from '../json-option.ts';
import { documented, type Launch } from './launch.ts';

/** What is between the agent and a working loop. */
export function defineDoctor(program: Command, launch: Launch): void {
  const doctor = program
    .command('doctor')
    .summary('look at everything that a working loop needs: a table of checks with remedies')
    .description(
      'look at everything that a working loop needs: a table of checks with remedies\n\nConfiguration, store, rights, clocks, readings, plant, orders, lease, heartbeat, warehouse, versions. It changes nothing. A warehouse that is stopped is started by it, as by every command that asks it.',
    )
    .option('--json', 'print one JSON object')
    .action((options: JsonOption, command: Command) =>
      launch(command, async (context) => (await import('../commands/doctor.ts')).run(context, options)),
    );
  documented(doctor, {
    examples: ['ops-agent doctor', 'ops-agent doctor --config plant-3.yaml', 'ops-agent doctor --json > doctor.json'],
    exits: [
      '0  nothing failed (there may be warnings, and checks that were skipped)',
      '2  the configuration does not load: nothing else could be looked at',
      '6  store, source or plant cannot be reached, or refuse the login',
      '8  something is not set up, not allowed or unhealthy',
      'Of several failures the least code counts.',
    ],
  });
}
