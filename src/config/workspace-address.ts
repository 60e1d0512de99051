/** Where a workspace listens. */
export interface WorkspaceAddress {
  /** A name or an IP address; no scheme. */
  readonly host: string;
  readonly port: number;
}

const HTTPS_PORT = 443;
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
const NO_HOST = 'is no host, such as adb-1234.5.azuredatabricks.net';
/** An address in brackets was read as one; a name is letters, digits and dashes between dots. The underscore is no host's, but a container's. */
const HOST = /^(?:\[[\da-f:.]+\]|(?=.{1,253}$)(?:[a-z\d](?:[\w-]{0,61}[a-z\d])?\.)*[a-z\d](?:[\w-]{0,61}[a-z\d])?\.?)$/;

/**
 * A host as people write or copy it: with or without `https://`, port, path and query. A string says what is wrong with it, without
 * repeating what may be a password.
 */
export function parseAddress(text: string): WorkspaceAddress | string {
  const trimmed = text.trim();
  const scheme = SCHEME.exec(trimmed)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'https') return `must be reached by https, is ${scheme}://`;
  let url: URL;
  try {
    url = new URL(scheme === undefined ? `https://${trimmed}` : trimmed);
  } catch {
    return NO_HOST;
  }
  // Of a scheme behind a scheme the second one would be the host.
  if (SCHEME.test(trimmed.replace(SCHEME, ''))) return NO_HOST;
  if (url.username !== '' || url.password !== '') return 'must not hold a user or a password';
  if (!HOST.test(url.hostname)) return NO_HOST;
  return { host: url.hostname, port: url.port === '' ? HTTPS_PORT : Number(url.port) };
}

const WAREHOUSE_ID = /^[A-Za-z0-9_-]+$/;
const HTTP_PATH = /^\/?[\w./-]+(?:\?o=\d+)?$/;

/** With the slash in front, or what is wrong: an address copied whole would be asked for as a path. */
export function parseHttpPath(text: string): { readonly path: string } | string {
  if (!HTTP_PATH.test(text)) return "must be a warehouse's HTTP path, such as /sql/1.0/warehouses/1234abcd";
  return { path: text.startsWith('/') ? text : `/${text}` };
}

export function pathOfWarehouse(id: string): { readonly path: string } | string {
  return WAREHOUSE_ID.test(id) ? { path: `/sql/1.0/warehouses/${id}` } : "must be a warehouse's id: letters, digits, '_' and '-'";
}
