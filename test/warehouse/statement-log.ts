import type { BoundParameter } from './spark-process.ts';

export type Outcome = 'running' | 'finished' | 'failed' | 'cancelled' | 'timed out' | 'refused';

/** One ExecuteStatement as it came, and what became of it. `refused`: a fault, or a session that is not known, kept it from Spark. */
export interface LoggedStatement {
  readonly sql: string;
  readonly parameters: readonly BoundParameter[];
  readonly session: string;
  readonly sessionConfiguration: Readonly<Record<string, string>>;
  readonly confOverlay: Readonly<Record<string, string>>;
  readonly userAgent: string;
  readonly token: string;
  /** Milliseconds since 1970, of the warehouse's process. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly outcome: Outcome;
  readonly sqlState: string | null;
  readonly message: string | null;
}

export class StatementLog {
  #entries: LoggedStatement[] = [];

  add(entry: Omit<LoggedStatement, 'startedAt' | 'endedAt' | 'outcome' | 'sqlState' | 'message'>): LoggedStatement {
    const logged: LoggedStatement = { ...entry, startedAt: Date.now(), endedAt: null, outcome: 'running', sqlState: null, message: null };
    this.#entries.push(logged);
    return logged;
  }

  end(logged: LoggedStatement, outcome: Outcome, failure: { sqlState?: string | null; message?: string } = {}): void {
    const { sqlState = null, message = null } = failure;
    Object.assign(logged, { endedAt: Date.now(), outcome, sqlState, message });
  }

  entries(): readonly LoggedStatement[] {
    return this.#entries;
  }

  clear(): void {
    this.#entries = [];
  }
}
