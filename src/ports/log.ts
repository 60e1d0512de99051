export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where a cycle says what it does, in the words that operators know. `fields` are for the JSON format only. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}
