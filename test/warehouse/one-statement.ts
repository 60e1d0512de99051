/**
 * A process of its own that asks the warehouse one thing and closes its connection. What it needs is in CONNECTION: an address, its path
 * and a token.
 */
import { createSecretKey } from 'node:crypto';
import { read } from '../../src/store/connection.ts';
import { openWarehouse } from '../../src/store/databricks/connection.ts';

async function main(): Promise<void> {
  const { host, port, httpPath, token } = JSON.parse(process.env['CONNECTION'] ?? '') as Record<string, string>; // the test's own
  const credential = { kind: 'token', secret: createSecretKey(Buffer.from(token ?? '')), from: 'the test' } as const;
  const place = { host: host ?? '', port: Number(port), httpPath: httpPath ?? '', catalog: null, schema: null, caFile: null };
  const times = { statementTimeoutSeconds: 60, wakeSeconds: 60 };
  const connection = openWarehouse({ kind: 'databricks', ...place, ...times, credential }, { tags: {} });
  const { rows } = await connection.execute(read('SELECT 1 AS one'));
  await connection.close();
  process.stdout.write(JSON.stringify(rows));
}

void main();
