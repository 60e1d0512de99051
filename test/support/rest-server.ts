import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from './json.ts';

export interface Call {
  readonly path: string;
  readonly query: URLSearchParams;
  /** The bearer token that it came with; empty where there is none. */
  readonly token: string;
  /** What stands in the path where the route has `{name}`, or `{name...}` for all the rest of it. */
  readonly in: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The body, where it is an object of JSON. */
  readonly json: Json;
}

/** `GET /api/2.2/jobs/get` and what answers it: bytes as they are, anything else as JSON. */
export type Routes = Readonly<Record<string, (call: Call) => unknown>>;

/** What a workspace refuses, in its own form, or with an answer of another one. */
export class Refusal extends Error {
  readonly status: number;
  readonly answer: Json;

  constructor(status: number, code: string, message: string, answer: Json = { error_code: code, message }) {
    super(message);
    this.status = status;
    this.answer = answer;
  }
}

export const notFound = (what: string) => new Refusal(404, 'RESOURCE_DOES_NOT_EXIST', `${what} does not exist.`);

export interface Server {
  readonly url: string;
  /** Method and path of what nothing answers: the fake lacks it. */
  readonly unanswered: readonly string[];
  close(): Promise<void>;
}

interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly answer: (call: Call) => unknown;
}

function routeOf([key, answer]: [string, (call: Call) => unknown]): Route {
  const [method = '', shape = ''] = key.split(' ');
  const pattern = shape.replaceAll('.', '\\.').replaceAll(/\{(\w+)((?:\\\.){3})?\}/g, (_all, name: string, rest?: string) => {
    return rest === undefined ? `(?<${name}>[^/]+)` : `(?<${name}>.+)`;
  });
  return { method, pattern: new RegExp(`^${pattern}$`), answer };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer); // no encoding was set
  return Buffer.concat(parts);
}

function jsonOf(body: Buffer): Json {
  if (body[0] !== 0x7b) return {};
  try {
    return JSON.parse(body.toString()) as Json; // the first byte is that of an object
  } catch {
    return {}; // a file that begins like one
  }
}

function send(response: ServerResponse, status: number, answer: unknown): void {
  const isRaw = Buffer.isBuffer(answer);
  response.writeHead(status, { 'content-type': isRaw ? 'application/octet-stream' : 'application/json' });
  response.end(isRaw ? answer : JSON.stringify(answer ?? {}));
}

/** Plain HTTP on the loopback interface, at a free port. `admit` throws what is not to be answered. */
export async function serve(routes: Routes, admit: (call: Call) => void = () => undefined): Promise<Server> {
  const table = Object.entries(routes).map(routeOf);
  const unanswered: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = decodeURIComponent(url.pathname);
    const body = await bodyOf(request);
    for (const route of table) {
      const match = route.method === request.method ? route.pattern.exec(path) : null;
      if (match === null) continue;
      const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
      const call = { path, query: url.searchParams, token, in: { ...match.groups }, body, json: jsonOf(body) };
      admit(call);
      const result = await route.answer(call);
      return send(response, 200, result);
    }
    unanswered.push(`${request.method ?? ''} ${path}`);
    throw notFound(path);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((thrown: unknown) => {
      const refusal = thrown instanceof Refusal ? thrown : new Refusal(500, 'INTERNAL_ERROR', String(thrown));
      send(response, refusal.status, refusal.answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // listening on a port, not on a pipe
  return {
    url: `http://127.0.0.1:${port}`,
    unanswered,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
