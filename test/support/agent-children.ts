import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { Settings } from '../../src/config/settings.ts';
import type { AgentTask, CycleSaid } from './agent-process.ts';
import { builtProgram } from './built-program.ts';

const LOOK_MS = 10;

/** Whether a child has stopped itself, by the kernel's own word; false once it has ended. */
export async function hasStopped(child: ChildProcess): Promise<boolean> {
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) return false;
    if (stateOf(child) === 'T') return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** The letter behind the name, which is in brackets and may hold anything. */
function stateOf({ pid }: ChildProcess): string | undefined {
  const stat = `/proc/${pid ?? 0}/stat`;
  if (!existsSync(stat)) return undefined;
  return /\) (\S)/.exec(readFileSync(stat, 'utf8').slice(-1000))?.[1];
}

export interface AgentChild {
  readonly child: ChildProcess;
  /** What its cycles said, in their order; rejects when it did not end well. */
  readonly said: Promise<readonly CycleSaid[]>;
}

export interface AgentProcesses {
  start(settings: Settings, task: AgentTask): AgentChild;
  /** Ends what still runs or stands, and removes the program. */
  stop(): void;
}

/** The program that other agents run, made once a suite. */
export function agentProcesses(): AgentProcesses {
  const { program, remove } = builtProgram('agent-process.ts');
  const running = new Set<ChildProcess>();
  return {
    start: (settings, task) => {
      const child = spawn(process.execPath, [program, JSON.stringify(settings), JSON.stringify(task)], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      running.add(child);
      const said = linesOf(child).finally(() => running.delete(child));
      said.catch(() => undefined);
      return { child, said };
    },
    stop: () => {
      for (const child of running) child.kill('SIGKILL');
      remove();
    },
  };
}

function linesOf(child: ChildProcess): Promise<readonly CycleSaid[]> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      if (code !== 0) return reject(new Error(`the agent ended with ${code ?? signal}: ${stderr}`));
      const lines = stdout.split('\n').filter((line) => line !== '');
      resolve(lines.map((line) => JSON.parse(line) as CycleSaid)); // agent-process.ts says these
    });
  });
}
