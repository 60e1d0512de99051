/** What there is to know about anything that the driver or a library below it throws. */
export interface Thrown {
  readonly thrown: unknown;
  readonly name: string;
  readonly message: string;
  /** Of the HTTP answer; undefined where none came. */
  readonly status: number | undefined;
  /** How long a refused request is to wait, at least a second; null where the answer does not say that in seconds. */
  readonly retryAfterSeconds: number | null;
  /** Of Node's own errors: ECONNRESET, CERT_HAS_EXPIRED … */
  readonly code: string;
  readonly sqlState: string;
  /** `[TABLE_OR_VIEW_NOT_FOUND]` at the beginning of the engine's message, without the part after a dot. */
  readonly errorClass: string;
  /** How an operation ended: ERROR, CANCELED, TIMEOUT … */
  readonly operationState: string;
}

/** In which header of a refusal a workspace says why. */
const REASON_HEADERS = ['x-thriftserver-error-message', 'x-databricks-reason-phrase'];
/** What the server puts in front of the engine's own message. */
const WRAPPING = /^org\.apache\.hive\.service\.cli\.HiveSQLException: (Error running query: )?/;
/** And the engine in front of the message that has its class already. */
const EXCEPTION = /^(\[[A-Z0-9_.]+\] )?([a-z]\w*\.)+\w+(Exception|Error):\s*(?=\[)/;
/** What comes behind the engine's sentences: the statement with a mark under it, its plan, a stack. */
const REST = /^\s*(== |at \S|Caused by:|[+:]- |'?[A-Z]\w+ \[)|^\s*$/;
/** The last line of the sentences; some of them are wrapped. */
const LAST = /\bSQLSTATE: |;\s*$/;
/** In characters. The whole of it is in the query history. */
const LONGEST_MESSAGE = 300;
/** What the driver says once it gave up repeating; the answer itself is gone by then. */
const GAVE_UP = /^Hive driver: (\d{3}) when connecting to resource/;

export function read(thrown: unknown): Thrown {
  const response = part(thrown, 'response');
  const own = text(thrown, 'message') || (typeof thrown === 'string' ? thrown : '');
  const message = firstOf(
    text(response, 'errorMessage').replace(WRAPPING, '').replace(EXCEPTION, '').trim(),
    text(response, 'displayMessage'),
    reasonOf(response),
    own,
    'no message',
  );
  const gaveUp = GAVE_UP.exec(own)?.[1];
  return {
    thrown,
    name: text(thrown, 'name'),
    message: shortened(sentencesOf(message)),
    status: number(thrown, 'statusCode') ?? number(response, 'statusCode') ?? (gaveUp === undefined ? undefined : Number(gaveUp)),
    retryAfterSeconds: wholeSeconds(header(response, 'retry-after')),
    code: firstOf(text(thrown, 'code'), text(part(thrown, 'cause'), 'code')),
    sqlState: firstOf(text(response, 'sqlState'), /SQLSTATE: ([0-9A-Z]{5})/.exec(message)?.[1] ?? ''),
    errorClass: /\[([A-Z][A-Z0-9_]+)(?:\.[A-Z0-9_.]+)?\]/.exec(message)?.[1] ?? '',
    operationState: text(thrown, 'errorCode'),
  };
}

function part(value: unknown, key: string): unknown {
  return value !== null && typeof value === 'object' && key in value ? (value as Record<string, unknown>)[key] : undefined;
}

function text(value: unknown, key: string): string {
  const found = part(value, key);
  return typeof found === 'string' ? found : '';
}

function number(value: unknown, key: string): number | undefined {
  const found = part(value, key);
  return typeof found === 'number' ? found : undefined;
}

function firstOf(...texts: readonly string[]): string {
  return texts.find((candidate) => candidate !== '') ?? '';
}

/** On one line. */
function sentencesOf(message: string): string {
  const lines = message.trim().split(/\r?\n/);
  const rest = lines.findIndex((line, index) => index > 0 && REST.test(line));
  const said = rest === -1 ? lines : lines.slice(0, rest);
  const last = said.findIndex((line) => LAST.test(line));
  return (last === -1 ? said : said.slice(0, last + 1)).map((line) => line.trim()).join(' ');
}

function shortened(message: string): string {
  if (message.length <= LONGEST_MESSAGE) return message;
  const cut = message.slice(0, LONGEST_MESSAGE + 1);
  const end = cut.lastIndexOf(' ');
  return `${cut.slice(0, end > 0 ? end : LONGEST_MESSAGE)} …`;
}

function reasonOf(response: unknown): string {
  return firstOf(...REASON_HEADERS.map((name) => header(response, name)));
}

function header(response: unknown, name: string): string {
  const headers = part(response, 'headers');
  const get = part(headers, 'get');
  const value: unknown = typeof get === 'function' ? get.call(headers, name) : '';
  return typeof value === 'string' ? value : '';
}

/** A date there is passed over: it would be of another clock. */
function wholeSeconds(said: string): number | null {
  return /^[1-9][0-9]{0,8}$/.test(said.trim()) ? Number(said) : null;
}
