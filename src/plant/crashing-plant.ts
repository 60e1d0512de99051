import { type CrashPoint, raisingAt } from '../domain/crash-point.ts';
import type { Plant } from '../ports/plant.ts';

/** Kills or stops this process before or after the nth call to the plant: the tests' way between a write and its record. */
export function crashingPlant(inner: Plant, point: CrashPoint): Plant {
  const around = raisingAt(point, (signal) => process.kill(process.pid, signal));
  return {
    kind: inner.kind,
    description: inner.description,
    acts: inner.acts,
    read: (tags) => around(() => inner.read(tags)),
    write: (request) => around(() => inner.write(request)),
    close: () => inner.close(),
  };
}
