import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Certificates } from './certificates.ts';
import type { BadAnswer } from './faults.ts';
import type { Exchange, Service } from './service.ts';
import { processed } from './thrift-library.ts';
import type { Tokens } from './tokens.ts';
import type { WorkspaceApi } from './workspace-api.ts';

const ID = '0123456789abcdef';
export const HTTP_PATH = `/sql/1.0/warehouses/${ID}`;
const REST_PATH = `/api/2.0/sql/warehouses/${ID}`;
/** The driver keeps its sockets; one that the server closes between two statements would look like a fault. */
const KEEP_ALIVE_MS = 600_000;

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer); // no encoding is set
  return Buffer.concat(parts);
}

function say(response: ServerResponse, status: number, body: object, headers: Readonly<Record<string, string>> = {}): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers });
  response.end(text);
}

function goWrong(response: ServerResponse, bad: BadAnswer, reply: Buffer): void {
  if (bad.kind === 'status') {
    const retryAfter = bad.retryAfterSeconds === undefined ? {} : { 'retry-after': String(bad.retryAfterSeconds) };
    const reason = bad.reason === undefined ? {} : { 'x-thriftserver-error-message': bad.reason };
    const code = bad.status < 500 ? 'BAD_REQUEST' : 'TEMPORARILY_UNAVAILABLE';
    say(response, bad.status, { error_code: code, message: bad.reason ?? `a fault: ${bad.status}` }, { ...retryAfter, ...reason });
    return;
  }
  if (bad.kind === 'drop') {
    response.socket?.destroy();
    return;
  }
  const length = bad.framing === 'length' ? { 'content-length': Math.max(reply.length, 2) } : {};
  response.writeHead(200, { 'content-type': 'application/x-thrift', ...length });
  const half = reply.length > 1 ? reply.subarray(0, reply.length / 2) : Buffer.from('x');
  response.write(half, () => response.socket?.destroy());
}

/** The HTTPS endpoint of the warehouse, and those of the workspace: its tokens, and what it says of the warehouse. */
export class ThriftServer {
  readonly #server: Server;
  readonly #service: Service;
  readonly #tokens: Tokens;
  readonly #api: WorkspaceApi;

  constructor({ key, cert }: Certificates, service: Service, { tokens, api }: { readonly tokens: Tokens; readonly api: WorkspaceApi }) {
    this.#service = service;
    this.#tokens = tokens;
    this.#api = api;
    this.#server = createServer({ key, cert, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      this.#answer(request, response).catch((thrown: unknown) => response.destroy(thrown as Error));
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port; // it listens on TCP
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'https://localhost');
    const body = await bodyOf(request);
    const { authorization = '', host = '' } = request.headers;
    if (pathname === '/oidc/.well-known/oauth-authorization-server') {
      const issuer = `https://${host}/oidc`;
      say(response, 200, { issuer, token_endpoint: `${issuer}/v1/token`, authorization_endpoint: `${issuer}/v1/authorize` });
    } else if (pathname === '/oidc/v1/token') {
      const bought = this.#tokens.buy(authorization);
      say(response, bought.status, bought.body);
    } else if (pathname !== HTTP_PATH && pathname !== REST_PATH) say(response, 404, { error_code: 'ENDPOINT_NOT_FOUND' });
    else {
      const status = this.#tokens.statusOf(authorization);
      if (status === 200 && pathname === REST_PATH) {
        const answer = this.#api.answer(ID);
        say(response, answer.status, answer.body);
      } else if (status === 200) await this.#call(request, response, body);
      else say(response, status, { error_code: String(status), message: 'Invalid access token.' });
    }
  }

  async #call({ headers }: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    const token = (headers.authorization ?? '').replace(/^Bearer /, '');
    const exchange: Exchange = { userAgent: headers['user-agent'] ?? '', token, bad: null };
    const reply = await processed(this.#service.calls(exchange), body);
    if (exchange.bad === null) {
      response.writeHead(200, { 'content-type': 'application/x-thrift', 'content-length': reply.length });
      response.end(reply);
    } else goWrong(response, exchange.bad, reply);
  }
}
