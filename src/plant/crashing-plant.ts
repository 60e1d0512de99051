import type { CrashPoint } from '../domain/crash-point.ts';
import type { Plant } from '../ports/plant.ts';

/** Kills this process before or after the nth call to the plant: the crash tests' way between a write and its record. */
export function crashingPlant(inner: Plant, point: CrashPoint): Plant {
  let count = 0;
  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    count += 1;
    if (count === point.nth && point.when === 'before') process.kill(process.pid, 'SIGKILL');
    const result = await work();
    if (count === point.nth && point.when === 'after') process.kill(process.pid, 'SIGKILL');
    return result;
  };
  return {
    kind: inner.kind,
    description: inner.description,
    acts: inner.acts,
    read: (tags) => around(() => inner.read(tags)),
    write: (request) => around(() => inner.write(request)),
    close: () => inner.close(),
  };
}
