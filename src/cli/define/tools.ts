import { Argument, type Command } from 'commander';

import type { ConfigCheckOptions } from '../commands/config.ts';
import type { JsonOption } from '../json-option.ts';
import { SHELLS, type Shell } from '../completion-scripts.ts';
import { repeated } from '../option-values.ts';
import type { SimulateOptions } from '../simulate/simulate-options.ts';
import { branchOf } from './branch.ts';
import { documented, type Launch } from './launch.ts';
import { defineNotify } from './notify.ts';
import { defineRules } from './rules.ts';

/** Configuration, SQL, and what shows the agent at work. */
export function defineTools(program: Command, launch: Launch): void {
  defineConfig(program, launch);
  defineRules(program, launch);
  defineNotify(program, launch);
  defineSql(program, launch);
  defineDemo(program, launch);
  defineSimulate(program, launch);
  defineCompletion(program, launch);
}

function defineConfig(program: Command, launch: Launch): void {
  const config = program.command('config').description('check, show or describe the configuration');
  documented(config, { examples: ['ops-agent config check --connect', 'ops-agent config show'] });
  const check = config
    .command('check')
    .description('check the configuration whole, naming every problem with its line')
    .option('--connect', 'also ask the store, the source and the plant')
    .action((options: ConfigCheckOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/config.ts')).check(context, options)),
    );
  documented(check, {
    examples: ['ops-agent config check', 'ops-agent config check --config plant-3.yaml --connect'],
    exits: [
      '2  the configuration is wrong, or the source has no such table or columns',
      '6  --connect: no answer',
      '8  --connect: not set up',
    ],
  });
  const show = config
    .command('show')
    .description('list every key with its value in force and where it comes from')
    .option('--json', 'print a JSON array')
    .action((options: JsonOption, command: Command) =>
      launch(command, async (context) => (await import('../commands/config.ts')).show(context, options)),
    );
  documented(show, { examples: ['ops-agent config show', 'OPS_AGENT_POLL_INTERVAL_SECONDS=5 ops-agent config show --json'] });
  const schema = config
    .command('schema')
    .description("print the configuration's JSON Schema, for editors")
    .action((_options: unknown, command: Command) =>
      launch(command, async (context) => (await import('../commands/config.ts')).schema(context)),
    );
  documented(schema, { examples: ['ops-agent config schema > ops-agent.schema.json'] });
}

function defineSql(program: Command, launch: Launch): void {
  const sql = program
    .command('sql')
    .summary("run one statement, in the specification's spelling on every store")
    .description(
      "run one statement, in the specification's spelling on every store\n\nA number with more digits than JSON's readers keep is printed as text, bytes as 0x and their digits. Each column of a result needs a name of its own.",
    )
    .argument('<statement>', 'one SQL statement')
    .option('--json', 'print a JSON array of rows')
    .action((statement: string, options: JsonOption, command: Command) =>
      launch(command, async (context) => (await import('../commands/sql.ts')).run(context, { statement, ...options })),
    );
  documented(sql, {
    examples: [
      `ops-agent sql "SELECT recommendation_id, equipment_id, severity, status FROM agent_recommendations"`,
      `ops-agent sql "INSERT INTO sensor_data (sensor_id, equipment_id, temperature, timestamp) VALUES ('T1', 'REACTOR_02', 96.0, CURRENT_TIMESTAMP)"`,
    ],
  });
}

interface DemoOptions {
  readonly keep?: string;
}

function defineDemo(program: Command, launch: Launch): void {
  const demo = program
    .command('demo')
    .summary('the whole loop in seconds: a throw-away store, a simulated plant')
    .description(
      'the whole loop in seconds: a throw-away store, a simulated plant\n\nIt shows the agent as it is built: no configuration of yours has a part in it, from a file, options or the environment, and nothing is signed.',
    )
    .option('--keep <path>', 'keep the store at this path, to look at it afterwards')
    .action((options: DemoOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/demo.ts')).run(context, options), { graceful: true }),
    );
  documented(demo, {
    examples: ['ops-agent demo', 'ops-agent demo --keep demo.db'],
    exits: ['0  the action was seen to be effective', '7  it was not'],
  });
}

function defineSimulate(program: Command, launch: Launch): void {
  const simulate = program
    .command('simulate')
    .description('feed the store with the readings of a running plant')
    .option('--equipment <n>', 'how many pieces of equipment (default: 5)')
    .option('--rate <hz>', 'readings per second and equipment (default: 1)')
    .option(
      '--fault <kind@time[:equipment]>',
      'what breaks and when, may be repeated: cooling-loss, fouling, blocked-discharge, stuck-sensor, drop-out, stepping-sensor, out-of-range-sensor',
      repeated,
    )
    .option(
      '--arrival <kind[=share][@duration][:equipment]>',
      'how readings arrive, may be repeated: late=5%@120s, duplicate=2%, out-of-order=10%@30s, future=1%@1h, nan=1%, bad-quality=1%, batch@30s',
      repeated,
    )
    .option(
      '--seed <n>',
      'the same seed gives a new plant the same temperatures to start from and meets the same readings; noise follows the clock as well',
    )
    .option('--speed <n>', "how many times faster than the clock the plant's temperatures move")
    .option('--for <duration>', 'end after this time, for instance 10m')
    .option('--json', 'print the summary as one JSON object')
    .action((options: SimulateOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/simulate.ts')).run(context, options), { graceful: true }),
    );
  documented(simulate, {
    examples: [
      'ops-agent simulate --equipment 10 --rate 1 --fault cooling-loss@30s:REACTOR_01 --for 10m',
      'ops-agent simulate --arrival late=5%@120s --arrival duplicate=2% --arrival batch@30s:PUMP_01 --seed 7',
    ],
  });
}

function defineCompletion(program: Command, launch: Launch): void {
  const completion = program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action((shell: Shell, _options: unknown, command: Command) =>
      launch(command, async (context) => (await import('../commands/completion.ts')).run(context, { shell, tree: branchOf(program) })),
    );
  documented(completion, {
    examples: ['source <(ops-agent completion bash)', 'ops-agent completion fish > ~/.config/fish/completions/ops-agent.fish'],
  });
}
