import { randomUUID } from 'node:crypto';
import { type Json, objectOf } from '../support/json.ts';
import { notFound, Refusal, type Routes } from '../support/rest-server.ts';

export interface LakebaseProjects {
  readonly routes: Routes;
  /** Projects, their branches, endpoints, roles and databases, by their names: `projects/a/branches/b`. */
  readonly lakebase: ReadonlyMap<string, Json>;
  /** The names of what was deleted for good, so that nobody can bring it back. */
  readonly purged: readonly string[];
}

const PREFIX = '/api/2.0/postgres';
/** The list that a thing is in, and what it is called there. */
const KINDS: Readonly<Record<string, string>> = {
  projects: 'project',
  branches: 'branch',
  endpoints: 'endpoint',
  roles: 'role',
  databases: 'database',
};
/** What the service takes for an id, by its own documentation: 1 to 63 characters of a project, 4 to 63 of a role and a database. */
const IDS: Readonly<Record<string, RegExp>> = {
  project: /^[a-z][a-z0-9-]{0,62}$/,
  role: /^[a-z][a-z0-9-]{3,62}$/,
  database: /^[a-z0-9][a-z0-9-]{3,62}$/,
};
/** What it makes by itself goes with what it is in, and not by itself. The CLI knows that by the context. */
const MANAGED_BY_PARENT = [
  {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    domain: 'databricks.com',
    reason: 'RESOURCE_CONFLICT',
    metadata: { declarative_context: 'MANAGED_BY_PARENT' },
  },
];

const parentOf = (name: string) => name.split('/').slice(0, -2).join('/');
const kindOf = (name: string) => KINDS[name.split('/').at(-2) ?? ''] ?? '';
const bad = (message: string) => new Refusal(400, 'INVALID_PARAMETER_VALUE', message);

/** Of `spec.a.b` the value at `a.b`, put into a copy of what was there. */
function patched(spec: Json, asked: Json, path: readonly string[]): Json {
  const [key = '', ...rest] = path;
  return { ...spec, [key]: rest.length === 0 ? asked[key] : patched(objectOf(spec[key]), objectOf(asked[key]), rest) };
}

/** What is there, and what the service makes of it by itself. */
function keptProjects() {
  const lakebase = new Map<string, Json>();
  const own = new Set<string>();
  const at = (name: string) => {
    const one = lakebase.get(name);
    if (one === undefined) throw notFound(`${kindOf(name)} ${name}`);
    return one;
  };
  const keep = (name: string, spec: Json) => {
    const kind = kindOf(name);
    const parent = parentOf(name);
    const id = { [`${kind}_id`]: name.split('/').at(-1) };
    const status = {
      ...id,
      ...spec,
      ...(kind === 'branch' && { current_state: 'READY' }),
      ...(kind === 'endpoint' && { current_state: 'ACTIVE' }),
    };
    lakebase.set(name, { name, ...id, ...(parent !== '' && { parent }), spec, status });
    return at(name);
  };
  /** A project comes with a branch, and a branch with an endpoint. */
  const make = (name: string, spec: Json) => {
    const made = keep(name, spec);
    const child = { project: `${name}/branches/production`, branch: `${name}/endpoints/primary` }[kindOf(name)];
    if (child !== undefined && !lakebase.has(child)) {
      own.add(child);
      make(child, kindOf(child) === 'endpoint' ? { endpoint_type: 'ENDPOINT_TYPE_READ_WRITE' } : {});
    }
    return made;
  };
  const remove = (name: string) => {
    if (objectOf(at(name)['spec'])['is_protected'] === true) throw new Refusal(400, 'BAD_REQUEST', `cannot delete the protected ${name}`);
    const message = `${name} goes with what it is in.`;
    if (own.has(name)) throw new Refusal(400, 'BAD_REQUEST', message, { error_code: 'BAD_REQUEST', message, details: MANAGED_BY_PARENT });
    for (const gone of [...lakebase.keys()].filter((other) => other === name || other.startsWith(`${name}/`))) {
      lakebase.delete(gone);
      own.delete(gone);
    }
  };
  return { lakebase, at, keep, make, remove };
}

/** @throws Refusal for an id, a parent or an owner that the service refuses */
function checkNew(name: string, id: string, spec: Json, at: (name: string) => Json): void {
  const kind = kindOf(name);
  if (IDS[kind]?.test(id) === false) throw bad(`Field '${kind}_id' is '${id}', which is no id.`);
  if (parentOf(name) !== '') at(parentOf(name));
  if (kind === 'database') at(String(spec['role']));
}

/** Lakebase projects and what is in them. Each change is an operation that is asked for until it is done: here it is the first time. */
export function lakebaseProjects(): LakebaseProjects {
  const { lakebase, at, keep, make, remove } = keptProjects();
  const operations = new Map<string, Json>();
  const purged: string[] = [];
  const operation = (on: string, response: Json) => {
    const name = `${on}/operations/${randomUUID()}`;
    operations.set(name, { name, done: true, response });
    return { name, done: false };
  };
  const create = (list: string, query: URLSearchParams, spec: Json) => {
    const id = query.get(`${KINDS[list.split('/').at(-1) ?? ''] ?? ''}_id`) ?? '';
    const name = `${list}/${id}`;
    checkNew(name, id, spec, at);
    if (!lakebase.has(name)) return operation(name, make(name, spec));
    if (query.get('replace_existing') !== 'true') throw new Refusal(409, 'ALREADY_EXISTS', `${name} is there already.`);
    return operation(name, keep(name, spec));
  };
  return {
    lakebase,
    purged,
    routes: {
      // Its source has the CLI expect no spec here, only what was made of it.
      [`GET ${PREFIX}/{name...}`]: ({ in: { name = '' } }) => operations.get(name) ?? { ...at(name), spec: undefined },
      [`POST ${PREFIX}/{list...}`]: ({ in: { list = '' }, query, json }) => create(list, query, objectOf(json['spec'])),
      [`PATCH ${PREFIX}/{name...}`]: ({ in: { name = '' }, query, json }) => {
        const paths = (query.get('update_mask') ?? '').split(',').map((path) => path.split('.').slice(1));
        const before = objectOf(at(name)['spec']);
        return operation(
          name,
          keep(
            name,
            paths.reduce((spec, path) => patched(spec, objectOf(json['spec']), path), before),
          ),
        );
      },
      [`DELETE ${PREFIX}/{name...}`]: ({ in: { name = '' }, query }) => {
        remove(name);
        if (query.get('purge') === 'true') purged.push(name);
        return operation(name, { '@type': 'type.googleapis.com/google.protobuf.Empty' });
      },
    },
  };
}
