import { AgentError } from '../../domain/errors.ts';
import { RetryableError } from '../retryable.ts';
import type { Circumstances, Failure } from './failure.ts';
import type { Thrown } from './thrown.ts';

const UNTRUSTED = /^(SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF))/;
const BAD_CERTIFICATE = /^(CERT_|ERR_TLS_CERT)/;
const NETWORK = /^(E[A-Z]+|UND_ERR_[A-Z_]+|ERR_SOCKET[A-Z_]*)$/;
const CUT = /socket hang up|premature close|aborted|request timed out|timed out|Hive driver: Error when connecting/i;

/** What happens on the way to the workspace. Undefined for anything else. */
export function networkFailure({ code, message, name, thrown }: Thrown, { address }: Circumstances): Failure | undefined {
  if (UNTRUSTED.test(code)) {
    const remedy = "set store.caFile (or NODE_EXTRA_CA_CERTS) to the PEM file of your network's certificate authority";
    return {
      kind: 'final',
      error: new AgentError('store_unavailable', `the certificate of ${address} is not trusted (${code})`, remedy, thrown),
    };
  }
  if (BAD_CERTIFICATE.test(code)) {
    const text = `the certificate of ${address} is not valid (${code})`;
    return { kind: 'final', error: new AgentError('store_unavailable', text, 'check the host, and the clock of this machine', thrown) };
  }
  if (name === 'AuthenticationError' && message.startsWith('OAuth is not supported')) {
    const remedy = 'use a token or a token file';
    return { kind: 'final', error: new AgentError('usage', `the driver has no OAuth for ${address}`, remedy, thrown) };
  }
  // Of a name that nobody knows as of a cable that is out: it cannot be told from here whether it comes back.
  if (NETWORK.test(code)) {
    const remedy = 'check the host, the network and HTTPS_PROXY';
    return { kind: 'unknown_outcome', error: new RetryableError(`${address} cannot be reached (${code})`, thrown, remedy) };
  }
  if (CUT.test(message))
    return { kind: 'unknown_outcome', error: new RetryableError(`the connection to ${address} was cut (${message})`, thrown) };
  return undefined;
}
