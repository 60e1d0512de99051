import type { CrashPoint } from '../domain/crash-point.ts';
import type { Connection } from './connection.ts';

/** Kills this process before or after the nth statement: the crash tests' way to every instant of a cycle. */
export function crashingConnection(inner: Connection, point: CrashPoint): Connection {
  let count = 0;
  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    count += 1;
    if (count === point.nth && point.when === 'before') process.kill(process.pid, 'SIGKILL');
    const result = await work();
    if (count === point.nth && point.when === 'after') process.kill(process.pid, 'SIGKILL');
    return result;
  };
  return {
    execute: (statement) => around(() => inner.execute(statement)),
    executeAll: (statements) => around(() => inner.executeAll(statements)),
    close: () => inner.close(),
  };
}
