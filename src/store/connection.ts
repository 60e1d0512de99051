/** What a statement may bind. Everything else is turned into one of these before it gets here. */
export type SqlValue = string | number | null;

/** One statement with its named parameters; the SQL text never holds a value. */
export interface Statement {
  readonly sql: string;
  readonly params: Readonly<Record<string, SqlValue>>;
  /** `write` statements are written so that repeating them does not matter, unless `isOnce` says so. */
  readonly kind: 'read' | 'write';
  /** True where it was made from what another writer may have changed: after a conflict it is not repeated, since whoever sends it looks again. */
  readonly isGuess?: boolean;
  /** True where repeating it would matter: it is sent again only where it is known that the first did nothing. */
  readonly isOnce?: boolean;
  /**
   * True where people read the values: what a number would round is a text of its digits. Whoever computes with them wants the nearest number.
   */
  readonly isExact?: boolean;
}

export interface StatementResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** The result's column names; empty for a statement that returns no rows. */
  readonly columns: readonly string[];
  /** Rows written by the last try. */
  readonly changes: number;
  /** True where an earlier try may have been the one that wrote: its answer was lost. */
  readonly isRepeat?: boolean;
}

/** Rows written; null where an answer was lost, so that nobody knows. */
export type Changes = number | null;

/** One engine's way of running statements. Errors are AgentErrors; `RetryableError` marks those worth another try. */
export interface Connection {
  execute(statement: Statement): Promise<StatementResult>;
  /** Whether executeAll does all or nothing. Where it does not, what fails leaves the statements before it done. */
  readonly hasTransactions: boolean;
  /** Runs the statements in their order, as one where the engine can. @returns rows written by each */
  executeAll(statements: readonly Statement[]): Promise<readonly Changes[]>;
  close(): Promise<void>;
}

/** Proof that this process is the only holder, where the engine can give one. */
export interface HolderLock {
  /** False when another process holds it. Safe to call again by the holder. */
  acquire(): Promise<boolean>;
  /** Safe to call when it is not held. */
  release(): Promise<void>;
}

export function read(sql: string, params: Statement['params'] = {}): Statement {
  return { sql, params, kind: 'read' };
}

export function write(sql: string, params: Statement['params'] = {}): Statement {
  return { sql, params, kind: 'write' };
}

/** For engines without transactions. @returns rows written by each */
export async function oneByOne(statements: readonly Statement[], execute: Connection['execute']): Promise<readonly Changes[]> {
  const all: Changes[] = [];
  for (const statement of statements) {
    const { changes, isRepeat } = await execute(statement);
    all.push(isRepeat === true ? null : changes);
  }
  return all;
}
