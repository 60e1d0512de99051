import { type ChildProcess, spawn } from 'node:child_process';
import { builtProgram } from './built-program.ts';
import type { StoreTask } from './store-process.ts';
import { SETTINGS, type StoreUnderTest, type TestDatabase } from './stores.ts';

export interface StoreChild {
  readonly child: ChildProcess;
  /** The first thing it says; rejects when it ends without a word. */
  readonly said: Promise<Readonly<Record<string, unknown>>>;
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

export interface StoreProcesses {
  start(database: TestDatabase, task: StoreTask): StoreChild;
  /** Ends what still runs and removes the program. */
  stop(): void;
}

/** The program that other processes run, made once a suite. It lies in the project, where packages are found. */
export function storeProcesses(under: StoreUnderTest): StoreProcesses {
  const { program, remove } = builtProgram('store-process.ts');
  const running = new Set<ChildProcess>();
  return {
    start: (database, task) => {
      const settings = { ...SETTINGS, store: database.settings };
      const child = spawn(process.execPath, [program, JSON.stringify(settings), JSON.stringify(task)], {
        env: { ...process.env, ...under.environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      running.add(child);
      return watched(child, () => running.delete(child));
    },
    stop: () => {
      for (const child of running) child.kill('SIGKILL');
      remove();
    },
  };
}

function watched(child: ChildProcess, onEnd: () => void): StoreChild {
  let stdout = '';
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      onEnd();
      resolve(code);
    });
  });
  const said = new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const [line, rest] = stdout.split('\n');
      if (line !== undefined && rest !== undefined) resolve(JSON.parse(line) as Readonly<Record<string, unknown>>); // store-process.ts says objects
    });
    void ended.then((code) => reject(new Error(`the process ended with ${code ?? 'a signal'} and said nothing: ${stderr}`)));
  });
  said.catch(() => undefined);
  return { child, said, ended };
}
