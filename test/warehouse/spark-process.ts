import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface BoundParameter {
  readonly name: string;
  readonly type?: string;
  /** As the driver spells it; absent for NULL. */
  readonly value?: string;
}

export interface ArrowBatch {
  readonly rows: number;
  readonly arrow: string;
}

/** Rows as Arrow's IPC messages, in base64. */
export interface ArrowRows {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly schema: string;
  readonly batches: readonly ArrowBatch[];
}

export interface SparkCalls {
  open(given: { session: string; catalog: string | null; schema: string | null; configuration: Readonly<Record<string, string>> }): object;
  close(given: { session: string }): object;
  execute(given: { session: string; statement: string; sql: string; parameters: readonly BoundParameter[]; batchRows: number }): ArrowRows;
  cancel(given: { statement: string }): object;
  /** Without the driver. */
  query(given: { sql: string }): { readonly rows: readonly Readonly<Record<string, unknown>>[] };
  copySchema(given: { source: string; target: string }): object;
  dropSchema(given: { name: string }): object;
}

/** What Spark said of a statement that failed. */
export class SparkFailure extends Error {
  readonly sqlState: string | null;
  constructor({ message, sqlState }: { message: string; sqlState: string | null }) {
    super(message);
    this.sqlState = sqlState;
  }
}

export class SparkCancelled extends Error {}

interface Answer {
  readonly ready?: true;
  readonly id: number;
  readonly ok?: unknown;
  readonly cancelled?: true;
  readonly error?: { readonly message: string; readonly sqlState: string | null };
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (reason: Error) => void;
}

const STDERR_KEPT = 4000;

/** Spark in a Python process: calls are answered as they get ready, so that statements of several sessions run at once. */
export class SparkProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #calls = 0;
  #stderr = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', () => resolve()));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT)));
    child.once('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`Spark ended: ${this.#stderr}`));
    });
  }

  /** @param script the folder of spark_warehouse.py */
  static async start(cache: { readonly python: string; readonly jars: string }, script: string): Promise<SparkProcess> {
    const child = spawn(cache.python, [path.join(script, 'spark_warehouse.py'), cache.jars], {
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const spark = new SparkProcess(child);
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      void spark.#ended.then(() => reject(new Error(`Spark did not start: ${spark.#stderr}`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        const answer = JSON.parse(line) as Answer; // the script's own line
        if (answer.ready === true) resolve();
        else spark.#answered(answer);
      });
    });
    return spark;
  }

  #answered({ id, ok, cancelled, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error !== undefined) waiting?.reject(new SparkFailure(error));
    else if (cancelled === true) waiting?.reject(new SparkCancelled());
    else waiting?.resolve(ok as never); // SparkCalls says what each call gives
  }

  /** @throws SparkFailure, SparkCancelled */
  ask<K extends keyof SparkCalls>(call: K, given: Parameters<SparkCalls[K]>[0]): Promise<ReturnType<SparkCalls[K]>> {
    this.#calls += 1;
    const id = this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin?.write(`${JSON.stringify({ id, call, given })}\n`);
    });
  }

  /** Its stdin's end is its own end; it takes the JVM and its folder along. */
  async stop(): Promise<void> {
    this.#child.stdin?.end();
    await this.#ended;
  }
}
