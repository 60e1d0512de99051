import type { WarehouseDatabase } from '../../config/settings.ts';
import { AgentError } from '../../domain/errors.ts';
import type { Log } from '../../ports/log.ts';
import { type Changes, type Connection, oneByOne, type Statement, type StatementResult } from '../connection.ts';
import { ConflictError, RetryableError } from '../retryable.ts';
import { within } from './deadline.ts';
import { connectWarehouse, type Operation, type QueryTags, type Warehouse, type WarehouseSession } from './driver.ts';
import { failureOf, isOperationsError } from './error-translation.ts';
import type { Circumstances, Failure } from './failure.ts';
import { Patience } from './patience.ts';
import { resultOf } from './result.ts';

export interface WarehouseOptions {
  /** Ends the waiting for a warehouse that starts. */
  readonly signal?: AbortSignal | undefined;
  readonly log?: Log | undefined;
  /** What the statements show in the workspace's query history. */
  readonly tags: QueryTags;
  /** The run that sends what is sent now, another one in each cycle of a session; null where there is none. */
  readonly runId?: (() => string | null) | undefined;
}

/** How far a statement came. `started`: the warehouse has an operation for it, which goes on whatever becomes of the questions about it. */
type Reached = 'nothing' | 'sent' | 'started';

/** Whether the statement may have had its effect, for all that is known. */
function mayHaveHappened(reached: Reached, { kind }: Failure, thrown: unknown): boolean {
  switch (reached) {
    case 'nothing':
      return false;
    case 'sent':
      return kind === 'unknown_outcome' || kind === 'waking' || kind === 'session_gone';
    case 'started':
      // Of what came back and cannot be told the engine had the statement's end before: nothing that writes answers so.
      return !isOperationsError(thrown) && !(thrown instanceof AgentError && thrown.code === 'usage');
  }
}

/** A conflict with another writer says that this try wrote nothing, and nothing of those before it. */
function notBeaten(failure: Failure): Failure {
  const { error } = failure;
  if (!(error instanceof ConflictError)) return failure;
  return { kind: 'unknown_outcome', error: new RetryableError(error.message, error) };
}

/** Not one for another try: the first may have done it. */
function notKnown(cause: AgentError): AgentError {
  const remedy = 'look at what it was to change before you give it again';
  return new AgentError('store_unavailable', `it is not known whether the statement was executed (${cause.message})`, remedy, cause);
}

/** How long a shutdown waits for the warehouse's answers; it forgets a session by itself. */
const CLOSE_SECONDS = 5;
const HTTPS_PORT = 443;
/** A scheduler's id may be longer than a tag can be. */
const LONGEST_TAG = 128;

/**
 * One session of a SQL warehouse, opened with the first statement and anew when it is gone. Delta has no transactions: of several
 * statements each stands for itself. What a write did whose answer was lost is not known, so that it is a RetryableError like a read.
 */
export class WarehouseConnection implements Connection {
  readonly hasTransactions = false;
  readonly #settings: WarehouseDatabase;
  readonly #options: WarehouseOptions;
  #warehouse: Promise<Warehouse> | undefined;
  #session: Promise<WarehouseSession> | undefined;
  readonly #running = new Set<Operation>();
  #closed = false;

  constructor(settings: WarehouseDatabase, options: WarehouseOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  /** @throws AgentError; RetryableError for what another try may mend */
  async execute(statement: Statement): Promise<StatementResult> {
    let isRepeat = false;
    const patience = new Patience(this.#settings.wakeSeconds, this.#options);
    for (;;) {
      const had = this.#session;
      const opened = this.#open();
      let reached: Reached = 'nothing';
      try {
        const session = await opened;
        reached = 'sent';
        const result = await this.#run(session, statement, () => void (reached = 'started'));
        return isRepeat ? { ...result, isRepeat } : result;
      } catch (thrown) {
        if (this.#closed) throw new AgentError('interrupted', 'the statement was cancelled', '', thrown);
        const failure = failureOf(thrown, this.#circumstances(statement));
        if (failure.kind !== 'final' && failure.kind !== 'busy') this.#forget(opened, failure);
        isRepeat ||= mayHaveHappened(reached, failure, thrown);
        if (statement.isOnce === true && isRepeat) throw notKnown(failure.error);
        // A session that was there may simply have grown old; one that was just opened and is gone tells of a warehouse that starts.
        if (failure.kind === 'session_gone' && had !== undefined) continue;
        await patience.with(isRepeat ? notBeaten(failure) : failure, this.#renewsItself);
      }
    }
  }

  executeAll(statements: readonly Statement[]): Promise<readonly Changes[]> {
    return oneByOne(statements, (statement) => this.execute(statement));
  }

  /** Cancels what runs. Fails for nothing: what was written is written, and the warehouse forgets the session by itself. */
  async close(): Promise<void> {
    this.#closed = true;
    const closing = async () => {
      await Promise.all([...this.#running].map((operation) => operation.cancel()));
      await (await this.#session)?.close();
      await (await this.#warehouse)?.close();
    };
    await within(CLOSE_SECONDS, closing()).catch(() => undefined);
  }

  #open(): Promise<WarehouseSession> {
    if (this.#closed) throw new AgentError('bug', 'a statement after the connection was closed');
    return (this.#session ??= this.#openSession());
  }

  async #openSession(): Promise<WarehouseSession> {
    const { tags, log } = this.#options;
    try {
      const warehouse = await (this.#warehouse ??= connectWarehouse(this.#settings, tags, log));
      return await within(this.#settings.statementTimeoutSeconds, warehouse.openSession());
    } catch (thrown) {
      // What failed to open is not what the next statement asks.
      this.#session = undefined;
      this.#warehouse = undefined;
      throw thrown;
    }
  }

  get #tags(): QueryTags {
    const run = this.#options.runId?.() ?? null;
    return run === null ? this.#options.tags : { ...this.#options.tags, run: run.slice(0, LONGEST_TAG) };
  }

  async #run(session: WarehouseSession, statement: Statement, onStart: () => void): Promise<StatementResult> {
    let operation: Operation | undefined;
    const work = async () => {
      operation = await session.start(statement, this.#tags);
      onStart();
      this.#running.add(operation);
      return resultOf(await operation.result());
    };
    try {
      return await within(this.#settings.statementTimeoutSeconds, work());
    } catch (thrown) {
      // Of ours alone: there was no answer in time. Else it would go on there, and could have its effect after the next try.
      if (operation && thrown instanceof RetryableError) await within(CLOSE_SECONDS, operation.cancel()).catch(() => undefined);
      throw thrown;
    } finally {
      if (operation) this.#running.delete(operation);
    }
  }

  /** The next statement opens a session of its own; with a refused credential also a connection, which logs in anew. */
  #forget(opened: Promise<WarehouseSession>, { kind }: Failure): void {
    if (this.#session === opened) this.#session = undefined;
    const warehouse = kind === 'refused' ? this.#warehouse : undefined;
    if (warehouse) this.#warehouse = undefined;
    // In the background: a warehouse that is away answers this no sooner than anything else.
    void opened
      .then((session) => session.close())
      .then(() => warehouse)
      .then((open) => open?.close())
      .catch(() => undefined);
  }

  /** A token's file may hold another one by now, and an OAuth token may have ended; a token of the environment stays what it is. */
  get #renewsItself(): boolean {
    return this.#settings.credential.kind !== 'token';
  }

  #circumstances({ sql }: Statement): Circumstances {
    const { host, port, httpPath, credential } = this.#settings;
    return { address: port === HTTPS_PORT ? host : `${host}:${port}`, httpPath, credential: credential.from, sql };
  }
}

/** Nothing is sent before the first statement. */
export function openWarehouse(settings: WarehouseDatabase, options: WarehouseOptions): Connection {
  return new WarehouseConnection(settings, options);
}
