import { expect, test } from '@jest/globals';
import { startBundle } from '../support/bundle.ts';
import { withBundle } from './bundle-at-warehouse.ts';
import { howMany } from './how-many.ts';
import { NOTHING_WRONG, Works, WORKS_CONFIGURATION } from './works.ts';

const KILLS = howMany({ all: 30, always: 3 });
const MOST_RUNS = 2 * KILLS;
/** The first asks which version the tables have, and the last one ends the cycle. */
const STATEMENTS = 15;
const TIMEOUT_MS = 1_800_000;
/** As a job that is run again after it died: its runs have one id, so that none waits for the lease of the one before. */
const RUN = 'job-1';

/** All of them, in an order in which any few that follow each other are spread over the cycle. */
const POINTS = Array.from({ length: 2 * STATEMENTS }, (_none, index) => {
  const place = (index * 7) % (2 * STATEMENTS);
  return `statement:${(place >> 1) + 2}:${place % 2 === 0 ? 'before' : 'after'}`;
});

withBundle(
  'kills_test',
  (site) => {
    test(
      `${KILLS} runs that are killed before or after one of their statements lose nothing, and nothing is done twice`,
      async () => {
        const { cwd, env } = site();
        const works = new Works(site());
        let killed = 0;
        for (let run = 0; killed < KILLS; run += 1) {
          if (run === MOST_RUNS) throw new Error(`only ${killed} of ${run} runs came to the statement at which they were to die`);
          await works.goOn();
          const OPS_AGENT_CRASH_AT = POINTS[run % POINTS.length] ?? '';
          const { child, done } = startBundle(['run-once', '--run-id', RUN], { cwd, env: { ...env, OPS_AGENT_CRASH_AT } });
          const { code, stderr } = await done;
          if (child.signalCode === 'SIGKILL') killed += 1;
          // 7: what a dead run had claimed did not come to the plant.
          else if (code !== 0 && code !== 7)
            throw new Error(`a run that was to die at ${OPS_AGENT_CRASH_AT} ended with ${code}: ${stderr}`);
        }
        await works.settle();
        expect(await works.wrongs()).toEqual(NOTHING_WRONG);
      },
      TIMEOUT_MS,
    );
  },
  WORKS_CONFIGURATION,
);
