import type { Command } from 'commander';

import type { WorkOrdersOptions } from '../commands/work-orders.ts';
import { countOption, repeated } from '../option-values.ts';
import { documented, type Launch } from './launch.ts';

const MAX_ROWS = 100_000;

/** What technicians have to do. */
export function defineWorkOrders(program: Command, launch: Launch): void {
  const list = program
    .command('work-orders')
    .description('list work orders: what has not ended first, then the newest')
    .option('--status <status>', 'only these; may be repeated', repeated)
    .option('--equipment <id>', 'only of this equipment')
    .option('--limit <n>', 'at most so many (default: 50)', countOption('--limit', MAX_ROWS))
    .option('--json', 'print a JSON array')
    .action((options: WorkOrdersOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/work-orders.ts')).run(context, options)),
    );
  documented(list, { examples: ['ops-agent work-orders', 'ops-agent work-orders --status open --equipment REACTOR_02 --json'] });
}
