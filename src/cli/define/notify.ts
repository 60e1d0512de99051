import type { Command } from 'commander';

import type { NotifyListOptions, NotifyTestOptions } from '../commands/notify.ts';
import { LIMIT, repeated } from '../option-values.ts';
import { documented, type Launch } from './launch.ts';

/** Who is told of what happens. */
export function defineNotify(program: Command, launch: Launch): void {
  const notify = program.command('notify').description('tell people of what happens: by webhook, Slack, Teams and e-mail');
  documented(notify, { examples: ['ops-agent notify test', 'ops-agent notify list'] });
  const test = notify
    .command('test')
    .description('tell channels that they are being tested, and say which of them took it')
    .option('--channel <name>', 'this channel alone; may be repeated', repeated)
    .option('--json', 'print a JSON array')
    .action((options: NotifyTestOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/notify.ts')).test(context, options)),
    );
  documented(test, {
    examples: ['ops-agent notify test', 'ops-agent notify test --channel shift-slack'],
    exits: ['0  every channel took it', '2  no such channel', '6  a channel did not take it; the reason is printed'],
  });
  const list = notify
    .command('list')
    .description('list notifications, what is not delivered first')
    .option('--status <status>', 'with this status: pending, sending, delivered, given_up, superseded; may be repeated', repeated)
    .option(...LIMIT)
    .option('--json', 'print a JSON array')
    .action((options: NotifyListOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/notify.ts')).list(context, options)),
    );
  documented(list, { examples: ['ops-agent notify list', 'ops-agent notify list --status given_up --json'] });
}
