import { setTimeout as sleep } from 'node:timers/promises';
import type { BadAnswer, Fault, Faults } from './faults.ts';
import { refusalOf } from './limits.ts';
import { freshGuid, uuidOf, Operation } from './operation.ts';
import { metadataOf, rowSet } from './results.ts';
import type { Session, Sessions } from './sessions.ts';
import { type BoundParameter, SparkFailure, type SparkProcess } from './spark-process.ts';
import type { LoggedStatement, StatementLog } from './statement-log.ts';
import { type Int64, type ServiceCalls, types } from './thrift-library.ts';

const { TStatusCode } = types;
const SUCCESS = { statusCode: TStatusCode.SUCCESS_STATUS };
/** Below V8 the driver sends no parameters. */
const PROTOCOL = types.TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V8;
/** How long the answer to a statement waits for its end; the client asks again for what takes longer. */
const DIRECT_RESULTS_WAIT_MS = 5000;
const BATCH_ROWS = 10_000;
/** What Delta says of the other writer. */
const CONFLICT = { message: '[DELTA_CONCURRENT_APPEND.WITHOUT_HINT] Transaction conflict detected', sqlState: '2D521' };

/** What Unity Catalog says, by Databricks' documentation. */
const NOT_GRANTED = {
  message: '[INSUFFICIENT_PERMISSIONS] Insufficient privileges: User does not have MODIFY on Table',
  sqlState: '42501',
};

/** One request over HTTP: who sent it, and how its answer is to go wrong. */
export interface Exchange {
  readonly userAgent: string;
  readonly token: string;
  bad: BadAnswer | null;
}

interface Handle {
  readonly guid: Buffer;
}
interface OpenRequest {
  readonly initialNamespace?: { readonly catalogName?: string; readonly schemaName?: string } | null;
  readonly configuration?: Readonly<Record<string, string>> | null;
}
interface ExecuteRequest {
  readonly sessionHandle: { readonly sessionId: Handle };
  readonly statement: string;
  readonly confOverlay?: Readonly<Record<string, string>> | null;
  readonly queryTimeout?: Int64 | null;
  readonly getDirectResults?: { readonly maxRows: Int64 } | null;
  readonly parameters?: readonly { name: string; type?: string | null; value?: { stringValue?: string | null } | null }[] | null;
}
interface OperationRequest {
  readonly operationHandle: { readonly operationId: Handle };
  readonly maxRows?: Int64;
}

const failed = (errorMessage: string) => ({ status: { statusCode: TStatusCode.ERROR_STATUS, errorMessage } });
const noSession = (id: string) => failed(`Invalid SessionHandle: SessionHandle [${id}]`);
const notInitialized = (id: string) =>
  failed(`requirement failed: Session handle SessionHandle [${id}] has not been initialized or had already closed`);
const handleOf = (guid: Buffer) => ({ guid, secret: guid });

/** The calls of the driver, as a warehouse answers them. */
export class Service {
  readonly #spark: SparkProcess;
  readonly #sessions: Sessions;
  readonly #faults: Faults;
  readonly #log: StatementLog;
  readonly #operations = new Map<string, Operation>();

  constructor(spark: SparkProcess, parts: { readonly sessions: Sessions; readonly faults: Faults; readonly log: StatementLog }) {
    this.#spark = spark;
    this.#sessions = parts.sessions;
    this.#faults = parts.faults;
    this.#log = parts.log;
  }

  calls(exchange: Exchange): ServiceCalls {
    return {
      OpenSession: (request: OpenRequest) => this.#openSession(request),
      CloseSession: async ({ sessionHandle }: { sessionHandle: { sessionId: Handle } }) => {
        const id = uuidOf(sessionHandle.sessionId.guid);
        return (await this.#sessions.close(id)) ? { status: SUCCESS } : noSession(id);
      },
      ExecuteStatement: (request: ExecuteRequest) => this.#execute(request, exchange),
      GetOperationStatus: async (request: OperationRequest) =>
        this.#with(request, (operation) => {
          exchange.bad = operation.saysWhenPolled;
          return operation.status();
        }),
      GetResultSetMetadata: async (request: OperationRequest) =>
        this.#with(request, ({ rows }) => (rows === null ? failed('the operation has no result') : metadataOf(rows))),
      FetchResults: async (request: OperationRequest) =>
        this.#with(request, (operation) => {
          const { batches, startRow, hasMore } = operation.take(request.maxRows?.toNumber() ?? BATCH_ROWS);
          return rowSet(batches, startRow, hasMore);
        }),
      CancelOperation: async (request: OperationRequest) => {
        const operation = this.#operations.get(uuidOf(request.operationHandle.operationId.guid));
        if (operation !== undefined) await this.#spark.ask('cancel', { statement: operation.statement });
        return { status: SUCCESS };
      },
      CloseOperation: async (request: OperationRequest) => {
        this.#operations.delete(uuidOf(request.operationHandle.operationId.guid));
        return { status: SUCCESS };
      },
    };
  }

  async #openSession({ initialNamespace, configuration }: OpenRequest): Promise<object> {
    const { catalogName, schemaName } = initialNamespace ?? {};
    try {
      const guid = await this.#sessions.open(catalogName ?? null, schemaName ?? null, configuration ?? {});
      return {
        status: SUCCESS,
        serverProtocolVersion: PROTOCOL,
        sessionHandle: { sessionId: handleOf(guid), serverProtocolVersion: PROTOCOL },
      };
    } catch (thrown) {
      if (!(thrown instanceof SparkFailure)) throw thrown;
      return { ...failed(thrown.message), serverProtocolVersion: PROTOCOL };
    }
  }

  #with(request: OperationRequest, answer: (operation: Operation) => object): object {
    const id = uuidOf(request.operationHandle.operationId.guid);
    const operation = this.#operations.get(id);
    return operation === undefined ? failed(`Invalid OperationHandle: OperationHandle [${id}]`) : answer(operation);
  }

  async #execute(request: ExecuteRequest, exchange: Exchange): Promise<object> {
    const id = uuidOf(request.sessionHandle.sessionId.guid);
    const logged = this.#logged(request, id, exchange);
    const refuse = (answer: object | BadAnswer, message: string) => {
      this.#log.end(logged, 'refused', { message });
      if ('kind' in answer) exchange.bad = answer;
      return 'kind' in answer ? {} : answer;
    };
    const tooMuch = refusalOf(logged);
    if (tooMuch !== null) return refuse({ kind: 'status', status: 400, reason: tooMuch }, tooMuch);
    const sleeping = this.#sessions.tryToWake();
    if (sleeping === 'session') return refuse(notInitialized(id), 'stopped');
    if (sleeping !== null) return refuse({ kind: 'status', status: sleeping }, 'stopped');
    const faults = this.#faults.meet(request.statement);
    if (faults.some(({ kind }) => kind === 'expired session')) await this.#sessions.close(id);
    const session = this.#sessions.find(id);
    if (session === null) return refuse(this.#sessions.isOpen(id) ? notInitialized(id) : noSession(id), 'no session');
    for (const fault of faults) {
      if (fault.kind === 'delay') await sleep(fault.ms);
      if (fault.kind === 'together') await fault.complete;
      if (fault.kind === 'before') return refuse(fault.answer, 'a fault before the statement');
    }
    const operation = this.#start(request, session, { logged, faults });
    for (const fault of faults) {
      if (fault.kind === 'while polled') operation.saysWhenPolled = fault.answer;
      if (fault.kind !== 'after') continue;
      await operation.done;
      exchange.bad = fault.answer;
      return {};
    }
    if (!faults.some(({ kind }) => kind === 'handle first' || kind === 'while polled'))
      await Promise.race([operation.done, sleep(DIRECT_RESULTS_WAIT_MS)]);
    return this.#answer(operation, request.getDirectResults?.maxRows.toNumber() ?? null);
  }

  #logged({ statement, parameters, confOverlay }: ExecuteRequest, session: string, { userAgent, token }: Exchange): LoggedStatement {
    return this.#log.add({
      sql: statement,
      parameters: boundOf(parameters),
      session,
      sessionConfiguration: this.#sessions.find(session)?.configuration ?? {},
      confOverlay: confOverlay ?? {},
      userAgent,
      token,
    });
  }

  #start(
    { statement: sql, parameters, queryTimeout, getDirectResults }: ExecuteRequest,
    session: Session,
    { logged, faults }: { readonly logged: LoggedStatement; readonly faults: readonly Fault[] },
  ): Operation {
    const meets = (fault: Fault['kind']) => faults.some(({ kind }) => kind === fault);
    const guid = freshGuid();
    const statement = uuidOf(guid);
    const batchRows = Math.max(1, Math.min(BATCH_ROWS, getDirectResults?.maxRows.toNumber() ?? BATCH_ROWS));
    const refusal = meets('beaten') ? CONFLICT : meets('not granted') ? NOT_GRANTED : null;
    const result = refusal
      ? Promise.reject(new SparkFailure(refusal))
      : this.#spark.ask('execute', { session: session.id, statement, sql, parameters: boundOf(parameters), batchRows });
    const operation = new Operation({ guid, statement }, result, { log: this.#log, logged });
    this.#operations.set(statement, operation);
    const seconds = queryTimeout?.toNumber() || Number(session.configuration['STATEMENT_TIMEOUT'] ?? 0);
    if (seconds > 0 && !meets('no time limit')) {
      const timer = setTimeout(() => {
        operation.timeOut();
        void this.#spark.ask('cancel', { statement });
      }, seconds * 1000);
      void operation.done.then(() => clearTimeout(timer));
    }
    return operation;
  }

  /** An operation whose rows have all gone out, or that failed, is closed with its answer. */
  #answer(operation: Operation, directRows: number | null): object {
    const operationHandle = {
      operationId: handleOf(operation.guid),
      operationType: types.TOperationType.EXECUTE_STATEMENT,
      hasResultSet: true,
    };
    const answer = { status: SUCCESS, operationHandle };
    if (directRows === null) return answer;
    if (!operation.hasEnded) return { ...answer, directResults: { operationStatus: operation.status() } };
    if (operation.rows === null) {
      this.#operations.delete(operation.statement);
      return { ...answer, directResults: { operationStatus: operation.status(), closeOperation: { status: SUCCESS } } };
    }
    const { batches, startRow, hasMore } = operation.take(directRows);
    if (!hasMore) this.#operations.delete(operation.statement);
    const direct = {
      operationStatus: operation.status(),
      resultSetMetadata: metadataOf(operation.rows),
      resultSet: rowSet(batches, startRow, hasMore),
      ...(hasMore ? {} : { closeOperation: { status: SUCCESS } }),
    };
    return { ...answer, directResults: direct };
  }
}

function boundOf(parameters: ExecuteRequest['parameters']): readonly BoundParameter[] {
  return (parameters ?? []).map(({ name, type, value }) => {
    const text = value?.stringValue;
    return { name, ...(type == null ? {} : { type }), ...(text == null ? {} : { value: text }) };
  });
}
