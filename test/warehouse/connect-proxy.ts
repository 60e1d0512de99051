import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

export interface ConnectProxy {
  /** As HTTPS_PROXY names it. */
  readonly address: string;
  /** What was asked for, as `host:port`. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** A proxy as companies have them: it only tunnels, and here every way leads to one port of the loopback. */
export async function connectProxy(port: number): Promise<ConnectProxy> {
  const asked: string[] = [];
  // The server forgets a socket once it is a tunnel.
  const tunnels = new Set<{ destroy(): void }>();
  const server = createServer();
  server.on('connect', (request, client, head) => {
    asked.push(request.url ?? '');
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      target.write(head);
      target.pipe(client).pipe(target);
    });
    tunnels.add(client).add(target);
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const)
      socket.on('error', () => other.destroy()).on('close', () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
    asked,
    close: async () => {
      for (const socket of tunnels) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
