import { createLogger, format, transports } from 'winston';

import { isoOf } from './domain/instant.ts';
import { escapedJson, onItsLines, onOneLine } from './domain/printable.ts';
import type { Log, LogLevel } from './ports/log.ts';

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: 'text' | 'json';
}

const LEVELS = { error: 0, warn: 1, info: 2, debug: 3 } as const satisfies Record<LogLevel, number>;
const LEVEL_WORDS: Readonly<Record<string, string>> = { error: 'ERROR', warn: 'WARNING', info: 'INFO', debug: 'DEBUG' };

/**
 * Text from readings can reach a message; a line break in it must not forge a line of the log. Reports of our own
 * that span lines begin with one.
 */
function printable(message: string): string {
  return message.startsWith('\n') ? onItsLines(message) : onOneLine(message);
}

/** `[2024-02-19 10:30:45] [INFO] message`, UTC; the one format of the specification. */
export function textLine(at: number, level: string, message: string): string {
  const [day = '', time = ''] = isoOf(at).split('T');
  const head = `[${day} ${time.slice(0, 8)}] [${LEVEL_WORDS[level] ?? level.toUpperCase()}]`;
  return message.startsWith('\n') ? `${head}${printable(message)}` : `${head} ${printable(message)}`;
}

/** One object on one line. A field cannot take the place of time, level or message. */
export function jsonLine(at: number, level: string, message: string, fields: unknown): string {
  const own = { timestamp: isoOf(at), level, message: message.trim() };
  return escapedJson(JSON.stringify({ ...own, ...(typeof fields === 'object' ? fields : {}), ...own }));
}

/** The program's log, on stderr: stdout belongs to results. The host's clock stamps it; no decision rests on it. */
export function createLog(settings: LogSettings): Log {
  const line = format.printf(({ level, message, fields }) =>
    settings.format === 'json' ? jsonLine(Date.now(), level, String(message), fields) : textLine(Date.now(), level, String(message)),
  );
  const logger = createLogger({
    levels: LEVELS,
    level: settings.level,
    format: line,
    transports: [new transports.Console({ stderrLevels: Object.keys(LEVELS) })],
  });
  const at = (level: LogLevel) => (message: string, fields?: Record<string, unknown>) => void logger.log({ level, message, fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
