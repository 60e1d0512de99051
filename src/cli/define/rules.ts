import type { Command } from 'commander';

import type { RulesTestOptions } from '../commands/rules.ts';
import { documented, type Launch } from './launch.ts';

export function defineRules(program: Command, launch: Launch): void {
  const rules = program.command('rules').description('try rules on readings of the past');
  documented(rules, { examples: ['ops-agent rules test --since 30d'] });
  const test = rules
    .command('test')
    .description('what the rules would have recommended: counts, floods, chattering; writes nothing')
    .requiredOption('--since <time>', 'where to begin: how long ago (30d) or an ISO time with its zone')
    .option('--until <time>', 'where to end (default: now)')
    .option(
      '--against <file>',
      "compare with another configuration file's rules, on the same readings: source.columns.signals must map their signals",
    )
    .option('--step <duration>', 'how far to go at a time, 1s to 1h (default: 60s); as small as the poll interval gives what a loop gives')
    .option('--episodes', 'list every recommendation')
    .option('--json', 'print one JSON object, with every recommendation')
    .action((options: RulesTestOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/rules.ts')).test(context, options)),
    );
  documented(test, {
    examples: ['ops-agent rules test --since 30d', 'ops-agent rules test --since 7d --against stricter.yaml'],
    exits: ['2  a configuration or a time is wrong', '6  the source does not answer'],
  });
}
