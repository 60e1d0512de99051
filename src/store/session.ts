import { AgentError, asAgentError } from '../domain/errors.ts';
import type { Changes, Connection, Statement, StatementResult } from './connection.ts';
import type { Dialect, Lifting } from './dialect.ts';

/** A connection with its dialect, and the count of statements that the budget is about. */
export class Session {
  readonly dialect: Dialect;
  readonly #connection: Connection;
  #statements = 0;

  constructor(connection: Connection, dialect: Dialect) {
    this.#connection = connection;
    this.dialect = dialect;
  }

  get statements(): number {
    return this.#statements;
  }

  run(statement: Statement): Promise<StatementResult> {
    this.#statements += 1;
    return this.#connection.execute(statement);
  }

  /** For what is outside of the budget: the controls, asked again and again while commands are dispatched. */
  runUncounted(statement: Statement): Promise<StatementResult> {
    return this.#connection.execute(statement);
  }

  /** The parts of one bulk write count as one statement. @returns rows written */
  async runParts(statements: readonly Statement[]): Promise<number> {
    this.#statements += statements.length > 0 ? 1 : 0;
    let changes = 0;
    for (const statement of statements) changes += (await this.#connection.execute(statement)).changes;
    return changes;
  }

  /** @returns rows written by each */
  runAll(statements: readonly Statement[]): Promise<readonly Changes[]> {
    return this.#connection.executeAll(statements);
  }

  /**
   * Runs statements while a protection is lifted: as one, or where the engine cannot, so that it is put back whatever comes of them.
   * @returns rows written by each of the statements
   * @throws AgentError that says so where it could not be put back
   */
  async runLifted({ lift, restore }: Lifting, statements: readonly Statement[]): Promise<readonly Changes[]> {
    if (this.#connection.hasTransactions) {
      const changes = await this.runAll([...lift, ...statements, ...restore]);
      return changes.slice(lift.length, lift.length + statements.length);
    }
    try {
      await this.runAll(lift);
      return await this.runAll(statements);
    } finally {
      // Also where lifting it failed: what was begun may still have been done.
      await this.runAll(restore).catch((thrown: unknown) => {
        throw notRestored(thrown);
      });
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

/** What failed before it matters less than what stands open since. */
function notRestored(cause: unknown): AgentError {
  const { code, message } = asAgentError(cause);
  return new AgentError(
    code,
    `rows of the audit may be deleted by whoever writes to it: that could not be forbidden again (${message})`,
    'run: ops-agent setup',
    cause,
  );
}
