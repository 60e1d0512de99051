import { describe, expect, test } from '@jest/globals';
import { AgentError } from '../../src/domain/errors.ts';
import { type Connection, read, type Statement, type StatementResult, write } from '../../src/store/connection.ts';
import { ConflictError, RetryableError } from '../../src/store/retryable.ts';
import { retryingConnection } from '../../src/store/retrying-connection.ts';

const DONE: StatementResult = { rows: [{ n: 1 }], columns: ['n'], changes: 0 };
const QUICK = { attempts: 3, baseSeconds: 0.001 };

/** A second implementation of the port: fails with what it is given, one error a try, then answers. */
class FailingConnection implements Connection {
  readonly hasTransactions: boolean;
  tries = 0;
  readonly #errors: readonly (Error | undefined)[];
  readonly #onTry: (nth: number) => void;

  constructor(errors: readonly (Error | undefined)[], onTry: (nth: number) => void = () => undefined, hasTransactions = true) {
    this.#errors = errors;
    this.#onTry = onTry;
    this.hasTransactions = hasTransactions;
  }

  execute(): Promise<StatementResult> {
    const error = this.#errors[this.tries];
    this.tries += 1;
    this.#onTry(this.tries);
    return error ? Promise.reject(error) : Promise.resolve(DONE);
  }

  async executeAll(statements: readonly Statement[]): Promise<readonly number[]> {
    await this.execute();
    return statements.map(() => 1);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const busy = (count: number) => Array.from({ length: count }, (_unused, index) => new RetryableError(`busy ${index + 1}`));

describe('a statement', () => {
  test('is tried up to three times more when another try may mend it', async () => {
    const inner = new FailingConnection(busy(3));
    await expect(retryingConnection(inner, QUICK).execute(read('SELECT 1'))).resolves.toMatchObject(DONE);
    expect(inner.tries).toBe(4);
  });

  test('fails with the last error when the tries are used up', async () => {
    const inner = new FailingConnection(busy(4));
    await expect(retryingConnection(inner, QUICK).execute(read('SELECT 1'))).rejects.toThrow('busy 4');
    expect(inner.tries).toBe(4);
  });

  test('is not tried again when the failure is one that stays', async () => {
    const inner = new FailingConnection([new AgentError('usage', 'no such column: x')]);
    await expect(retryingConnection(inner, QUICK).execute(read('SELECT x'))).rejects.toThrow('no such column: x');
    expect(inner.tries).toBe(1);
  });

  test('of a migration is retried like any other', async () => {
    const inner = new FailingConnection(busy(1));
    await retryingConnection(inner, QUICK).executeAll([]);
    expect(inner.tries).toBe(2);
  });

  test('that was done is not repeated because a later one failed, where there are no transactions', async () => {
    const inner = new FailingConnection([undefined, new ConflictError(), undefined], undefined, false);
    const three = [write('A'), write('B'), write('C')];
    await expect(retryingConnection(inner, QUICK).executeAll(three)).resolves.toEqual([0, 0, 0]);
    expect(inner.tries).toBe(4);
  });

  test('says nothing of the rows that it wrote where an answer was lost', async () => {
    const one = retryingConnection(new FailingConnection(busy(1)), QUICK).execute(write('A'));
    await expect(one).resolves.toEqual({ ...DONE, isRepeat: true });
    const beaten = retryingConnection(new FailingConnection([new ConflictError()]), QUICK).execute(write('A'));
    await expect(beaten).resolves.toEqual(DONE);
    const apart = new FailingConnection([undefined, ...busy(1)], undefined, false);
    await expect(retryingConnection(apart, QUICK).executeAll([write('A'), write('B')])).resolves.toEqual([0, null]);
    await expect(retryingConnection(new FailingConnection(busy(1)), QUICK).executeAll([write('A')])).resolves.toEqual([null]);
  });
});

describe('a run that is asked to stop', () => {
  test('still records what it did: a statement is tried although the signal came first', async () => {
    const inner = new FailingConnection([]);
    await expect(retryingConnection(inner, QUICK, AbortSignal.abort()).execute(read('SELECT 1'))).resolves.toBe(DONE);
  });

  test('does not lose an answer that arrived while the signal did', async () => {
    const stop = new AbortController();
    const inner = new FailingConnection([], () => stop.abort());
    await expect(retryingConnection(inner, QUICK, stop.signal).execute(read('SELECT 1'))).resolves.toBe(DONE);
  });

  test('does not wait for a better moment, and says what failed', async () => {
    const stop = new AbortController();
    const inner = new FailingConnection(busy(4), (nth) => nth === 1 && stop.abort());
    const slow = { attempts: 3, baseSeconds: 3600 };
    await expect(retryingConnection(inner, slow, stop.signal).execute(read('SELECT 1'))).rejects.toThrow('busy 1');
    expect(inner.tries).toBe(1);
  });

  test('ends a wait that is under way', async () => {
    const stop = new AbortController();
    const inner = new FailingConnection(busy(4), (nth) => nth === 1 && setTimeout(() => stop.abort(), 20));
    const slow = { attempts: 3, baseSeconds: 3600 };
    await expect(retryingConnection(inner, slow, stop.signal).execute(read('SELECT 1'))).rejects.toThrow('busy 1');
    expect(inner.tries).toBe(1);
  });
});
