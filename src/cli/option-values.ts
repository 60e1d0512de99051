import { AgentError } from '../domain/errors.ts';

/** Timers take at most 2^31 ms; the same bound as the configuration's. */
const MAX_INTERVAL_SECONDS = 86_400;

/** Parses a number of seconds above 0, for instance 0.5. Throws AgentError usage. */
export function secondsOption(flag: string): (text: string) => number {
  return (text) => {
    const seconds = /^\+?(\d+(\.\d*)?|\.\d+)$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (!(seconds > 0 && seconds <= MAX_INTERVAL_SECONDS))
      throw new AgentError(
        'usage',
        `${flag} must be a number of seconds above 0 and up to ${MAX_INTERVAL_SECONDS}, is '${text}'`,
        `for instance ${flag} 10`,
      );
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

/** Collects the values of an option that may be repeated. */
export function repeated(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}
