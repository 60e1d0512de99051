import type { Agent } from 'node:http';
import { request } from 'node:https';

/** Where a workspace is asked for something beside statements, and by which way and login. */
export interface WorkspaceWay {
  readonly host: string;
  readonly port: number;
  readonly agent: Agent | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface WorkspaceAnswer {
  readonly status: number;
  /** Its JSON; undefined where it is none. */
  readonly body: unknown;
}

/** What it is asked for is small; more than this is an error page. */
const MOST_CHARACTERS = 1_000_000;

/** One GET. @throws what Node throws, for error-translation.ts */
export function askWorkspace({ host, port, agent, headers }: WorkspaceWay, path: string, timeoutMs: number): Promise<WorkspaceAnswer> {
  return new Promise((resolve, reject) => {
    const asking = request({ host, port, path, headers, ...(agent && { agent }), signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        if (text.length < MOST_CHARACTERS) text += part;
      });
      response.once('error', reject).once('end', () => resolve({ status: response.statusCode ?? 0, body: jsonIn(text) }));
    });
    asking.once('error', reject).end();
  });
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
