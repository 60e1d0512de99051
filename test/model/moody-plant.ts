import type { SimulatedPlant } from '../../src/plant/simulated-plant.ts';
import type { Plant, TagReading, WriteOutcome, WriteRequest } from '../../src/ports/plant.ts';
import { PLANT_TIMEOUT_SECONDS } from './plant-floor.ts';
import type { Run } from './run.ts';

/**
 * How the plant answers. `silent`: not at all, and nothing gets there. `lying`: it confirms and does nothing. `forgetful`: it acts, and the answer
 * is lost. `slow`: reads take long, and a write arrives only after the caller has given up. `deaf`: a write is sent and never arrives.
 */
export const MOODS = ['well', 'silent', 'lying', 'forgetful', 'slow', 'deaf'] as const;
export type Mood = (typeof MOODS)[number];

const FAILURES = { silent: 'no_answer', lying: 'lying', forgetful: 'write_lost_answer' } as const;
const SLOW_READ_MS = 7000;
const TIMEOUT_MS = PLANT_TIMEOUT_SECONDS * 1000;
const TOO_LATE_MS = TIMEOUT_MS + 2000;

/** What the plant's side of a sequence hears and says. */
export interface PlantWatch {
  readonly mood: () => Mood;
  readonly pass: (ms: number) => Promise<void>;
  /** The product's own error: a mutated build knows no other. */
  readonly noAnswer: () => Error;
  readonly read: (readings: readonly TagReading[]) => void;
  readonly sent: (request: WriteRequest) => void;
  readonly arrived: (request: WriteRequest, fate: 'taken' | 'refused' | 'lost') => void;
}

/** One run's way to the simulated plant. */
export function moodyPlant(plant: Plant & SimulatedPlant, run: Run, watch: PlantWatch): Plant {
  const inMood = (): Mood => {
    const mood = watch.mood();
    plant.setFailure(mood === 'silent' || mood === 'lying' || mood === 'forgetful' ? FAILURES[mood] : null);
    return mood;
  };
  const read = async (tags: readonly string[]): Promise<readonly TagReading[]> => {
    const mood = inMood();
    if (mood === 'slow') await watch.pass(SLOW_READ_MS);
    if (mood !== 'silent') return plant.read(tags);
    await watch.pass(TIMEOUT_MS);
    throw watch.noAnswer();
  };
  const write = async (request: WriteRequest): Promise<WriteOutcome> => {
    const mood = inMood();
    watch.sent(request);
    if (mood === 'deaf') {
      await watch.pass(TIMEOUT_MS);
      watch.arrived(request, 'lost');
      return { kind: 'ambiguous', reason: 'no answer in time' };
    }
    if (mood === 'slow') await watch.pass(TOO_LATE_MS);
    const before = plant.writes().length;
    const outcome = await plant.write(request);
    const [received] = plant.writes().slice(before);
    if (received) watch.arrived(request, received.accepted ? 'taken' : 'refused');
    return mood === 'slow' ? { kind: 'ambiguous', reason: 'no answer in time' } : outcome;
  };
  return {
    kind: plant.kind,
    description: plant.description,
    acts: plant.acts,
    read: (tags) =>
      run.call(
        'plant',
        () => read(tags),
        async (readings) => watch.read(readings),
      ),
    write: (request) =>
      run.call(
        'plant',
        () => write(request),
        async () => {},
      ),
    close: () => Promise.resolve(),
  };
}
