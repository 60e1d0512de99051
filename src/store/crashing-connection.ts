import { type CrashPoint, dyingAt } from '../domain/crash-point.ts';
import type { Connection } from './connection.ts';

/** Kills this process before or after the nth statement: the crash tests' way to every instant of a cycle. */
export function crashingConnection(inner: Connection, point: CrashPoint): Connection {
  const around = dyingAt(point, () => process.kill(process.pid, 'SIGKILL'));
  return {
    execute: (statement) => around(() => inner.execute(statement)),
    executeAll: (statements) => around(() => inner.executeAll(statements)),
    close: () => inner.close(),
  };
}
