import { durationSeconds } from '../config/duration.ts';
import { AgentError } from '../domain/errors.ts';

/** Timers take at most 2^31 ms; the same bound as the configuration's. */
const MAX_INTERVAL_SECONDS = 86_400;

/** Parses a duration above 0, a plain number being seconds, as seconds. Throws AgentError usage. */
export function durationOption(flag: string): (text: string) => number {
  return (text) => {
    const seconds = durationSeconds(text) ?? 0;
    if (seconds <= 0 || seconds > MAX_INTERVAL_SECONDS)
      throw new AgentError('usage', `${flag} must be a duration above 0 and up to 24h, is '${text}'`, `for instance ${flag} 10s`);
    return seconds;
  };
}

/** Parses a whole number from 1 to `max`. Throws AgentError usage. */
export function countOption(flag: string, max: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,9}$/.test(text.trim()) ? Number(text) : 0;
    if (count < 1 || count > max)
      throw new AgentError('usage', `${flag} must be a whole number from 1 to ${max}, is '${text}'`, `for instance ${flag} 10`);
    return count;
  };
}

/** How many rows a list has without --limit, and the most that it may ask for. */
export const DEFAULT_ROWS = 50;
export const MOST_ROWS = 100_000;
export const LIMIT = ['--limit <n>', `at most so many (default: ${DEFAULT_ROWS})`, countOption('--limit', MOST_ROWS)] as const;

/** Collects the values of an option that may be repeated. */
export function repeated(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}
