import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { asyncProperty, check, type RunDetails } from 'fast-check';
import { RealAgent } from './agent.ts';
import * as detector from './detector.ts';
import { histories } from './histories.ts';
import type { History } from './history.ts';
import { disagreementIn, tell } from './replay.ts';

const RUNS = Number(process.env['ORACLE_RUNS'] ?? 2000);
/** Other histories every time, but where a run has to say something about a change alone. */
const SEED = process.env['ORACLE_SEED'] ?? (process.env['CI'] === 'true' ? '1' : undefined);

describe('the agent and a plain model of its rules', () => {
  let agent: RealAgent;
  beforeAll(async () => {
    agent = await RealAgent.open(detector);
  });
  afterAll(() => agent.close());

  test(
    'agree after every cycle of any history',
    async () => {
      const agreed = asyncProperty(histories, async (history) => {
        const found = await disagreementIn(history, agent);
        if (found !== null) throw new Error(found);
      });
      const details = await check(agreed, { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) });
      expect(told(details)).toBe('');
    },
    60_000 + RUNS * 200,
  );
});

/** What failed, as few readings as show it; nothing where all agreed. */
function told({ failed, counterexample, errorInstance, seed, counterexamplePath, numRuns }: RunDetails<[History]>): string {
  if (!failed) return '';
  const [history] = counterexample ?? [];
  const why = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return `${history ? tell(history) : 'no history'}\n${why}\n(history ${numRuns} of seed ${seed}, path ${counterexamplePath ?? ''})`;
}
