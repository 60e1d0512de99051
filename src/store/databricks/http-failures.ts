import { AgentError } from '../../domain/errors.ts';
import { RetryableError } from '../retryable.ts';
import type { Circumstances, Failure } from './failure.ts';
import type { Thrown } from './thrown.ts';

/** What a workspace answers instead of a result. Undefined where no HTTP status is known. */
export function httpFailure(facts: Thrown, at: Circumstances): Failure | undefined {
  const { status, thrown, retryAfterSeconds } = facts;
  const said = facts.message === '' || /bad HTTP status code|Hive driver/.test(facts.message) ? '' : `: ${facts.message}`;
  // By its own word, whatever status comes with it: a workspace says 400 or 401.
  if (/^(invalid|unauthorized)_client\b/.test(facts.message))
    return refusal(`${at.address} refused the service principal (${facts.message})`, at, thrown);
  switch (status) {
    case undefined:
      return undefined;
    case 401:
    case 403:
      return refusal(`${at.address} refused the credential (HTTP ${status}${said})`, at, thrown);
    case 404:
      return final('usage', `${at.address} has no warehouse at ${at.httpPath} (HTTP 404${said})`, 'check the HTTP path or the id', thrown);
    case 429: {
      const error = new RetryableError(`the workspace takes no more requests for now (HTTP 429${said})`, thrown);
      return retryAfterSeconds === null ? { kind: 'final', error } : { kind: 'busy', error, afterSeconds: retryAfterSeconds };
    }
    case 503: {
      const error = new RetryableError(`the warehouse does not answer yet (HTTP 503${said})`, thrown);
      return { kind: 'waking', error, afterSeconds: retryAfterSeconds };
    }
    default:
      break;
  }
  if (status >= 500) return { kind: 'unknown_outcome', error: new RetryableError(`the workspace failed (HTTP ${status}${said})`, thrown) };
  return final(
    'store_unavailable',
    `the workspace refused the request (HTTP ${status}${said})`,
    'check the host and the HTTP path',
    thrown,
  );
}

function refusal(message: string, at: Circumstances, thrown: unknown): Failure {
  const remedy = `check ${at.credential}: it may have expired or been revoked, or may not use this warehouse`;
  return { kind: 'refused', error: new AgentError('unauthorised', message, remedy, thrown) };
}

function final(code: 'usage' | 'store_unavailable', message: string, remedy: string, thrown: unknown): Failure {
  return { kind: 'final', error: new AgentError(code, message, remedy, thrown) };
}
