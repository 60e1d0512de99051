import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { builtProgram } from '../support/built-program.ts';
import { type Control, controlAt } from './control.ts';
import type { WarehouseAddress } from './warehouse-process.ts';

const ROOT = path.resolve(__dirname, '../..');
/** What scripts/fetch-warehouse.mjs leaves. */
const CACHE_FILE = path.join(ROOT, '.cache/warehouse/ready.json');
const ADDRESS = 'OPS_AGENT_TEST_WAREHOUSE';

export interface Warehouse extends WarehouseAddress {
  readonly control: Control;
}

export interface StartedWarehouse extends Warehouse {
  /** Ends all that was started, and leaves no file. */
  stop(): Promise<void>;
}

interface Fetched {
  readonly python: string;
  readonly jars: string;
  readonly javaHome: string;
}

/** What the warehouse needs; null where it was not fetched. */
export function fetchedWarehouse(): Fetched | null {
  if (!existsSync(CACHE_FILE)) return null;
  const fetched = JSON.parse(readFileSync(CACHE_FILE, 'utf8')) as Fetched; // the script's own file
  return existsSync(fetched.python) && existsSync(fetched.javaHome) ? fetched : null;
}

/** Starts Spark and the server before it, which takes 10 to 40 s. */
export async function startWarehouse({ python, jars, javaHome }: Fetched): Promise<StartedWarehouse> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-certificates-'));
  const { program } = builtProgram('../warehouse/warehouse-process.ts');
  const child = spawn(process.execPath, [program, python, jars, __dirname, folder], {
    cwd: ROOT,
    env: { ...process.env, JAVA_HOME: javaHome },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const address = await new Promise<WarehouseAddress>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line) as WarehouseAddress)); // the process's own line
    void ended.then(() => reject(new Error('the warehouse did not start')));
  });
  return {
    ...address,
    control: controlAt(address.controlPort),
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

/** Tells the files of tests of this run, and what they start, where the warehouse is. */
export function publish(started: Warehouse): void {
  process.env[ADDRESS] = JSON.stringify(started);
}

export const isStarted = (): boolean => process.env[ADDRESS] !== undefined;

/** The warehouse that this run of Jest started. */
export function warehouse(): Warehouse {
  const address = JSON.parse(process.env[ADDRESS] ?? '{}') as WarehouseAddress; // publish wrote it
  return { ...address, control: controlAt(address.controlPort) };
}
