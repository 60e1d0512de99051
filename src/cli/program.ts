import { Command, type CommanderError, Option } from 'commander';

import { VERSION } from '../version.ts';
import { createContext, type CliContext } from './context.ts';
import { defineAudit } from './define/audit.ts';
import { defineControl } from './define/control.ts';
import { defineDeciding } from './define/deciding.ts';
import type { Launch, LaunchOptions } from './define/launch.ts';
import { defineRunning } from './define/running.ts';
import { defineSession } from './define/session.ts';
import { defineTools } from './define/tools.ts';
import { defineHelp } from './define/help.ts';
import { CommandLineError, describeFailure } from './error-text.ts';
import { EXIT, EXIT_CODES_HELP } from './exit-codes.ts';
import type { GlobalOptions } from './global-options.ts';
import { outputOf } from './output.ts';
import { repeated } from './option-values.ts';
import { watchInterruption, type Interruption } from './interruption.ts';

const EXAMPLES = `
Examples:
  $ ops-agent demo                          # the whole loop in seconds, on a throw-away plant
  $ ops-agent setup --sample-data           # create the tables
  $ ops-agent run-once                      # one cycle
  $ ops-agent recommendations               # what waits for a decision
  $ ops-agent approve a1b2c3d4 --by operator_john

${EXIT_CODES_HELP}

Every key of the configuration can come from the environment (OPS_AGENT_STORE_PATH) or the file; see: ops-agent config show --help`;

/** The tree of commands. Nothing is opened or loaded before one of them runs. */
export function buildProgram(launch: Launch): Command {
  const program = new Command('ops-agent')
    .description('Human-in-the-loop operations agent: detects, recommends, waits for approval, executes exactly once, verifies.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => undefined });
  addGlobalOptions(program);
  program.commandsGroup('Run:');
  defineRunning(program, launch);
  program.commandsGroup('Decide:');
  defineDeciding(program, launch);
  defineSession(program, launch);
  program.commandsGroup('Audit:');
  defineAudit(program, launch);
  program.commandsGroup('Plant and controls:');
  defineControl(program, launch);
  program.commandsGroup('Tools:');
  defineTools(program, launch);
  defineHelp(program);
  program.addHelpText('after', EXAMPLES);
  throwInsteadOfExit(program, 'ops-agent');
  return program;
}

function addGlobalOptions(program: Command): void {
  program
    .option('-c, --config <file>', 'configuration file (default: ops-agent.yaml, if there is one)')
    .option('--set <key=value>', 'set one key of the configuration; may be repeated', repeated)
    .option('--store-path <file>', "the embedded store's file: store.path")
    .option('--agent-id <id>', 'which agent this is: agent.id')
    .addOption(new Option('--log-format <format>', 'form of the log on stderr').choices(['text', 'json']))
    .addOption(new Option('--log-level <level>', 'least level that is logged').choices(['debug', 'info', 'warn', 'error']))
    .option('--no-color', 'no colours; NO_COLOR does the same');
}

/** Each command throws with its own path, so that the remedy names the right help. */
function throwInsteadOfExit(command: Command, path: string): void {
  command.exitOverride((error: CommanderError) => {
    throw new CommandLineError(error, path);
  });
  for (const sub of command.commands) throwInsteadOfExit(sub, `${path} ${sub.name()}`);
}

/**
 * Runs one command line and returns the exit code. `exitNow` ends the process: used where an interruption must not
 * wait for what is under way.
 */
export async function main(args: readonly string[], exitNow: (code: number) => void): Promise<number> {
  const interruption = watchInterruption(exitNow);
  let exitCode: number = EXIT.done;
  const program = buildProgram(async (command, work, options) => {
    exitCode = await runCommand(command.optsWithGlobals<GlobalOptions>(), work, options, interruption);
  });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (thrown) {
    exitCode = report(thrown, program, interruption);
    if (interruption.exitCode() !== null) exitNow(exitCode);
  } finally {
    interruption.stopWatching();
  }
  return exitCode;
}

type Work = (context: CliContext) => Promise<number>;

async function runCommand(
  globals: GlobalOptions,
  work: Work,
  options: LaunchOptions | undefined,
  interruption: Interruption,
): Promise<number> {
  const context = createContext(globals, interruption);
  let code: number;
  try {
    code = await (options?.graceful ? work(context) : Promise.race([work(context), whenInterrupted(interruption)]));
  } catch (thrown) {
    // What was interrupted may still be using the store; the process is about to end, which closes it safely.
    // Of other failures the first is the one to report; one of closing usually follows from it.
    if (!(thrown instanceof Interrupted)) await context.close().catch(() => undefined);
    throw thrown;
  }
  await context.close();
  return code;
}

class Interrupted extends Error {}

function whenInterrupted(interruption: Interruption): Promise<never> {
  return new Promise((_resolve, reject) => {
    interruption.signal.addEventListener('abort', () => reject(new Interrupted()), { once: true });
  });
}

function report(thrown: unknown, program: Command, interruption: Interruption): number {
  const interrupted = interruption.exitCode();
  if (interrupted !== null && thrown instanceof Interrupted) return interrupted;
  const debug = program.opts<GlobalOptions>().logLevel === 'debug' || process.env['OPS_AGENT_LOGGING_LEVEL'] === 'debug';
  const { text, exitCode } = describeFailure(thrown, debug);
  // Help and version were printed as they were asked for; help for want of a command has said enough.
  const isHelp = thrown instanceof CommandLineError && /^\((outputHelp|help)|^\d+\.\d+/.test(thrown.message);
  if (!isHelp && exitCode !== EXIT.done) outputOf(false).note(text);
  return interrupted ?? exitCode;
}
