import { randomUUID } from 'node:crypto';
import type { BadAnswer } from './faults.ts';
import { type ArrowBatch, type ArrowRows, SparkCancelled, SparkFailure } from './spark-process.ts';
import type { LoggedStatement, StatementLog } from './statement-log.ts';
import { types } from './thrift-library.ts';

const { TOperationState } = types;

type State = 'running' | 'finished' | 'cancelled' | 'failed' | 'timed out';

const ON_THE_WIRE = {
  running: TOperationState.RUNNING_STATE,
  finished: TOperationState.FINISHED_STATE,
  cancelled: TOperationState.CANCELED_STATE,
  failed: TOperationState.ERROR_STATE,
  'timed out': TOperationState.TIMEDOUT_STATE,
} satisfies Record<State, number>;

/** The bytes of a fresh UUID: the driver spells handles as such. */
export const freshGuid = (): Buffer => Buffer.from(randomUUID().replaceAll('-', ''), 'hex');

/** The UUID of a handle that came over the wire. */
export const uuidOf = (guid: Buffer): string => guid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

interface OperationNames {
  readonly guid: Buffer;
  readonly statement: string;
}

/** What a client sees of one statement: its state, and its rows, which are handed out once. */
export class Operation {
  readonly guid: Buffer;
  /** What the engine calls it. */
  readonly statement: string;
  readonly done: Promise<void>;
  /** How the answer to a question about its state goes wrong. */
  saysWhenPolled: BadAnswer | null = null;
  #state: State = 'running';
  #failure: { readonly sqlState: string | null; readonly message: string } | null = null;
  #rows: ArrowRows | null = null;
  #left: ArrowBatch[] = [];
  #given = 0;

  constructor(
    names: OperationNames,
    result: Promise<ArrowRows>,
    { log, logged }: { readonly log: StatementLog; readonly logged: LoggedStatement },
  ) {
    this.guid = names.guid;
    this.statement = names.statement;
    this.done = this.#settle(result).then(() => log.end(logged, this.#state, this.#failure ?? {}));
  }

  async #settle(result: Promise<ArrowRows>): Promise<void> {
    try {
      this.#rows = await result;
      this.#left = [...this.#rows.batches];
      this.#state = 'finished';
    } catch (thrown) {
      if (this.#state !== 'running') return;
      this.#state = thrown instanceof SparkCancelled ? 'cancelled' : 'failed';
      if (this.#state === 'failed')
        this.#failure = { sqlState: thrown instanceof SparkFailure ? thrown.sqlState : null, message: (thrown as Error).message };
    }
  }

  timeOut(): void {
    this.#state = 'timed out';
  }

  get rows(): ArrowRows | null {
    return this.#rows;
  }

  get hasEnded(): boolean {
    return this.#state !== 'running';
  }

  /** Without hasResultSet: a false one makes the driver swallow an error. */
  status(): object {
    const failure =
      this.#state === 'failed' && this.#failure !== null
        ? {
            sqlState: this.#failure.sqlState ?? undefined,
            displayMessage: this.#failure.message,
            errorMessage: `org.apache.hive.service.cli.HiveSQLException: Error running query: ${this.#failure.message}`,
          }
        : {};
    return { status: { statusCode: types.TStatusCode.SUCCESS_STATUS }, operationState: ON_THE_WIRE[this.#state], ...failure };
  }

  /** The next batches, together at most this many rows, but one at least while there is one. */
  take(maxRows: number): { readonly batches: readonly ArrowBatch[]; readonly startRow: number; readonly hasMore: boolean } {
    const startRow = this.#given;
    const batches: ArrowBatch[] = [];
    for (let next = this.#left[0]; next !== undefined; next = this.#left[0]) {
      if (batches.length > 0 && this.#given - startRow + next.rows > maxRows) break;
      batches.push(next);
      this.#given += next.rows;
      this.#left.shift();
    }
    return { batches, startRow, hasMore: this.#left.length > 0 };
  }
}
