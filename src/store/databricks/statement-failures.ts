import { AgentError, type ErrorCode } from '../../domain/errors.ts';
import { NoSuchSchemaError } from '../no-such-schema.ts';
import { NoSuchTableError } from '../no-such-table.ts';
import { ConflictError, RetryableError } from '../retryable.ts';
import { ALL_TABLES, SENSOR_DATA } from '../tables.ts';
import type { Circumstances, Failure } from './failure.ts';
import type { Thrown } from './thrown.ts';

/** Delta's conflicts of two writers, by SQLSTATE, by class and by the older names. The loser wrote nothing. */
const CONFLICT_STATE = '2D521';
const CONFLICT =
  /\bDELTA_CONCURRENT_\w+|\bDELTA_METADATA_CHANGED|\bConcurrent(Append|Delete\w*|Transaction|Write)Exception|\bMetadataChangedException/;
/** Ended by somebody or by time, on the server. */
const ENDED_STATES = new Set(['CANCELED', 'TIMEOUT', 'CLOSED', 'UNKNOWN']);
/** Two that make one table: for a moment its files are there and the table is not, or the other way round. */
const MADE_TWICE = new Set(['DELTA_CREATE_TABLE_WITH_NON_EMPTY_LOCATION', 'TABLE_OR_VIEW_ALREADY_EXISTS', 'DELTA_TABLE_ALREADY_EXISTS']);
const PASSING = /\b(TEMPORARILY_UNAVAILABLE|REQUEST_LIMIT_EXCEEDED|WAREHOUSE_(STARTING|STOPPED))\b/;

interface Rule {
  /** The beginning of a SQLSTATE, or an error's class. */
  readonly states: readonly string[];
  readonly classes: readonly string[];
  readonly code: ErrorCode;
  readonly remedy: string;
}

/** The first that fits. What no rule names is the warehouse's own trouble. */
const RULES: readonly Rule[] = [
  {
    states: ['42501'],
    classes: ['INSUFFICIENT_PERMISSIONS', 'INSUFFICIENT_PRIVILEGES', 'PERMISSION_DENIED', 'UNAUTHORIZED_ACCESS'],
    code: 'unauthorised',
    remedy: 'have the privilege granted to whom the agent logs in as',
  },
  {
    states: ['42704'],
    classes: ['SCHEMA_NOT_FOUND', 'NO_SUCH_CATALOG_EXCEPTION', 'CATALOG_NOT_FOUND'],
    code: 'usage',
    remedy: 'check the catalog and the schema: those of source.table and source.connection, or store.catalog and store.schema',
  },
  { states: ['42P01'], classes: ['TABLE_OR_VIEW_NOT_FOUND'], code: 'usage', remedy: '' },
  {
    states: ['42703'],
    classes: ['UNRESOLVED_COLUMN', 'DELTA_COLUMN_NOT_FOUND'],
    code: 'usage',
    remedy: 'check the column names: ops-agent config check --connect, or run: ops-agent setup',
  },
  { states: ['23'], classes: [], code: 'usage', remedy: 'give values that meet this condition of the table' },
  { states: ['42', '22', '21'], classes: ['PARSE_SYNTAX_ERROR'], code: 'usage', remedy: 'check the statement' },
];

/** What the engine says about a statement. */
export function statementFailure(facts: Thrown, at: Circumstances): Failure {
  const { message, sqlState, errorClass, operationState, thrown } = facts;
  if (sqlState === CONFLICT_STATE || CONFLICT.test(message)) return { kind: 'final', error: new ConflictError(thrown) };
  if (MADE_TWICE.has(errorClass)) return { kind: 'final', error: new RetryableError('another process makes the same table', thrown) };
  if (ENDED_STATES.has(operationState))
    return { kind: 'unknown_outcome', error: new RetryableError(`the statement was ended (${operationState}: ${message})`, thrown) };
  if (PASSING.test(message))
    return { kind: 'waking', error: new RetryableError(`the warehouse does not answer yet: ${message}`, thrown), afterSeconds: null };
  const rule = RULES.find(
    ({ states, classes }) => classes.includes(errorClass) || states.some((state) => sqlState !== '' && sqlState.startsWith(state)),
  );
  if (rule === undefined)
    return final('store_unavailable', `the warehouse failed: ${message}`, `see the query history of ${at.address}`, thrown);
  if (rule.classes.includes('TABLE_OR_VIEW_NOT_FOUND')) return { kind: 'final', error: noSuchTable(message, thrown) };
  if (rule.classes.includes('SCHEMA_NOT_FOUND'))
    return { kind: 'final', error: new NoSuchSchemaError(rule.code, message, rule.remedy, thrown) };
  return final(rule.code, message, rule.remedy, thrown);
}

function noSuchTable(message: string, thrown: unknown): AgentError {
  return isOfOwnTable(message)
    ? new NoSuchTableError('not_set_up', `the store lacks a table (${message})`, 'run: ops-agent setup', thrown)
    : new NoSuchTableError('usage', message, 'check the table name; source.table names the readings', thrown);
}

/** Whether a message is about a table that the agent makes; that of the readings is described by the configuration. */
function isOfOwnTable(message: string): boolean {
  return ALL_TABLES.some(({ name }) => name !== SENSOR_DATA.name && message.includes(name));
}

function final(code: ErrorCode, message: string, remedy: string, thrown: unknown): Failure {
  return { kind: 'final', error: new AgentError(code, message, remedy, thrown) };
}
