import { notFound, Refusal, type Routes } from './rest-server.ts';

export interface WorkspaceSecrets {
  readonly routes: Routes;
  /** Those that were given away, as scope/key. */
  readonly read: readonly string[];
  /** Who may do what in a scope, as `principal: permission`. */
  readonly allowed: ReadonlyMap<string, string>;
  /** The text of one, as scope/key, without the end of its line. */
  readonly at: (name: string) => string;
}

/** Scopes with their secrets. `given` are there from the start, as scope/key. Who asks for one that is not there is told by what it asked, as some servers do. */
export function workspaceSecrets(given: Readonly<Record<string, string | Buffer>>): WorkspaceSecrets {
  const values = new Map(Object.entries(given).map(([name, value]) => [name, Buffer.from(value)]));
  const scopes = new Set([...values.keys()].map((name) => name.split('/')[0] ?? ''));
  const allowed = new Map<string, string>();
  const read: string[] = [];
  const inScope = (scope: string) => {
    if (!scopes.has(scope)) throw notFound(`Scope ${scope}`);
    return scope;
  };
  return {
    read,
    allowed,
    at: (name) => String(values.get(name) ?? '').trimEnd(),
    routes: {
      'POST /api/2.0/secrets/scopes/create': ({ json }) => {
        const scope = String(json['scope']);
        if (scopes.has(scope)) throw new Refusal(400, 'RESOURCE_ALREADY_EXISTS', `Scope ${scope} already exists!`);
        scopes.add(scope);
      },
      // What comes by stdin is sent as bytes, in base64.
      'POST /api/2.0/secrets/put': ({ json: { scope, key, bytes_value: bytes, string_value: text } }) => {
        const value = typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : Buffer.from(String(text));
        values.set(`${inScope(String(scope))}/${String(key)}`, value);
      },
      'POST /api/2.0/secrets/acls/put': ({ json: { scope, principal, permission } }) => {
        allowed.set(`${inScope(String(scope))}: ${String(principal)}`, String(permission));
      },
      'GET /api/2.0/secrets/get': ({ query, token }) => {
        const name = `${query.get('scope')}/${query.get('key')}`;
        const value = values.get(name);
        if (value === undefined) throw notFound(`Secret ${name} for Bearer ${token}`);
        read.push(name);
        return { key: query.get('key'), value: value.toString('base64') };
      },
    },
  };
}
