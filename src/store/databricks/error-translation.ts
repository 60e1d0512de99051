import { AgentError, asAgentError } from '../../domain/errors.ts';
import { RetryableError } from '../retryable.ts';
import type { Circumstances, Failure } from './failure.ts';
import { httpFailure } from './http-failures.ts';
import { networkFailure } from './network-failures.ts';
import { statementFailure } from './statement-failures.ts';
import { read, type Thrown } from './thrown.ts';

const GONE =
  /session ?handle\b.*(not been initialized|closed|expired)|invalid (session|operation) ?handle|operation ?handle\b.*(not found|closed|expired)|SESSION_(CLOSED|EXPIRED|NOT_FOUND)/i;

/** What an operation that failed is in: the engine's own word that the statement did nothing. */
const FAILED = 'ERROR';

/** Of errors of our own, or of the driver's, that no warehouse can mend. */
const PROGRAMMERS = new Set(['TypeError', 'ReferenceError', 'RangeError']);

/**
 * Whatever the driver throws, in our words. Its errors have no class in common: some are no Errors, some have their text in the answer they
 * carry, some have an HTTP status, some a code of Node's.
 */
export function failureOf(thrown: unknown, at: Circumstances): Failure {
  if (thrown instanceof RetryableError) return { kind: 'unknown_outcome', error: thrown };
  if (thrown instanceof AgentError) return { kind: thrown.code === 'unauthorised' ? 'refused' : 'final', error: thrown };
  const facts: Thrown = read(thrown);
  if (PROGRAMMERS.has(facts.name)) return { kind: 'final', error: asAgentError(thrown) };
  if (GONE.test(facts.message)) return { kind: 'session_gone', error: new RetryableError('the warehouse has closed the session', thrown) };
  return httpFailure(facts, at) ?? networkFailure(facts, at) ?? statementFailure(facts, at);
}

/** Whether it is what the operation itself ended with, and not what became of a question about it. */
export function isOperationsError(thrown: unknown): boolean {
  return read(thrown).operationState === FAILED;
}
