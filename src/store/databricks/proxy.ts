import { getProxyForUrl } from 'proxy-from-env';
import { AgentError } from '../../domain/errors.ts';

export interface Proxy {
  readonly protocol: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly auth?: { readonly username: string; readonly password: string };
}

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/** By HTTPS_PROXY, ALL_PROXY and NO_PROXY, as curl reads them. @throws AgentError usage, which repeats no password */
export function proxyFor(host: string, port: number): Proxy | undefined {
  // Parts and no text: the package would read a text with a function of Node's that warns on stderr.
  const found = getProxyForUrl({ protocol: 'https:', host: `${host}:${port}`, port: String(port) });
  if (found === '') return undefined;
  const url = URL.canParse(found) ? new URL(found) : undefined;
  const protocol = url?.protocol.slice(0, -1);
  if (url === undefined || (protocol !== 'http' && protocol !== 'https'))
    throw new AgentError('usage', 'HTTPS_PROXY is no address of a proxy', 'write it as http://host:port, or except the host in NO_PROXY');
  return {
    protocol,
    host: url.hostname,
    port: url.port === '' ? DEFAULT_PORTS[protocol] : Number(url.port),
    ...(url.username === '' ? {} : { auth: { username: url.username, password: url.password } }),
  };
}
