import { AgentError } from './errors.ts';

/** Where a tester asks the process to kill itself: `statement:3:after` or `plant:1:before`; see docs/architecture.md. */
export interface CrashPoint {
  readonly at: 'statement' | 'plant';
  /** Counted from 1 over the process's life. */
  readonly nth: number;
  readonly when: 'before' | 'after';
}

/** @throws AgentError usage: a misspelt crash point would be a test that tests nothing. */
export function parseCrashPoint(text: string | undefined): CrashPoint | undefined {
  if (text === undefined || text === '') return undefined;
  const [, at, nth, when] = /^(statement|plant):([1-9]\d*):(before|after)$/.exec(text) ?? [];
  if ((at !== 'statement' && at !== 'plant') || (when !== 'before' && when !== 'after'))
    throw new AgentError(
      'usage',
      `OPS_AGENT_CRASH_AT is '${text}'`,
      'write statement:N:before, statement:N:after, plant:N:before or plant:N:after',
    );
  return { at, nth: Number(nth), when };
}

/** Wraps calls so that the nth of them dies where the point says; `die` must not return. */
export function dyingAt(point: CrashPoint, die: () => void): <T>(work: () => Promise<T>) => Promise<T> {
  let count = 0;
  return async (work) => {
    count += 1;
    const isIt = count === point.nth;
    if (isIt && point.when === 'before') die();
    const result = await work();
    if (isIt && point.when === 'after') die();
    return result;
  };
}
