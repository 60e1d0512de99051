import { AgentError } from './errors.ts';

/** The switches of the tests, and what the process does to itself at the point: it dies, or it stops until somebody lets it go on. */
const SIGNAL_OF = { OPS_AGENT_CRASH_AT: 'SIGKILL', OPS_AGENT_STOP_AT: 'SIGSTOP' } as const;
type Switch = keyof typeof SIGNAL_OF;

/** Where a tester asks the process to kill or to stop itself: `statement:3:after` or `plant:1:before`; see docs/architecture.md. */
export interface CrashPoint {
  readonly at: 'statement' | 'plant';
  /** Counted from 1 over the process's life. */
  readonly nth: number;
  readonly when: 'before' | 'after';
  readonly signal: (typeof SIGNAL_OF)[Switch];
}

/** The points that the environment names; none is the rule. @throws AgentError usage */
export function crashPointsIn(env: Readonly<Record<string, string | undefined>>, at: CrashPoint['at']): readonly CrashPoint[] {
  return (['OPS_AGENT_CRASH_AT', 'OPS_AGENT_STOP_AT'] as const)
    .flatMap((name) => parseCrashPoint(env[name], name) ?? [])
    .filter((point) => point.at === at);
}

/** @throws AgentError usage: a misspelt point would be a test that tests nothing. */
export function parseCrashPoint(text: string | undefined, name: Switch = 'OPS_AGENT_CRASH_AT'): CrashPoint | undefined {
  if (text === undefined || text === '') return undefined;
  const [, at, nth, when] = /^(statement|plant):([1-9]\d*):(before|after)$/.exec(text) ?? [];
  if ((at !== 'statement' && at !== 'plant') || (when !== 'before' && when !== 'after'))
    throw new AgentError('usage', `${name} is '${text}'`, 'write statement:N:before, statement:N:after, plant:N:before or plant:N:after');
  return { at, nth: Number(nth), when, signal: SIGNAL_OF[name] };
}

/** Wraps calls so that the process gets the point's signal at the nth of them; `raise` may return once it goes on. */
export function raisingAt(point: CrashPoint, raise: (signal: CrashPoint['signal']) => void): <T>(work: () => Promise<T>) => Promise<T> {
  let count = 0;
  return async (work) => {
    count += 1;
    const isIt = count === point.nth;
    if (isIt && point.when === 'before') raise(point.signal);
    const result = await work();
    if (isIt && point.when === 'after') raise(point.signal);
    return result;
  };
}
