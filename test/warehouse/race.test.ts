import { expect, test } from '@jest/globals';
import { withBundle } from './bundle-at-warehouse.ts';
import { howMany } from './how-many.ts';
import { NOTHING_WRONG, Works, WORKS_CONFIGURATION } from './works.ts';

const CYCLES = howMany({ all: 50, always: 5 });
const AGENTS = 2;
const TIMEOUT_MS = 1_800_000;

/** The documented report. */
interface Report {
  readonly outcome: 'completed' | 'skipped';
}

withBundle(
  'race_test',
  (site) => {
    test(
      `two agents that race for ${CYCLES} cycles, while an operator approves, lose nothing and do nothing twice`,
      async () => {
        const works = new Works(site());
        const completed: number[] = [];
        for (let round = 0; round < CYCLES / AGENTS; round += 1) {
          await works.goOn();
          const runs = Array.from({ length: AGENTS }, () => site().run('run-once', '--json'));
          const [, ...ended] = await Promise.all([works.approve(), ...runs]);
          expect(ended.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual(ended.map(() => 0));
          const outcomes = ended.map(({ stdout }) => (JSON.parse(stdout) as Report).outcome);
          expect(outcomes).toContain('completed');
          completed.push(outcomes.filter((outcome) => outcome === 'completed').length);
        }
        await works.settle();
        expect(await works.wrongs()).toEqual(NOTHING_WRONG);
        // They met: in most of the rounds the other one had the lease.
        expect(completed.filter((count) => count < AGENTS).length).toBeGreaterThan(completed.length / 2);
      },
      TIMEOUT_MS,
    );
  },
  WORKS_CONFIGURATION,
);
