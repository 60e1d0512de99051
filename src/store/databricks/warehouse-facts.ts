import type { WarehouseDatabase } from '../../config/settings.ts';
import { AgentError } from '../../domain/errors.ts';
import type { WarehouseFacts } from '../../domain/warehouse-polling.ts';
import type { Log } from '../../ports/log.ts';
import { connectWarehouse } from './driver.ts';
import { failureOf } from './error-translation.ts';

/** A look, not work: whoever waits longer learns nothing by it. */
const TIMEOUT_MS = 10_000;
const ID = /\/(?:warehouses|endpoints)\/([\w-]+)(?:\?|$)/;

/**
 * What the workspace's REST API says of the warehouse (`GET /api/2.0/sql/warehouses/{id}`), by the login and the way of its statements. It starts
 * no warehouse, as any statement would. @throws AgentError where there is no answer, or none about this warehouse
 */
export async function warehouseFacts(settings: WarehouseDatabase, log: Log | undefined): Promise<WarehouseFacts> {
  const id = ID.exec(settings.httpPath)?.[1];
  if (id === undefined) throw new AgentError('usage', `${settings.httpPath} has no warehouse's id in it`);
  try {
    const warehouse = await connectWarehouse(settings, {}, log);
    try {
      const { status, body } = await warehouse.ask(`/api/2.0/sql/warehouses/${id}`, TIMEOUT_MS);
      if (status !== 200 || body === null || typeof body !== 'object')
        throw new AgentError('not_found', `the workspace's REST API answered HTTP ${status}`);
      return factsIn(body);
    } finally {
      await warehouse.close().catch(() => undefined);
    }
  } catch (thrown) {
    const { host, httpPath, credential } = settings;
    throw failureOf(thrown, { address: host, httpPath, credential: credential.from, sql: '' }).error;
  }
}

function factsIn(body: object): WarehouseFacts {
  const said = body as Readonly<Record<string, unknown>>; // an object of JSON
  const text = (key: string) => (typeof said[key] === 'string' ? said[key] : null);
  const minutes = said['auto_stop_mins'];
  const serverless = said['enable_serverless_compute'];
  return {
    state: text('state'),
    size: text('cluster_size'),
    autoStopMinutes: typeof minutes === 'number' ? minutes : null,
    isServerless: typeof serverless === 'boolean' ? serverless : null,
  };
}
