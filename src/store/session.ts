import type { Connection, Statement, StatementResult } from './connection.ts';
import type { Dialect } from './dialect.ts';

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
  runAll(statements: readonly Statement[]): Promise<readonly number[]> {
    return this.#connection.executeAll(statements);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
