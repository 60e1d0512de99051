import type { Command } from 'commander';

import type { OutcomesOptions } from '../commands/outcomes.ts';
import { documented, type Launch } from './launch.ts';

/** Whether what was carried out was seen to help. */
export function defineOutcomes(program: Command, launch: Launch): void {
  const outcomes = program
    .command('outcomes')
    .description('how often each action was seen to help, by rule, action and cause, beside the confidence that its rule gives')
    .option('--since <time>', 'judged since then: how long ago (default: 90d) or an ISO time with its zone')
    .option('--json', 'print a JSON array')
    .action((options: OutcomesOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/outcomes.ts')).run(context, options)),
    );
  documented(outcomes, { examples: ['ops-agent outcomes', 'ops-agent outcomes --since 365d --json'] });
}
