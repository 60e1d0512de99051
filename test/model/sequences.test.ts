import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import * as product from './product.ts';
import { Rig } from './rig.ts';
import { play, type Sequence, sequences } from './sequences.ts';

const RUNS = Number(process.env['MODEL_RUNS'] ?? 200);
const SEED = process.env['MODEL_SEED'];

describe('any sequence', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.open(product);
  });
  afterAll(() => rig.close());

  test('keeps', async () => {
    const details = await fc.check(
      fc.asyncProperty(sequences(), (sequence) => play(rig, sequence)),
      { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
    console.log(JSON.stringify(rig.tally));
    expect(told(details)).toBe('');
  }, 600_000);
});

function told({ failed, counterexample, errorInstance, seed, counterexamplePath, numRuns }: fc.RunDetails<[Sequence]>): string {
  if (!failed) return '';
  const [setup, steps] = counterexample?.[0] ?? [];
  const why = errorInstance instanceof Error ? errorInstance.stack : String(errorInstance);
  return `${JSON.stringify(setup)}\n${String(steps).replaceAll(',', '\n')}\n${why}\n(${numRuns} of seed ${seed}, path ${counterexamplePath ?? ''})`;
}
