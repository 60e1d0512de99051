import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

export interface SpokenServer {
  readonly port: number;
  close(): void;
}

/** What is said to one client, for as long as it is there. */
export type Speaker = (line: string, say: Say) => void;

export interface Say {
  (text: string): void;
  /** Again and again until the client is gone: a server that never comes to an end. */
  readonly on: (text: string) => void;
  readonly end: (text: string) => void;
}

const PAUSE_MS = 100;

/** A server on the loopback of any protocol in lines, which says byte for byte what a test has it say: also what no library would. */
export async function newSpokenServer(
  greeting: string,
  speaker: () => Speaker,
  certificates?: { readonly key: string; readonly cert: string },
): Promise<SpokenServer> {
  const sockets = new Set<Socket>();
  const listener = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const speak = speaker();
    let rest = '';
    const say: Say = Object.assign((text: string) => void socket.write(text), {
      end: (text: string) => void socket.end(text),
      on: (text: string) => {
        const timer = setInterval(() => void socket.write(text), PAUSE_MS);
        socket.on('close', () => clearInterval(timer));
      },
    });
    if (greeting !== '') say(greeting);
    socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = `${rest}${text}`.split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) speak(line, say);
    });
  };
  const server = certificates === undefined ? createServer(listener) : createTlsServer(certificates, listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port, // of a server that listens by TCP
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
