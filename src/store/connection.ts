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
}

export interface StatementResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** The result's column names; empty for a statement that returns no rows. */
  readonly columns: readonly string[];
  /** Rows written; meaningless after a retry. */
  readonly changes: number;
}

/** One engine's way of running statements. Errors are AgentErrors; `RetryableError` marks those worth another try. */
export interface Connection {
  execute(statement: Statement): Promise<StatementResult>;
  /** Runs the statements as one, where the engine can. @returns rows written by each; meaningless after a retry */
  executeAll(statements: readonly Statement[]): Promise<readonly number[]>;
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
