/** Where a workspace listens. */
export interface WorkspaceAddress {
  /** A name or an IP address; no scheme. */
  readonly host: string;
  readonly port: number;
}

const HTTPS_PORT = 443;

/**
 * A host as people write or copy it: with or without `https://`, port, path and query. A string says what is wrong with it, without
 * repeating what may be a password.
 */
export function parseAddress(text: string): WorkspaceAddress | string {
  const trimmed = text.trim();
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed)?.[1]?.toLowerCase() ?? 'https';
  if (scheme !== 'https') return `must be reached by https, is ${scheme}://`;
  let url: URL;
  try {
    url = new URL(trimmed.includes('://') ? trimmed : `https://${trimmed}`);
  } catch {
    return 'is no host, such as adb-1234.5.azuredatabricks.net';
  }
  if (url.username !== '' || url.password !== '') return 'must not hold a user or a password';
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
