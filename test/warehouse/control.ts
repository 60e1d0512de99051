import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ArmedFault } from './faults.ts';
import type { Stopped } from './sessions.ts';
import type { LoggedStatement } from './statement-log.ts';
import type { Described } from './workspace-api.ts';

/** What a test asks of the warehouse behind the driver's back. */
export interface ControlCalls {
  /** Runs plain SQL as somebody with another connection would; times come as text. */
  sql(text: string): readonly Readonly<Record<string, unknown>>[];
  log(): readonly LoggedStatement[];
  clearLog(): void;
  /** @returns the fault's number */
  arm(fault: ArmedFault): number;
  met(fault: number): number;
  clearFaults(): void;
  stopWarehouse(stopped: Stopped): void;
  triedWhileStopped(): number;
  expireSessions(): void;
  addToken(token: string): void;
  revokeToken(token: string, status: 401 | 403): void;
  tokensBought(): number;
  /** What the workspace's REST API says of the warehouse from now on. */
  describeWarehouse(described: Described): void;
  /** How often it was asked since. */
  warehouseDescribed(): number;
  copySchema(source: string, target: string): void;
  dropSchema(name: string): void;
}

export type ControlHandlers = {
  readonly [K in keyof ControlCalls]: (
    ...given: Parameters<ControlCalls[K]>
  ) => ReturnType<ControlCalls[K]> | Promise<ReturnType<ControlCalls[K]>>;
};

interface Call {
  readonly call: keyof ControlCalls;
  readonly given: readonly never[];
}

/** A loopback interface in plain HTTP: a JSON call is POSTed, a JSON answer comes back. */
export async function listenForControl(handlers: ControlHandlers): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((request, response) => {
    // One connection a call: a test that waits for a child synchronously for seconds would go on with one that ended meanwhile.
    response.setHeader('connection', 'close');
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { call, given } = JSON.parse(Buffer.concat(parts).toString()) as Call; // the client's own
      const handler = handlers[call] as (...given: readonly never[]) => unknown; // the client's type has the arguments
      Promise.resolve()
        .then(() => handler(...given))
        .then(
          (ok) => response.end(JSON.stringify({ ok })),
          (thrown: unknown) => response.end(JSON.stringify({ error: (thrown as Error).message })),
        );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

export type Control = {
  readonly [K in keyof ControlCalls]: (...given: Parameters<ControlCalls[K]>) => Promise<ReturnType<ControlCalls[K]>>;
};

const CALLS: Record<keyof ControlCalls, true> = {
  sql: true,
  log: true,
  clearLog: true,
  arm: true,
  met: true,
  clearFaults: true,
  stopWarehouse: true,
  triedWhileStopped: true,
  expireSessions: true,
  addToken: true,
  revokeToken: true,
  tokensBought: true,
  describeWarehouse: true,
  warehouseDescribed: true,
  copySchema: true,
  dropSchema: true,
};

/** @throws Error with the warehouse's own words when a call fails */
export function controlAt(port: number): Control {
  const ask = async (call: string, given: readonly unknown[]): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: JSON.stringify({ call, given }) });
    const { ok, error } = (await response.json()) as { ok?: unknown; error?: string };
    if (error !== undefined) throw new Error(error);
    return ok;
  };
  return Object.fromEntries(
    Object.keys(CALLS).map((call) => [call, (...given: readonly unknown[]) => ask(call, given)]),
  ) as unknown as Control; // one function a call
}
