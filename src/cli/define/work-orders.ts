import type { Command } from 'commander';

import type { WorkOrdersOptions } from '../commands/work-orders.ts';
import { ENDED_STATUSES } from '../../domain/work-order.ts';
import { LIMIT, repeated } from '../option-values.ts';
import { documented, type Launch } from './launch.ts';

/** What technicians have to do. */
export function defineWorkOrders(program: Command, launch: Launch): void {
  const list = program
    .command('work-orders')
    .description('list work orders: what has not ended first, then the newest')
    .option(
      '--status <text>',
      `only these, in any case; may be repeated. People write what they like: ${ENDED_STATUSES.join(', ')} mean that it has ended, anything else that it has not; the agent writes open and closed`,
      repeated,
    )
    .option('--equipment <id>', 'only of this equipment')
    .option(...LIMIT)
    .option('--json', 'print a JSON array')
    .action((options: WorkOrdersOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/work-orders.ts')).run(context, options)),
    );
  documented(list, { examples: ['ops-agent work-orders', 'ops-agent work-orders --status open --equipment REACTOR_02 --json'] });
}
