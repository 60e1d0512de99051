import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import * as product from './product.ts';
import { Rig } from './rig.ts';
import { play, sequences } from './sequences.ts';

const RUNS = Number(process.env['MODEL_RUNS'] ?? 5000);
/** Most of them are the same every time; the rest looks where nobody has been, but where a run has to say something about a change alone. */
const SEED = process.env['MODEL_SEED'] ?? (process.env['CI'] === 'true' ? '1' : undefined);
const OTHERS = 5;
const FIXED_SEED = 20_260_301;
/** Of a hundred of many sequences at least so many: what seldom happened would be proved by next to nothing. */
const LEAST = { writes: 30, due: 4, refused: 15, unknown: 2, deaths: 3, stalls: 15, fenced: 1 } as const;
const MANY = 1000;

describe('whatever readings, people, intruders, the plant, the clock and dying or stalling runs do', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.open(product);
  });
  afterAll(() => rig.close());

  async function failureIn(numRuns: number, seed: number): Promise<string> {
    const held = fc.asyncProperty(sequences(), (sequence) => play(rig, sequence));
    const { failed, counterexample, errorInstance, counterexamplePath, numRuns: last } = await fc.check(held, { numRuns, seed });
    if (!failed) return '';
    const [setup, steps] = counterexample?.[0] ?? [];
    const why = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
    const where = `sequence ${last} of MODEL_SEED=${seed}, path ${counterexamplePath ?? ''}`;
    return `${JSON.stringify(setup)}\n${fc.stringify(steps).replaceAll(/,(?! )/g, '\n')}\n${why}\n(${where})`;
  }

  test(
    'what reaches the plant was approved, once and in time; what was approved gets there; all comes to an end; the audit knew first',
    async () => {
      const others = Math.ceil(RUNS / OTHERS);
      const random = SEED === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(SEED);
      expect(await failureIn(RUNS - others, FIXED_SEED)).toBe('');
      expect(await failureIn(others, random)).toBe('');
    },
    60_000 + RUNS * 300,
  );

  test('and all of that is met, not only talked about', () => {
    const { sequences: played, ...counts } = rig.tally;
    expect(played).toBe(RUNS);
    if (RUNS < MANY) return;
    for (const [what, least] of Object.entries(LEAST))
      expect({ what, isEnough: counts[what as keyof typeof LEAST] >= (least * played) / 100 }).toEqual({ what, isEnough: true }); // the object's own keys
  });
});
