import type { Command } from 'commander';

import type { SessionListOptions, SessionOptions } from '../commands/session.ts';
import { LIMIT } from '../option-values.ts';
import { documented, type Launch } from './launch.ts';

const BY = ['--by <name>', 'who; on a terminal the login is the default'] as const;

/** Who is logged in. */
export function defineSession(program: Command, launch: Launch): void {
  const session = program.command('session').description('operators who are logged in; an approval can need it: policy.requireSession');
  documented(session, { examples: ['ops-agent session login --by operator_john', 'ops-agent session list'] });
  const login = session
    .command('login')
    .description('log an operator in; again: nothing changes')
    .option(...BY)
    .action((options: SessionOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/session.ts')).login(context, options)),
    );
  documented(login, { examples: ['ops-agent session login --by operator_john'], exits: ["4  the agent's own name"] });
  const logout = session
    .command('logout')
    .description('log an operator out, wherever they logged in')
    .option(...BY)
    .action((options: SessionOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/session.ts')).logout(context, options)),
    );
  documented(logout, { examples: ['ops-agent session logout --by operator_john'], exits: ['3  not logged in'] });
  const list = session
    .command('list')
    .description('list sessions, open ones first, with what was approved and rejected in them')
    .option(...LIMIT)
    .option('--json', 'print a JSON array')
    .action((options: SessionListOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/session.ts')).list(context, options)),
    );
  documented(list, { examples: ['ops-agent session list', 'ops-agent session list --json'] });
}
