import { type Command, Option } from 'commander';

import type { DecisionOptions } from '../decide.ts';
import type { ApproveOptions } from '../commands/approve.ts';
import type { CommandsOptions } from '../commands/commands.ts';
import type { DeferOptions } from '../commands/defer.ts';
import type { EventsOptions } from '../commands/events.ts';
import type { RecommendationsOptions } from '../commands/recommendations.ts';
import type { RejectOptions } from '../commands/reject.ts';
import type { JsonOption } from '../json-option.ts';
import { LIMIT, repeated } from '../option-values.ts';
import { documented, type Launch } from './launch.ts';
import { defineOutcomes } from './outcomes.ts';
import { defineWorkOrders } from './work-orders.ts';

const BY = ['--by <name>', 'who decides; on a terminal the login is the default'] as const;
const YES = ['-y, --yes', 'do not ask'] as const;
const DECISION_EXITS = ['3  no such recommendation', '4  not entitled', '5  decided already, changed, or the prefix is ambiguous'];

/** What an operator sees and decides. */
export function defineDeciding(program: Command, launch: Launch): void {
  defineRecommendations(program, launch);
  defineShow(program, launch);
  defineApprove(program, launch);
  defineReject(program, launch);
  defineDefer(program, launch);
  defineRevert(program, launch);
  defineCommands(program, launch);
  defineWorkOrders(program, launch);
  defineOutcomes(program, launch);
  defineEvents(program, launch);
}

function defineRecommendations(program: Command, launch: Launch): void {
  const list = program
    .command('recommendations')
    .description('list recommendations, open ones first, by priority then age; in a flood, grouped')
    .option('--status <status>', 'only these; may be repeated', repeated)
    .option('--equipment <id>', 'only of this equipment')
    .option(...LIMIT)
    .addOption(new Option('--group', 'one line per severity and issue, as in a flood').conflicts(['flat', 'json']))
    .addOption(new Option('--flat', 'every row, also in a flood'))
    .option('--json', 'print a JSON array')
    .action((options: RecommendationsOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/recommendations.ts')).run(context, options)),
    );
  documented(list, {
    examples: [
      'ops-agent recommendations',
      'ops-agent recommendations --status pending --equipment REACTOR_02',
      'ops-agent recommendations --group',
      'ops-agent recommendations --json',
    ],
  });
}

interface ShowCommandOptions extends JsonOption {
  readonly evidence?: boolean;
  readonly html?: string;
}

function defineShow(program: Command, launch: Launch): void {
  const show = program
    .command('show')
    .description('show one recommendation: readings, cause, actions, history')
    .argument('<id>', 'the id, or its first 4 characters or more')
    .option('--evidence', 'the whole proof on one page: readings, people, write, read-back, recovery, and what was checked')
    .addOption(new Option('--html <file>', 'write the evidence as one self-contained HTML page').conflicts('json'))
    .option('--json', 'print one JSON object')
    .action((id: string, options: ShowCommandOptions, command: Command) =>
      launch(command, async (context) => {
        // Nobody who names a file for the page wants anything else.
        if (options.evidence || options.html !== undefined)
          return (await import('../commands/show-evidence.ts')).run(context, { id, ...options });
        return (await import('../commands/show.ts')).run(context, { id, ...options });
      }),
    );
  documented(show, {
    examples: [
      'ops-agent show a1b2c3d4',
      'ops-agent show a1b2c3d4 --evidence',
      'ops-agent show a1b2c3d4 --html evidence.html  # implies --evidence',
      'ops-agent show a1b2c3d4 --evidence --json',
    ],
    exits: ['2  the page cannot be written there', '3  no such recommendation', '5  the prefix is ambiguous'],
  });
}

function defineApprove(program: Command, launch: Launch): void {
  const approve = program
    .command('approve')
    .description('approve exactly the actions that are shown')
    .argument('<id>', 'the id, or its first 4 characters or more')
    .option(...BY)
    .option('--seen <hash>', 'the action_hash that was seen: refused if it has changed since')
    .option('--json', 'print one JSON object')
    .option(...YES)
    .action((id: string, options: Omit<ApproveOptions, 'id'>, command: Command) =>
      launch(command, async (context) => (await import('../commands/approve.ts')).run(context, { id, ...options })),
    );
  documented(approve, {
    examples: [
      'ops-agent approve a1b2c3d4',
      'ops-agent approve a1b2c3d4 --by operator_john --yes',
      'ops-agent approve a1b2c3d4 --by operator_jane  # the second of two, where two people must agree',
    ],
    exits: [
      '3  no such recommendation',
      '4  not entitled: the agent, the first of two approvers again, or somebody who would have to be logged in',
      '5  decided already, changed, the prefix is ambiguous, or the next cycle would end the ticket as unsigned',
    ],
  });
}

function defineReject(program: Command, launch: Launch): void {
  const reject = program
    .command('reject')
    .description('reject a recommendation, with the reason')
    .argument('<id>', 'the id, or its first 4 characters or more')
    .option('--reason <text>', 'why; required')
    .option(...BY)
    .option(...YES)
    .action((id: string, options: Omit<RejectOptions, 'id'>, command: Command) =>
      launch(command, async (context) => (await import('../commands/reject.ts')).run(context, { id, ...options })),
    );
  documented(reject, {
    examples: ["ops-agent reject a1b2c3d4 --reason 'sensor is being calibrated' --by operator_john"],
    exits: DECISION_EXITS,
  });
}

function defineDefer(program: Command, launch: Launch): void {
  const defer = program
    .command('defer')
    .description('decide later: quiet until then, unless it gets worse')
    .argument('<id>', 'the id, or its first 4 characters or more')
    .option('--until <time>', 'ISO 8601 with its zone, for instance 2026-01-31T06:00:00Z')
    .option('--for <duration>', 'for instance 15m or 1h')
    .option('--reason <text>', 'why')
    .option(...BY)
    .option(...YES)
    .action((id: string, options: Omit<DeferOptions, 'id'>, command: Command) =>
      launch(command, async (context) => (await import('../commands/defer.ts')).run(context, { id, ...options })),
    );
  documented(defer, {
    examples: [
      'ops-agent defer a1b2c3d4 --for 1h',
      "ops-agent defer a1b2c3d4 --until 2026-01-31T06:00:00Z --reason 'next shift' --by operator_john",
    ],
    exits: DECISION_EXITS,
  });
}

function defineRevert(program: Command, launch: Launch): void {
  const revert = program
    .command('revert')
    .description('ask for a ticket that puts back what was written before; it needs an approval like every other')
    .argument('<id>', 'the follow-up: its id, or the first 4 characters or more')
    .option(...BY)
    .option(...YES)
    .action((id: string, options: Omit<DecisionOptions, 'id'>, command: Command) =>
      launch(command, async (context) => (await import('../commands/revert.ts')).run(context, { id, ...options })),
    );
  documented(revert, {
    examples: ['ops-agent revert a1b2c3d4 --by operator_john'],
    exits: [
      '3  no such recommendation',
      '4  not entitled',
      '5  decided already, follows nothing, no limit allows the way back, or the prefix is ambiguous',
    ],
  });
}

function defineCommands(program: Command, launch: Launch): void {
  const commands = program
    .command('commands')
    .description('list commands to the plant, newest first')
    .option('--status <status>', 'only these; may be repeated', repeated)
    .option('--recommendation <id>', 'only of this recommendation (id or prefix)')
    .option(...LIMIT)
    .option('--json', 'print a JSON array')
    .action((options: CommandsOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/commands.ts')).run(context, options)),
    );
  documented(commands, { examples: ['ops-agent commands', 'ops-agent commands --status failed --status unknown --json'] });
}

function defineEvents(program: Command, launch: Launch): void {
  const events = program
    .command('events')
    .description('list the audit trail, newest first')
    .option('--subject <id>', 'only about this: the id, or its beginning, of a recommendation, command or work order, or a name')
    .option(...LIMIT)
    .option('--json', 'print a JSON array')
    .action((options: EventsOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/events.ts')).run(context, options)),
    );
  documented(events, { examples: ['ops-agent events', 'ops-agent events --subject a1b2c3d4 --json'] });
}
