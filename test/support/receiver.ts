import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it came in. */
export interface ReceivedPost {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What it answers; `silence`: nothing, until the client gives up. */
export type Answer = { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string } | 'silence';

export interface Receiver {
  readonly url: string;
  readonly posts: readonly ReceivedPost[];
  /** Answers from now on; may look at the request first. */
  answer(how: Answer | ((post: ReceivedPost) => Answer | Promise<Answer>)): void;
  close(): Promise<void>;
}

/** A server of webhooks on the loopback, with a port of its own. */
export async function newReceiver(): Promise<Receiver> {
  const posts: ReceivedPost[] = [];
  let how: Parameters<Receiver['answer']>[0] = { status: 200 };
  const reply = async (post: ReceivedPost, response: ServerResponse) => {
    const answer = await (typeof how === 'function' ? how(post) : how);
    if (answer === 'silence') return;
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body ?? 'ok');
  };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const post = { path: request.url ?? '', headers: request.headers, body };
      posts.push(post);
      void reply(post, response);
    });
  });
  await listening(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // of a server that listens by TCP
    posts,
    answer: (next) => {
      how = next;
    },
    close: () => closed(server),
  };
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
