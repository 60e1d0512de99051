import { type CrashPoint, raisingAt } from '../domain/crash-point.ts';
import type { Connection } from './connection.ts';

/** Kills or stops this process before or after the nth statement: the tests' way to every instant of a cycle. */
export function crashingConnection(inner: Connection, point: CrashPoint): Connection {
  // Around a whole statement or transaction, so that a process that stops holds no lock of the database's.
  const around = raisingAt(point, (signal) => process.kill(process.pid, signal));
  return {
    hasTransactions: inner.hasTransactions,
    execute: (statement) => around(() => inner.execute(statement)),
    executeAll: (statements) => around(() => inner.executeAll(statements)),
    close: () => inner.close(),
  };
}
