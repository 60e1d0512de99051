import { expect, test } from '@jest/globals';
import { withBundle } from './bundle-at-warehouse.ts';
import type { Fault } from './faults.ts';
import { howMany } from './how-many.ts';
import { NOTHING_WRONG, Works, WORKS_CONFIGURATION } from './works.ts';

const RUNS = howMany({ all: 30, always: 3 });
/** From the one that asks which version the tables have. */
const STATEMENTS = 15;
const TIMEOUT_MS = 1_800_000;
/** As a job that is run again after it failed. */
const RUN = 'job-1';

/** As many as have no divisor in common with the statements: each run meets another pair. */
const FAULTS: readonly Fault[] = [
  { kind: 'before', answer: { kind: 'status', status: 503 } },
  { kind: 'after', answer: { kind: 'status', status: 503 } },
  { kind: 'before', answer: { kind: 'status', status: 429, retryAfterSeconds: 1 } },
  { kind: 'after', answer: { kind: 'drop' } },
  { kind: 'expired session' },
  { kind: 'after', answer: { kind: 'cut', framing: 'chunked' } },
  { kind: 'before', answer: { kind: 'drop' } },
  { kind: 'handle first' },
];

withBundle(
  'cycle_faults_test',
  (site) => {
    test(
      'a run for which the warehouse has to start waits for it, and does what there is to do',
      async () => {
        const asleep = await site().copied('cycle_faults_test_asleep');
        try {
          await new Works(asleep).goOn();
          await asleep.control.stopWarehouse({ tries: 2, says: 'session' });
          const { code, stderr } = await asleep.run('run-once');
          expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('starting') });
          expect(await asleep.sql('SELECT equipment_id, status FROM {}.agent_recommendations')).toEqual([
            { equipment_id: 'EQ_1', status: 'pending' },
          ]);
        } finally {
          await asleep.drop();
        }
      },
      TIMEOUT_MS,
    );

    test(
      `${RUNS} runs that each meet a fault at another statement all end well, lose nothing, and do nothing twice`,
      async () => {
        const { control } = site();
        const works = new Works(site());
        let met = 0;
        for (let run = 0; met < RUNS; run += 1) {
          if (run === 2 * RUNS) throw new Error(`only ${met} of ${run} runs met their fault`);
          await works.goOn();
          const [fault, nth] = [FAULTS[run % FAULTS.length], ((run * 4) % STATEMENTS) + 1];
          if (fault === undefined) throw new Error('there are faults');
          const armed = await control.arm({ sql: '.', nth, fault });
          const { code, stderr } = await site().run('run-once', '--run-id', RUN);
          expect({ fault, nth, code, stderr }).toEqual({ fault, nth, code: 0, stderr: expect.any(String) });
          met += await control.met(armed);
          await control.clearFaults();
        }
        await works.settle();
        expect(await works.wrongs()).toEqual(NOTHING_WRONG);
        // Nothing died on the way to the plant.
        expect(await site().sql(`SELECT 1 FROM {}.agent_commands WHERE status <> 'executed'`)).toEqual([]);
      },
      TIMEOUT_MS,
    );
  },
  WORKS_CONFIGURATION,
);
