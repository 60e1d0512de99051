import { describe, expect, test } from '@jest/globals';
import { AgentError } from '../../src/domain/errors.ts';
import { failureOf } from '../../src/store/databricks/error-translation.ts';
import type { Failure } from '../../src/store/databricks/failure.ts';
import { typedParameters } from '../../src/store/databricks/parameters.ts';
import { resultOf } from '../../src/store/databricks/result.ts';
import { RetryableError } from '../../src/store/retryable.ts';

const AT = {
  address: 'adb-1.2.azuredatabricks.net',
  httpPath: '/sql/1.0/warehouses/ab12',
  credential: 'DATABRICKS_TOKEN of the environment',
  sql: 'SELECT 1',
};

/** As the driver throws what an operation ended with: an Error with the answer. */
function operation(errorMessage: string, sqlState = '', errorCode = 'ERROR'): Error {
  return Object.assign(new Error('the display message'), {
    errorCode,
    response: { errorMessage, sqlState, displayMessage: 'the display message' },
  });
}

/** As the driver throws what a session answers: no Error at all. */
function status(message: string): object {
  return { name: 'Status Error', message, code: -1 };
}

/** As the driver throws an HTTP answer. */
function http(statusCode: number, reason?: string, retryAfter?: string): Error {
  const said = new Map([
    ['x-thriftserver-error-message', reason],
    ['retry-after', retryAfter],
  ]);
  const headers = { get: (name: string) => said.get(name) ?? null };
  return Object.assign(new Error(`Received a response with a bad HTTP status code: ${statusCode}`), { statusCode, response: { headers } });
}

function network(code: string, message = `request to https://x failed, reason: ${code}`): Error {
  return Object.assign(new Error(message), { name: 'FetchError', type: 'system', code });
}

function failure(thrown: unknown): {
  readonly kind: Failure['kind'];
  readonly code: string;
  readonly retryable: boolean;
  readonly said: string;
} {
  const { kind, error } = failureOf(thrown, AT);
  return { kind, code: error.code, retryable: error instanceof RetryableError, said: `${error.message}; ${error.remedy}` };
}

describe('what the driver throws', () => {
  test.each<[string, unknown, Failure['kind'], string, RegExp]>([
    [
      'a session that has expired',
      status('requirement failed: Session handle SessionHandle [x] has not been initialized or had already closed'),
      'session_gone',
      'store_unavailable',
      /closed the session/,
    ],
    [
      'a session that is unknown',
      status('Invalid SessionHandle: SessionHandle [x]'),
      'session_gone',
      'store_unavailable',
      /closed the session/,
    ],
    ['the same as an operation’s end', operation('Invalid OperationHandle: x'), 'session_gone', 'store_unavailable', /closed the session/],
    [
      'a warehouse that starts',
      http(503, 'TEMPORARILY_UNAVAILABLE: the warehouse is starting'),
      'waking',
      'store_unavailable',
      /HTTP 503: TEMPORARILY_UNAVAILABLE/,
    ],
    [
      '503 once the driver gave up',
      new Error('Hive driver: 503 when connecting to resource. Max retry count exceeded.'),
      'waking',
      'store_unavailable',
      /HTTP 503/,
    ],
    ['too many requests', http(429), 'final', 'store_unavailable', /takes no more requests/],
    ['a gateway that failed', http(502), 'unknown_outcome', 'store_unavailable', /HTTP 502/],
    [
      'a token that is wrong',
      http(403),
      'refused',
      'unauthorised',
      /refused the credential \(HTTP 403\); check DATABRICKS_TOKEN of the environment/,
    ],
    ['a token that has ended', http(401, 'ExpiredToken'), 'refused', 'unauthorised', /HTTP 401: ExpiredToken/],
    [
      'a service principal that is refused',
      Object.assign(new Error('invalid_client (Client authentication failed)'), { name: 'OPError' }),
      'refused',
      'unauthorised',
      /service principal \(invalid_client/,
    ],
    ['a path that is wrong', http(404), 'final', 'usage', /no warehouse at \/sql\/1.0\/warehouses\/ab12/],
    [
      'a host that nobody knows',
      network('ENOTFOUND'),
      'unknown_outcome',
      'store_unavailable',
      /cannot be reached \(ENOTFOUND\); check the host, the network and HTTPS_PROXY/,
    ],
    [
      'a socket that was cut',
      network('ERR_STREAM_PREMATURE_CLOSE', 'Invalid response body while trying to fetch x: Premature close'),
      'unknown_outcome',
      'store_unavailable',
      /was cut/,
    ],
    ['an answer that did not come', new Error('Request timed out'), 'unknown_outcome', 'store_unavailable', /was cut/],
    [
      'an authority that is unknown',
      network('SELF_SIGNED_CERT_IN_CHAIN'),
      'final',
      'store_unavailable',
      /not trusted \(SELF_SIGNED_CERT_IN_CHAIN\); set store.caFile/,
    ],
    ['a certificate of another host', network('ERR_TLS_CERT_ALTNAME_INVALID'), 'final', 'store_unavailable', /not valid/],
    [
      'a cloud without OAuth',
      Object.assign(new Error('OAuth is not supported for x'), { name: 'AuthenticationError' }),
      'final',
      'usage',
      /no OAuth/,
    ],
    [
      'a conflict',
      operation('[DELTA_CONCURRENT_APPEND.WITHOUT_HINT] Transaction conflict detected', '2D521'),
      'final',
      'store_unavailable',
      /another writer/,
    ],
    [
      'a conflict by its older name',
      operation('io.delta.exceptions.ConcurrentAppendException: Files were added'),
      'final',
      'store_unavailable',
      /another writer/,
    ],
    ['a statement that was cancelled', operation('', '', 'CANCELED'), 'unknown_outcome', 'store_unavailable', /was ended \(CANCELED/],
    [
      'a table of ours that is missing',
      operation('[TABLE_OR_VIEW_NOT_FOUND] The table or view `c`.`s`.`agent_health` cannot be found. SQLSTATE: 42P01\nplan'),
      'final',
      'not_set_up',
      /lacks a table .*agent_health.*run: ops-agent setup/,
    ],
    [
      'a table of theirs that is missing',
      operation('[TABLE_OR_VIEW_NOT_FOUND] The table or view `plant` cannot be found', '42P01'),
      'final',
      'usage',
      /source.table/,
    ],
    [
      'a schema that is missing',
      operation('[SCHEMA_NOT_FOUND] The schema `x` cannot be found', '42704'),
      'final',
      'usage',
      /store.catalog and store.schema/,
    ],
    [
      'a schema that is missing, by the session',
      status('[NO_SUCH_CATALOG_EXCEPTION] Catalog x was not found'),
      'final',
      'usage',
      /store.catalog/,
    ],
    [
      'a privilege that is missing',
      operation('[INSUFFICIENT_PERMISSIONS] User does not have SELECT', '42501'),
      'final',
      'unauthorised',
      /granted/,
    ],
    [
      'a condition that is not met',
      operation('[DELTA_NOT_NULL_CONSTRAINT_VIOLATED] NOT NULL constraint', '23502'),
      'final',
      'usage',
      /condition of the table/,
    ],
    ['a statement that is none', operation('[PARSE_SYNTAX_ERROR] Syntax error', '42601'), 'final', 'usage', /check the statement/],
    [
      'anything else',
      operation('java.lang.NullPointerException'),
      'final',
      'store_unavailable',
      /the warehouse failed: java.lang.NullPointerException/,
    ],
    ['a mistake of the program', new TypeError('x is not a constructor'), 'final', 'bug', /x is not a constructor/],
    ['nothing that says anything', undefined, 'final', 'store_unavailable', /no message/],
  ])('%s', (_what, thrown, kind, code, said) => {
    const told = failure(thrown);
    expect(told).toMatchObject({ kind, code });
    expect(told.said).toMatch(said);
  });

  const WRAPPED = 'org.apache.hive.service.cli.HiveSQLException: Error running query: ';
  const PARSED = "[PARSE_SYNTAX_ERROR] Syntax error at or near 'selec'. SQLSTATE: 42601 (line 1, pos 0)";
  const STATEMENT = '\n\n== SQL ==\nselec\n^^^\n\n\tat org.apache.spark.sql.Parser.parse(Parser.scala:1)';
  const TWICE = 'Cannot perform Merge as multiple source rows matched and attempted to modify the same';
  test.each([
    ['begins on the second line', `\n${PARSED}${STATEMENT}`, PARSED],
    ['stands behind its Java class', `${WRAPPED}[PARSE_SYNTAX_ERROR] org.apache.spark.sql.ParseException: \n${PARSED}${STATEMENT}`, PARSED],
    [
      'is wrapped',
      `[DELTA_MULTIPLE] ${TWICE}\r\n  target row.\nSee the docs\n\nMore of it.`,
      `[DELTA_MULTIPLE] ${TWICE} target row. See the docs`,
    ],
    [
      'has the plan behind it',
      "[X] A column `a` cannot\nbe resolved. SQLSTATE: 42703; line 1 pos 7;\n'Project ['a]\n+- OneRowRelation",
      '[X] A column `a` cannot be resolved. SQLSTATE: 42703; line 1 pos 7;',
    ],
    ['has the plan behind it, in the older way', "cannot resolve 'a'\n'Project ['a]\n+- OneRowRelation", "cannot resolve 'a'"],
    ['has a stack behind it', 'java.lang.X: no\n\tat a.b(C.java:1)\nCaused by: java.lang.Y', 'java.lang.X: no'],
    ['has the statement right behind it', '[X] no\n== SQL ==\nselec', '[X] no'],
    ['is long', `[X] ${'abcdefghi '.repeat(40)}`, `[X] ${'abcdefghi '.repeat(29)}…`],
    ['is long and has no blank', 'x'.repeat(400), `${'x'.repeat(300)} …`],
  ])('a message that %s is told in its own sentences, on one line', (_how, said, told) => {
    expect(failureOf(operation(said, '42601'), AT).error).toMatchObject({ code: 'usage', message: told });
  });

  test.each([
    ['7', 7],
    [' 30 ', 30],
    ['3600', 3600],
    ['0', null],
    ['-1', null],
    ['1.5', null],
    ['', null],
    ['soon', null],
    ['9'.repeat(20), null],
    ['Fri, 31 Dec 1999 23:59:59 GMT', null],
  ])("says '%s' of when to come again: %p seconds", (retryAfter, afterSeconds) => {
    expect(failureOf(http(503, undefined, retryAfter), AT)).toMatchObject({ kind: 'waking', afterSeconds });
    const busy = afterSeconds === null ? { kind: 'final' } : { kind: 'busy', afterSeconds };
    const found = failureOf(http(429, undefined, retryAfter), AT);
    expect(found).toMatchObject(busy);
    expect(found.error).toBeInstanceOf(RetryableError);
  });

  test('is worth another try where it passes, or the outcome is unknown, and else not', () => {
    const passing = [http(503), http(429), http(500), network('ECONNRESET'), status('Invalid SessionHandle'), operation('', '2D521')];
    const staying = [http(403), http(404), http(400), network('CERT_HAS_EXPIRED'), operation('x', '42601'), new AgentError('usage', 'x')];
    expect(passing.map((thrown) => failure(thrown).retryable)).toEqual(passing.map(() => true));
    expect(staying.map((thrown) => failure(thrown).retryable)).toEqual(staying.map(() => false));
  });
});

test('every parameter has its type, but for a null', () => {
  expect(typedParameters({ a: 'x', b: 1, c: 3e9, d: 1.5, e: null, f: 1e300, g: -1 })).toEqual({
    a: { type: 'STRING', value: 'x' },
    b: { type: 'INTEGER', value: 1 },
    c: { type: 'BIGINT', value: 3e9 },
    d: { type: 'DOUBLE', value: 1.5 },
    e: { type: null, value: null },
    f: { type: 'DOUBLE', value: 1e300 },
    g: { type: 'INTEGER', value: -1 },
  });
});

test('the counts of a change are no rows', () => {
  const columns = ['num_affected_rows', 'num_updated_rows'];
  expect(resultOf({ columns, rows: [{ num_affected_rows: 3, num_updated_rows: 3 }] })).toEqual({ rows: [], columns: [], changes: 3 });
  expect(resultOf({ columns: ['a'], rows: [{ a: 1 }] })).toEqual({ rows: [{ a: 1 }], columns: ['a'], changes: 0 });
});
