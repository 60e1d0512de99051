import { createSecretKey, type KeyObject } from 'node:crypto';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { WarehouseDatabase } from '../../src/config/settings.ts';
import type { AgentError } from '../../src/domain/errors.ts';
import type { Log } from '../../src/ports/log.ts';
import { type Connection, read } from '../../src/store/connection.ts';
import { openWarehouse } from '../../src/store/databricks/connection.ts';
import { retryingConnection } from '../../src/store/retrying-connection.ts';
import { onWarehouse } from './on-warehouse.ts';
import { type Warehouse, warehouse } from './start-warehouse.ts';

export const ONE = read('SELECT 1 AS one');
export const TAGS = { application: 'ops-agent', agent: 'agent-1' };

/** A log that is read again. */
export class Lines implements Log {
  readonly all: string[] = [];
  readonly infos: string[] = [];
  readonly debug = (message: string) => void this.all.push(message);
  readonly warn = this.debug;
  readonly error = this.debug;
  readonly info = (message: string) => {
    this.infos.push(message);
    this.all.push(message);
  };
}

export interface Opening extends Partial<WarehouseDatabase> {
  readonly log?: Log;
  readonly signal?: AbortSignal;
  readonly runId?: () => string | null;
}

export interface Scene extends Warehouse {
  /** A connection as the agent opens it, in the file's own schema; closed after the test. */
  open(given?: Opening): Connection;
}

export const secretOf = (text: string): KeyObject => createSecretKey(Buffer.from(text));

/** As a store has it: with the tries of the usual kind. */
export function retrying(connection: Connection): Connection {
  return retryingConnection(connection, { attempts: 3, baseSeconds: 0.05 });
}

/** What the work fails with. @throws Error when it does not */
export function failureOf(work: Promise<unknown>): Promise<AgentError> {
  return work.then(
    () => Promise.reject(new Error('it did not fail')),
    (thrown: unknown) => thrown as AgentError, // a connection throws nothing else
  );
}

/** Tests of the agent's own connection, with a schema of their own; skipped, aloud, where no warehouse was started. */
export function withConnection(schema: string, tests: (scene: () => Scene) => void): void {
  onWarehouse(`a connection: ${schema}`, () => {
    const opened: Connection[] = [];
    const open = ({ log, signal, runId, ...given }: Opening = {}): Connection => {
      const { host, port, httpPath, caFile, token } = warehouse();
      const credential = { kind: 'token', secret: secretOf(token), from: 'DATABRICKS_TOKEN of the environment' } as const;
      const place = { host, port, httpPath, caFile, catalog: null, schema, wakeSeconds: 60, statementTimeoutSeconds: 60 };
      const connection = openWarehouse({ kind: 'databricks', ...place, credential, ...given }, { tags: TAGS, log, signal, runId });
      opened.push(connection);
      return connection;
    };
    beforeAll(() => warehouse().control.sql(`CREATE SCHEMA ${schema}`));
    afterEach(async () => {
      for (const connection of opened.splice(0)) await connection.close();
      await warehouse().control.clearFaults();
    });
    afterAll(() => warehouse().control.dropSchema(schema));
    tests(() => ({ ...warehouse(), open }));
  });
}
