import type { Command } from 'commander';

import { countOption, durationOption } from '../option-values.ts';
import type { HealthOptions } from '../commands/health.ts';
import type { LoopOptions } from '../commands/loop.ts';
import type { RunOnceOptions } from '../commands/run-once.ts';
import type { SetupOptions } from '../commands/setup.ts';
import type { JsonOption } from '../json-option.ts';
import { defineDoctor } from './doctor.ts';
import { documented, type Launch } from './launch.ts';

const OTHERS_TABLES = '2  usage or configuration; the tables belong to another agent';
const UNFIT_TABLES = '8  not set up, or the tables are older than this version needs, or too new for it';
const EXIT_ON_STDIN_END = 'stop as on SIGTERM when stdin ends: for a parent that holds its other end, and may be killed';

/** What a scheduler or an engineer runs. */
export function defineRunning(program: Command, launch: Launch): void {
  defineSetup(program, launch);
  defineRunOnce(program, launch);
  defineLoop(program, launch);
  defineStatus(program, launch);
  defineHealth(program, launch);
  defineDoctor(program, launch);
}

function defineSetup(program: Command, launch: Launch): void {
  const setup = program
    .command('setup')
    .description('create or migrate the tables; running it again changes nothing')
    .option('--sample-data', 'insert the five sample readings, never twice')
    .option('--print-sql', 'print the statements and touch nothing')
    .option('--roles', 'with --print-sql, of a SQL warehouse: the grants for three roles as well')
    .option('--agent-role <principal>', 'with --roles: who the agent logs in as (default: ops_agents)')
    .option('--operator-role <principal>', 'with --roles: who decides (default: ops_operators)')
    .option('--reader-role <principal>', 'with --roles: who only looks (default: ops_readers)')
    .option('--check', 'change nothing, say what is missing or behind')
    .option('--take-over', 'make the tables of another agent id this one')
    .action((options: SetupOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/setup.ts')).run(context, options)),
    );
  documented(setup, {
    examples: [
      'ops-agent setup --sample-data',
      'ops-agent setup --print-sql > ops-agent.sql',
      'ops-agent setup --print-sql --roles > ops-agent.sql',
      'ops-agent setup --check',
    ],
    exits: [
      '0  done, or up to date',
      `${OTHERS_TABLES}; --take-over of a signed audit without its key`,
      '4  the login, or a right that is missing',
      '6  the store does not answer',
      '8  --check: missing, behind or drifted; a view or a column of another type is where a table should be; the tables are too new',
    ],
  });
}

function defineRunOnce(program: Command, launch: Launch): void {
  const runOnce = program
    .command('run-once')
    .description('run one cycle: detect, recommend, approve, execute, verify')
    .option('--json', 'print the report of the cycle as JSON')
    .option('--wait <duration>', 'wait this long for another cycle to end, for instance 130s')
    .option('--run-id <id>', 'who runs it; the same id takes up its own unfinished cycle')
    .option('--exit-zero-on-partial', 'exit 0 although a command or a phase failed')
    .option('--exit-on-stdin-end', EXIT_ON_STDIN_END)
    .option('--take-over', 'make the tables of another agent id this one')
    .action((options: RunOnceOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/run-once.ts')).run(context, options), { graceful: true }),
    );
  documented(runOnce, {
    examples: ['ops-agent run-once', 'ops-agent run-once --wait 130s --json', 'ops-agent run-once --log-level debug'],
    exits: [
      '0  done, nothing to do, or another cycle holds the lease',
      OTHERS_TABLES,
      '4  it ended recommendations whose tickets no key of this agent signed; the rest of the cycle was done',
      '6  store or plant unavailable',
      '7  a command failed, or it is not known what became of it',
      UNFIT_TABLES,
      '130/143  ended by SIGINT / SIGTERM, or 143 by --exit-on-stdin-end',
    ],
  });
}

function defineLoop(program: Command, launch: Launch): void {
  const loop = program
    .command('loop')
    .description('run cycles until a signal, --max-cycles or --for')
    .option(
      '--interval <duration>',
      'from the start of one cycle to the next, for instance 5s (default: poll.intervalSeconds, 10)',
      durationOption('--interval'),
    )
    .option('--max-cycles <n>', 'end after so many cycles', countOption('--max-cycles', 1_000_000_000))
    .option('--for <duration>', 'end after this time, for instance 55m')
    .option('--exit-on-stdin-end', EXIT_ON_STDIN_END)
    .option('--take-over', 'make the tables of another agent id this one')
    .action((options: LoopOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/loop.ts')).run(context, options), { graceful: true }),
    );
  documented(loop, {
    examples: ['ops-agent loop', 'ops-agent loop --interval 5s --log-format json', 'ops-agent loop --for 55m'],
    exits: [
      '0  ended by --max-cycles or --for, or because nobody reads its log any more',
      OTHERS_TABLES,
      '6  the store cannot be reached when it starts',
      UNFIT_TABLES,
      '130/143  ended by SIGINT / SIGTERM, or 143 by --exit-on-stdin-end',
    ],
  });
}

function defineStatus(program: Command, launch: Launch): void {
  const status = program
    .command('status')
    .description('print the status report and the figures of the queue')
    .option('--json', 'print one JSON object')
    .action((options: JsonOption, command: Command) =>
      launch(command, async (context) => (await import('../commands/status.ts')).run(context, options)),
    );
  documented(status, {
    examples: ['ops-agent status', 'ops-agent status --json'],
    exits: ['0  printed, whatever it says', '8  not set up'],
  });
}

function defineHealth(program: Command, launch: Launch): void {
  const health = program
    .command('health')
    .description('say whether the agent lives, sees its feed and can detect')
    .option(
      '--max-age <duration>',
      'how old a heartbeat may be that did not promise the next one for later, for instance 5m (default: 30s)',
      durationOption('--max-age'),
    )
    .option('--json', 'print one JSON object')
    .action((options: HealthOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/health.ts')).run(context, options)),
    );
  documented(health, {
    examples: ['ops-agent health', 'ops-agent health --max-age 2m --json'],
    exits: [
      '0  healthy, also where notifications were tried in vain: a warning says so',
      '8  unhealthy (the reasons are printed) or not set up',
    ],
  });
}
