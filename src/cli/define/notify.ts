import type { Command } from 'commander';

import type { NotifyTestOptions } from '../commands/notify.ts';
import { repeated } from '../option-values.ts';
import { documented, type Launch } from './launch.ts';

/** Who is told of what happens. */
export function defineNotify(program: Command, launch: Launch): void {
  const notify = program.command('notify').description('tell people of what happens: by webhook, Slack, Teams and e-mail');
  documented(notify, { examples: ['ops-agent notify test'] });
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
}
