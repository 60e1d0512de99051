import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The one name beside the loopback's for which the certificate is good: the driver asks for tokens of OAuth at such a host alone. */
export const CLOUD_HOST = 'ops-agent-test.cloud.databricks.com';

export interface Certificates {
  readonly key: string;
  readonly cert: string;
  /** The private CA's certificate, which a client has to trust. */
  readonly caFile: string;
}

const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });

/** A private CA and a server's certificate by it, good for a day, in a folder that is there and empty. */
export function makeCertificates(folder: string): Certificates {
  const at = (name: string) => path.join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '1', '-subj', '/CN=ops-agent test CA');
  openssl('req', ...key, '-keyout', at('server.key'), '-out', at('server.csr'), '-subj', '/CN=localhost');
  writeFileSync(at('names'), `subjectAltName=DNS:localhost,DNS:${CLOUD_HOST},IP:127.0.0.1\n`);
  const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at('names'), '-days', '1'];
  openssl('x509', '-req', '-in', at('server.csr'), '-out', at('server.pem'), ...signed);
  return { key: readFileSync(at('server.key'), 'utf8'), cert: readFileSync(at('server.pem'), 'utf8'), caFile: at('ca.pem') };
}
